"""Labels from the desk: decisions as records of the labelled set.

A record has the comment's text with personal data masked, and the label, attributes, evidence and
targets that follow from the decision. Decisions that a model cannot learn from are left out.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.desk_tables import peoples
from moderation.database.store import Store
from moderation.database.tables import comments, decisions, texts
from moderation.database.work_tables import second_reviews
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.learning.masking import Masked, Names, known_names, mask
from moderation.desk.queue.rows import DECISIONS, decision_of, scores_of, spans_of
from moderation.desk.queue.rows import label_of as stored_label
from moderation.desk.types import Decision, RejectionReason, Role, User
from moderation.labels.records import DECISION, Example
from moderation.splits import split_of
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED, LABELLING, Label
from moderation.text.near_duplicates import NearDuplicates
from moderation.text.peoples import PEOPLES, fold_name
from moderation.verdict import Action, Span, Verdict

BUCKETS = 20
"""Families that pages are put into, so that all comments of a page fall in one split."""
PAGE = 500
"""Decisions read at a time."""
REPEATS = "nearly repeat a later or a confirmed one"
AT_ONCE = "were made in bulk"
ERASED = "have no text any more"
DISPUTED = "are disputed by a second moderator, and no lead has settled it"
OTHER_LANGUAGE = "are on comments in a language that the model does not know"

_ATTRIBUTES = {
    RejectionReason.THREAT: "threat",
    RejectionReason.INSULT: "insult",
    RejectionReason.PROFANITY: "profanity",
}
_HARMS = frozenset(attribute.name for attribute in ATTRIBUTES if attribute.harmful)


LeftOut = Counter[str]
"""The numbers of decisions that are left out, by reason."""


class NoLabel(Exception):
    """A decision implies no label that a model could learn; the message is the reason."""


class Confirmation(StrEnum):
    """The people who stand behind a decision; the value ends the origin of its record."""

    ONE_PERSON = ""
    CONFIRMED = ", confirmed by a second moderator"
    SETTLED = ", settled by a lead after a second review"


class LabelledDecision(NamedTuple):
    """A decision, the record that it makes, and the text as it came."""

    decision: Decision
    example: Example
    text: str


class DecidedText(NamedTuple):
    """A decision with its text, verdict and page; `confirmation` is None if it is disputed."""

    decision: Decision
    text: str
    verdict: Verdict
    page: str
    confirmation: Confirmation | None

    def example(self, names: Names) -> Example:
        """Return the record that the decision makes.

        Raises
        ------
        NoLabel
            If it implies no label, or is disputed.
        """
        if self.confirmation is None:
            raise NoLabel(DISPUTED)
        made = example_of(self.decision, self.text, self.verdict, self.page, names)
        return made.model_copy(update={"origin": made.origin + self.confirmation.value})


class Labels:
    """Records of the labelled set from the desk's decisions; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def export(self, user: User | None, left_out: LeftOut | None = None) -> Iterator[str]:
        """Yield one record a line: personal data masked, near-duplicates left out.

        Bulk decisions, which are made by score, are left out: they would teach the model its own
        opinion. So are those that imply no label.

        Parameters
        ----------
        user : User or None
            None for the command line.
        left_out : Counter, optional
            Filled, before the first line, with the numbers of decisions left out, by reason.

        Raises
        ------
        NotAllowed
            Before the first line.
        """
        check_role(user, Role.LEAD)
        self._store.write(lambda connection: self._audit.add(connection, user, "export", "labels"))
        return (
            json.dumps(labelled.example.model_dump(mode="json"), ensure_ascii=False) + "\n"
            for labelled in self.labelled_decisions(left_out)
        )

    def labelled_decisions(self, left_out: LeftOut | None = None) -> Iterator[LabelledDecision]:
        """Yield the decisions that a model can learn from with their records, oldest first.

        Of near-duplicates the newest is kept: it corrects the others. One that a second moderator
        or a lead has confirmed comes before any that only one person has seen. Disputed decisions
        are left out.
        """
        names = names_to_mask(self._store)
        counts = LeftOut() if left_out is None else left_out
        counts.update(self._unread())
        # In several passes, so that no more than a sketch of each text is held in memory.
        seen, kept = NearDuplicates(), set()
        for reviewed in (True, False):
            for decided in self._decided(newest_first=True, reviewed=reviewed):
                try:
                    example = decided.example(names)
                except NoLabel as reason:
                    counts[str(reason)] += 1
                    continue
                if seen.add_if_new(example.text):
                    kept.add(decided.decision.id)
                else:
                    counts[REPEATS] += 1
        for decided in self._decided(newest_first=False):
            if decided.decision.id in kept:
                with suppress(NoLabel):  # disputed meanwhile
                    yield LabelledDecision(decided.decision, decided.example(names), decided.text)

    def _unread(self) -> dict[str, int]:
        """Return the numbers of current decisions that `_decided` leaves out, by reason."""
        current = sa.select(sa.func.count()).select_from(
            decisions.join(comments, comments.c.decision_id == decisions.c.id).outerjoin(
                texts, texts.c.id == comments.c.id
            )
        )
        at_once = decisions.c.bulk_id.is_not(None)
        with self._store.reading() as connection:
            counts = {
                AT_ONCE: connection.scalar(current.where(at_once)) or 0,
                ERASED: connection.scalar(current.where(~at_once, texts.c.id.is_(None))) or 0,
            }
        return {reason: count for reason, count in counts.items() if count}

    def _decided(
        self, *, newest_first: bool, reviewed: bool | None = None
    ) -> Iterator[DecidedText]:
        """Yield the current decisions made one at a time.

        `reviewed` chooses those that a second moderator has judged too, or the others.
        """
        pair = sa.and_(
            second_reviews.c.made.is_not(None),
            sa.or_(
                second_reviews.c.decision_id == decisions.c.id,
                second_reviews.c.settling_id == decisions.c.id,
            ),
        )
        chosen = (
            DECISIONS.add_columns(
                texts.c.text,
                texts.c.spans.label("evidence"),
                comments.c.targets.label("attacked"),
                *(
                    comments.c[name].label(f"model_{name}")
                    for name in ("label", "action", "model", "reasons", "language")
                ),
                *(comments.c[f"score_{name}"] for name in ATTRIBUTE_NAMES),
                sa.func.coalesce(comments.c.page, comments.c.text_key).label("page"),
                second_reviews.c.agrees,
                second_reviews.c.settled,
            )
            .join(comments, comments.c.decision_id == decisions.c.id)
            .join(texts, texts.c.id == comments.c.id)
            .outerjoin(second_reviews, pair)
            .where(decisions.c.bulk_id.is_(None))
            .order_by(None)
            .limit(PAGE)
        )
        if reviewed is not None:
            known = second_reviews.c.id
            chosen = chosen.where(known.is_not(None) if reviewed else known.is_(None))
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
                    label=stored_label(row.model_label),
                    action=Action(row.model_action),
                    scores=scores_of(row, row.model_label),
                    model=row.model_model,
                    spans=spans_of(row.evidence),
                    targets=tuple(row.attacked),
                    reasons=tuple(row.model_reasons),
                    language=row.model_language,
                )
                yield DecidedText(
                    decision_of(row), row.text, verdict, row.page, _confirmation_of(row)
                )
            last = rows[-1].id
            following = chosen.where(number < last if newest_first else number > last)


def _confirmation_of(row: Any) -> Confirmation | None:
    if row.settled is not None:
        return Confirmation.SETTLED
    if row.agrees is None:
        return Confirmation.ONE_PERSON
    return Confirmation.CONFIRMED if row.agrees else None


def names_to_mask(store: Store) -> Names:
    """Return the names of the authors whom the desk knows."""
    authors = sa.select(comments.c.author).where(comments.c.author.is_not(None)).distinct()
    with store.reading() as connection:
        # A user named as a people would remove its name from all comments.
        rows = connection.execute(sa.select(peoples.c.name, peoples.c.forms))
        of_peoples = {fold_name(name) for row in rows for name in (row.name, *row.forms)}
        names = connection.scalars(authors)
        return known_names(name for name in names if fold_name(name) not in of_peoples)


def summary(left_out: LeftOut) -> str:
    """Return the numbers and reasons of decisions left out in words, blank where there are none."""
    return "; ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))


def example_of(decision: Decision, text: str, verdict: Verdict, page: str, names: Names) -> Example:
    """Return the record that a decision makes.

    Parameters
    ----------
    decision : Decision
    text : str
    verdict : Verdict
        The model's, which gives evidence and targets where the person gave none.
    page : str
        The same for comments that belong together.
    names : Names
        The names to mask.

    Raises
    ------
    NoLabel
        If the decision implies no label, as a rejection of an advertisement, is for hostility to a
        people and names none, or is on a comment in a language that the model does not know.
    """
    if not verdict.judged and verdict.language:
        raise NoLabel(OTHER_LANGUAGE)
    label = decision.ruling.implied_label(verdict.label)
    if label is None:
        raise NoLabel("reject for what is no label")
    targets = _targets(decision, verdict) if label is Label.ETHNIC_HOSTILITY else ()
    if label is Label.ETHNIC_HOSTILITY and not targets:
        raise NoLabel("reject as hostile to a people and name none")
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
    corrected = decision.ruling.targets
    if corrected is not None:
        # Among them may be peoples that were added at the desk.
        return corrected
    return tuple(name for name in verdict.targets if name in PEOPLES)


def _attributes(decision: Decision, label: Label) -> dict[str, float | None]:
    """Return the attributes that the decision states, and those that follow from the label."""
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
    """Return the runs of the text that are evidence for its label.

    They are those that the person marked, for any harm; where the person marked none, the model's
    for this label; else the whole text.
    """
    whole = Span(0, len(text), label.value, 1.0)
    marked = decision.ruling.spans
    candidates = verdict.spans if marked is None else marked
    spans = [span for span in candidates if span.attribute == label.value]
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
