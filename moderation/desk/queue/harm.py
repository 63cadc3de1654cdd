"""The order by harm: how bad a comment is if the model is right, how likely it is, how far it goes.

Expected harm is the highest product of an attribute's probability and its weight, times the reach
that the site reports: each flag or answer adds a tenth, up to twenty of them. An insult of which
the model is sure so stands below a call to hunt people of which it is nearly sure.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.taxonomy import ATTRIBUTE_NAMES

MAX_REACH = 20
"""Flags and answers from which on more of them add nothing."""
INDEX = "comments_by_harm"
LEAST_WEIGHT = 1e-6
LEAST_SCORE = 1e-9
"""A lower score counts as this: PostgreSQL refuses a product that is too small for a number."""


class HarmOrder:
    """The order of a queue by expected harm, for the weights of a policy.

    Parameters
    ----------
    store : Store
    weights : mapping of str to float
        By attribute; one below a millionth counts for nothing.
    """

    def __init__(self, store: Store, weights: Mapping[str, float]) -> None:
        self._sqlite = store.sqlite
        self._store = store
        self.weights = {
            name: weights[name]
            for name in ATTRIBUTE_NAMES
            if weights.get(name, 0.0) >= LEAST_WEIGHT
        }

    @property
    def column(self) -> sa.ColumnElement[float]:
        """The expression by which comments are sorted, worded as that of the index."""
        return sa.literal_column(self._sql(), sa.Float)

    def prepare(self) -> None:
        """Make the index for these weights, and drop those for others.

        Raises
        ------
        DatabaseError
        """
        name = f"{INDEX}_{hashlib.sha256(self._sql().encode()).hexdigest()[:8]}"

        def act(connection: sa.Connection) -> None:
            # SQLAlchemy's inspector passes over SQLite's indexes of expressions.
            table, column = (
                ("sqlite_master", "name") if self._sqlite else ("pg_indexes", "indexname")
            )
            its_name = sa.column(column, sa.Text)
            names = sa.select(its_name).select_from(sa.table(table))
            found = set(
                connection.scalars(names.where(its_name.startswith(INDEX, autoescape=True)))
            )
            for other in found - {name}:
                connection.exec_driver_sql(f"DROP INDEX IF EXISTS {other}")
            connection.exec_driver_sql(
                f"CREATE INDEX IF NOT EXISTS {name} ON comments (queue, ({self._sql()}), id)"
            )

        self._store.write(act, idempotent=True)

    def _sql(self) -> str:
        greatest, least = ("max", "min") if self._sqlite else ("greatest", "least")
        # The numbers come from a checked policy. With a single argument, SQLite's max would be
        # that over all rows.
        parts = [
            f"{greatest}(score_{name}, {LEAST_SCORE!r}) * {float(weight)!r}"
            for name, weight in self.weights.items()
        ]
        return (
            f"{greatest}({', '.join([*parts, '0.0', '0.0'])}) "
            f"* (10 + {least}(flags + replies, {MAX_REACH}))"
        )


class ExpectedHarm(NamedTuple):
    """The greatest expected harm of a comment, without its reach."""

    attribute: str
    score: float
    weight: float

    @property
    def harm(self) -> float:
        """The probability times the weight."""
        return self.score * self.weight


def harm_of(scores: Mapping[str, float], weights: Mapping[str, float]) -> ExpectedHarm | None:
    """Return the greatest expected harm by an attribute, None where nothing has a score."""
    harms = (
        ExpectedHarm(name, scores[name], weight)
        for name, weight in weights.items()
        if name in scores
    )
    return max(harms, key=lambda each: each.harm, default=None)
