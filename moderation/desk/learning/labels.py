"""Decisions as records of the labelled set."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, texts
from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import check_role
from moderation.desk.learning.masks import known_names
from moderation.desk.learning.records import NothingSaid, example_of
from moderation.desk.queue.reading import DECISIONS, decision_of, spans_of
from moderation.desk.words import Decision, Role, User
from moderation.labelling.record import Example
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.text.near_duplicates import NearDuplicates
from moderation.verdict import Action, Verdict

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
