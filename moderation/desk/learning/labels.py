"""Decisions as records of the labelled set."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, texts
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.learning.masking import Masked, Names, known_names, mask
from moderation.desk.queue.rows import DECISIONS, decision_of, spans_of
from moderation.desk.types import LABEL_OF, Decision, Outcome, RejectionReason, Role, User
from moderation.labels.records import DECISION, Example
from moderation.splits import split_of
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED, LABELLING, Label
from moderation.text.near_duplicates import NearDuplicates
from moderation.text.peoples import PEOPLES
from moderation.verdict import Action, Span, Verdict

# FOLDED records: A decision as a record of the labelled set.

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


PAGE = 500
REPEATS = "nearly repeat a later one"
AT_ONCE = "were made many at once"
ERASED = "have no text any more"

LeftOut = Counter[str]
"""How many decisions teach nothing, by why."""


class Learnt(NamedTuple):
    """A decision, the record that it makes, and the text as it came."""

    decision: Decision
    example: Example
    text: str


class Labels:
    """What the labelled set can learn from the desk; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def export(self, user: User | None, left_out: LeftOut | None = None) -> Iterator[str]:
        """Yield a record a line: personal data masked, near-duplicates left out.

        Decisions made many at once by score are left out: they would teach the model its own
        opinion. So are those that say nothing of a label.

        Parameters
        ----------
        user : User or None
            None for the command line.
        left_out : Counter, optional
            Filled, before the first line, with how many decisions teach nothing, by why.

        Raises
        ------
        NotAllowed
            Before the first line.
        """
        check_role(user, Role.LEAD)
        self._store.write(lambda connection: self._audit.add(connection, user, "export", "labels"))
        return (
            json.dumps(one.example.model_dump(mode="json"), ensure_ascii=False) + "\n"
            for one in self.learnt(left_out)
        )

    def learnt(self, left_out: LeftOut | None = None) -> Iterator[Learnt]:
        """Yield the decisions that teach something with their records, oldest first.

        Of those whose texts nearly repeat one another the newest holds: it corrects the others.
        """
        authors = sa.select(comments.c.author).where(comments.c.author.is_not(None)).distinct()
        with self._store.reading() as connection:
            names = known_names(connection.scalars(authors))
        counted = LeftOut() if left_out is None else left_out
        counted.update(self._never_read())
        # Twice over all of them, so that no more than a sketch of each is kept.
        seen, kept = NearDuplicates(), set()
        for decision, text, verdict, page in self._decided(newest_first=True):
            try:
                example = example_of(decision, text, verdict, page, names)
            except NothingSaid as why:
                counted[str(why)] += 1
                continue
            if seen.add_if_new(example.text):
                kept.add(decision.id)
            else:
                counted[REPEATS] += 1
        for decision, text, verdict, page in self._decided(newest_first=False):
            if decision.id in kept:
                yield Learnt(decision, example_of(decision, text, verdict, page, names), text)

    def _never_read(self) -> dict[str, int]:
        """Return how many decisions hold that `_decided` does not give, by why."""
        held = sa.select(sa.func.count()).select_from(
            decisions.join(comments, comments.c.decision_id == decisions.c.id).outerjoin(
                texts, texts.c.id == comments.c.id
            )
        )
        at_once = decisions.c.bulk_id.is_not(None)
        with self._store.reading() as connection:
            found = {
                AT_ONCE: connection.scalar(held.where(at_once)) or 0,
                ERASED: connection.scalar(held.where(~at_once, texts.c.id.is_(None))) or 0,
            }
        return {why: number for why, number in found.items() if number}

    def _decided(self, *, newest_first: bool) -> Iterator[tuple[Decision, str, Verdict, str]]:
        chosen = (
            DECISIONS.add_columns(
                texts.c.text,
                texts.c.spans.label("found"),
                comments.c.targets.label("attacked"),
                *(
                    comments.c[name].label(f"model_{name}")
                    for name in ("label", "action", "model", "reasons")
                ),
                *(comments.c[f"score_{name}"] for name in ATTRIBUTE_NAMES),
                sa.func.coalesce(comments.c.page, comments.c.text_key).label("page"),
            )
            .join(comments, comments.c.decision_id == decisions.c.id)
            .join(texts, texts.c.id == comments.c.id)
            .where(decisions.c.bulk_id.is_(None))
            .order_by(None)
            .limit(PAGE)
        )
        number = decisions.c.id
        chosen = chosen.order_by(number.desc() if newest_first else number)
        following = chosen
        while True:
            with self._store.reading() as connection:
                rows = connection.execute(following).all()
            if not rows:
                return
            for row in rows:
                verdict = Verdict(
                    label=Label(row.model_label),
                    action=Action(row.model_action),
                    scores={name: getattr(row, f"score_{name}") for name in ATTRIBUTE_NAMES},
                    model=row.model_model,
                    spans=spans_of(row.found),
                    targets=tuple(row.attacked),
                    reasons=tuple(row.model_reasons),
                )
                yield decision_of(row), row.text, verdict, row.page
            last = rows[-1].id
            following = chosen.where(number < last if newest_first else number > last)


def told(left_out: LeftOut) -> str:
    """Say how many decisions teach nothing, and why; nothing where all teach."""
    return "; ".join(f"{number} {why}" for why, number in sorted(left_out.items()))
