"""A decision as a record of the labelled set."""

import hashlib
from typing import Any

from moderation.desk.learning.masks import Masked, Names, mask
from moderation.desk.words import LABEL_OF, Decision, Outcome, RejectionReason
from moderation.labelling.record import DECISION, Example
from moderation.labelling.splitting import split_of
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED, LABELLING, Label
from moderation.text.peoples import PEOPLES
from moderation.verdict import Span, Verdict

BUCKETS = 20
"""Families that pages are put into, so that all comments of a page fall in one split."""

_ATTRIBUTES = {
    RejectionReason.THREAT: "threat",
    RejectionReason.INSULT: "insult",
    RejectionReason.PROFANITY: "profanity",
}
_HARMS = frozenset(attribute.name for attribute in ATTRIBUTES if attribute.harmful)


class NothingSaid(Exception):
    """A decision says nothing that a model could learn; the message says why."""


def label_of(decision: Decision, verdict: Verdict) -> Label | None:
    """Return what a decision says the label is; None where it says nothing of it.

    An approval without a label says that the passage is not harmful.
    """
    ruling = decision.ruling
    if ruling.label is not None:
        return ruling.label
    if ruling.outcome is Outcome.APPROVE:
        return Label.NEWS if verdict.label is Label.NEWS else Label.CIVIL
    return LABEL_OF.get(ruling.reason) if ruling.reason else None


def example_of(decision: Decision, text: str, verdict: Verdict, page: str, names: Names) -> Example:
    """Return the record that a decision makes.

    Parameters
    ----------
    decision : Decision
    text : str
    verdict : Verdict
        The model's, which gives evidence and targets where the person gave none.
    page : str
        What comments that belong together share.
    names : Names
        To be masked.

    Raises
    ------
    NothingSaid
        If the decision says nothing of a label, as a rejected advertisement does, or names no
        people as attacked.
    """
    label = label_of(decision, verdict)
    if label is None:
        raise NothingSaid("reject for what is no label")
    targets = _targets(decision, verdict) if label is Label.ETHNIC_HOSTILITY else ()
    if label is Label.ETHNIC_HOSTILITY and not targets:
        raise NothingSaid("reject as hostile to a people and name none")
    masked = mask(text, names)
    bucket = int(hashlib.sha256(page.encode()).hexdigest(), 16) % BUCKETS
    family = f"desk-{bucket:02d}"
    evidence = _evidence(decision, text, verdict, label, masked) if label in FLAGGED else []
    return Example.model_validate(
        {
            "id": f"{family}.{decision.id:02d}",
            "text": masked.text,
            "label": label.value,
            "attributes": _attributes(decision, label),
            "evidence": evidence,
            "targets": list(targets),
            "language": "en",
            "origin": f"review desk, decision {decision.id} of {decision.time:%Y-%m-%d}, "
            f"on a verdict of {verdict.model}",
            "family": family,
            "function": DECISION,
            "split": split_of(family),
        }
    )


def _targets(decision: Decision, verdict: Verdict) -> tuple[str, ...]:
    said = decision.ruling.targets
    return tuple(name for name in (verdict.targets if said is None else said) if name in PEOPLES)


def _attributes(decision: Decision, label: Label) -> dict[str, float | None]:
    """Return what the decision says of each attribute, and what follows from the label."""
    values: dict[str, float | None] = dict.fromkeys(ATTRIBUTE_NAMES)
    if label in FLAGGED:
        values["toxicity"] = 1.0
    if label is Label.ETHNIC_HOSTILITY:
        values["identity_attack"] = 1.0
    if decision.ruling.reason in _ATTRIBUTES and label is not Label.NEWS:
        values[_ATTRIBUTES[decision.ruling.reason]] = 1.0
    values |= decision.ruling.attributes
    if label is Label.NEWS:
        values = dict.fromkeys(values, 0.0)
    return values | {name.value: float(label is name) for name in LABELLING}


def _evidence(
    decision: Decision, text: str, verdict: Verdict, label: Label, masked: Masked
) -> list[dict[str, Any]]:
    """Return the runs that make the text what its label says.

    They are those that the person marked, for whatever harm; where the person marked nothing anew,
    the model's for this label; else the whole text.
    """
    whole = Span(0, len(text), label.value, 1.0)
    marked = decision.ruling.spans
    said = verdict.spans if marked is None else marked
    spans = [span for span in said if span.attribute == label.value]
    if marked and not spans:
        spans = [span for span in marked if span.attribute in _HARMS]
    spans = spans or [whole]
    runs = [_stripped(masked.text, *masked.move(span.start, span.end)) for span in spans]
    return [
        {"start": start, "end": end, "attribute": label.value}
        for start, end in sorted(set(runs))
        if start < end
    ] or [_whole(masked.text, label)]


def _whole(text: str, label: Label) -> dict[str, Any]:
    start, end = _stripped(text, 0, len(text))
    return {"start": start, "end": end, "attribute": label.value}


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    run = text[start:end]
    return start + len(run) - len(run.lstrip()), start + len(run.rstrip())
