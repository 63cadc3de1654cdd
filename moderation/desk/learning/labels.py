"""Decisions as records of the labelled set."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import need
from moderation.desk.learning.masks import known_names
from moderation.desk.learning.records import example_of
from moderation.desk.queue.reading import DECISIONS, decision_of, spans_of
from moderation.desk.queue.sketch import bands_of, runs_of, share
from moderation.desk.store.store import Store
from moderation.desk.store.tables import comments, decisions, texts
from moderation.desk.words import Decision, Role, User
from moderation.labelling.record import Example
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Verdict

PAGE = 500
NEAR = 0.7
"""Texts that share so much of their runs of words say the same."""


class Learnt(NamedTuple):
    """A decision, and the record that it makes."""

    decision: Decision
    example: Example


class Labels:
    """What the labelled set can learn from the desk; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def export(self, user: User | None) -> Iterator[str]:
        """Yield a record a line: personal data masked, near-duplicates left out.

        Decisions made many at once by score are left out: they would teach the model its own
        opinion. So are those that say nothing of a label.

        Raises
        ------
        NotAllowed
            Before the first line.
        """
        need(user, Role.LEAD)
        self._store.write(lambda connection: self._audit.add(connection, user, "export", "labels"))
        return (
            json.dumps(one.example.model_dump(mode="json"), ensure_ascii=False) + "\n"
            for one in self.learnt()
        )

    def learnt(self) -> Iterator[Learnt]:
        """Yield the decisions that teach something with their records, oldest first."""
        authors = sa.select(comments.c.author).where(comments.c.author.is_not(None)).distinct()
        with self._store.reading() as connection:
            names = known_names(connection.scalars(authors))
        seen = _Seen()
        for decision, text, verdict, page in self._decided():
            example = example_of(decision, text, verdict, page, names)
            if example is not None and seen.is_new(example.text):
                yield Learnt(decision, example)

    def _decided(self) -> Iterator[tuple[Decision, str, Verdict, str]]:
        last = 0
        while True:
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
                .where(decisions.c.bulk_id.is_(None), decisions.c.id > last)
                .limit(PAGE)
            )
            with self._store.reading() as connection:
                rows = connection.execute(chosen).all()
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


class _Seen:
    """The texts that were seen, to leave out what nearly repeats one."""

    def __init__(self) -> None:
        self._runs: list[frozenset[int]] = []
        self._bands: dict[int, list[int]] = {}

    def is_new(self, text: str) -> bool:
        """Whether a text says something else than all before it; it is seen from then on."""
        runs, bands = runs_of(text), bands_of(text)
        near = {place for band in bands for place in self._bands.get(band, ())}
        if any(share(runs, self._runs[place]) >= NEAR for place in near):
            return False
        for band in bands:
            self._bands.setdefault(band, []).append(len(self._runs))
        self._runs.append(runs)
        return True
