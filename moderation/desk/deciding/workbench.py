"""Thresholds against one's own decisions."""

from datetime import datetime
from itertools import accumulate
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions
from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import check_role
from moderation.desk.deciding import policies
from moderation.desk.deciding.previews import band_of
from moderation.desk.deciding.said import has_attribute
from moderation.desk.queue.where import score_of
from moderation.desk.words import Curve, Point, Role, User
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Action

TIMED = 1_000
"""The latest decisions, whose median time is taken."""
UNTIMED_SECONDS = 15.0
"""What a decision is taken to cost while there is none to measure."""
HOUR = 3_600
_COUNTED = sa.and_(decisions.c.id == comments.c.decision_id, decisions.c.bulk_id.is_(None))


class Workbench:
    """What a threshold would have done, and a policy with it."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def curve(self, attribute: str, since: datetime | None = None, steps: int = 50) -> Curve:
        """Return precision, recall and cost at thresholds from 0 to 1.

        What people decided one at a time is counted, not what was decided many at once by score:
        that would only repeat the score. A decision that says nothing of the attribute is left
        out: spam is no miss of threats.

        Parameters
        ----------
        attribute : str
        since : datetime, optional
            Only decisions from then on.
        steps : int

        Raises
        ------
        InvalidInput
            If there is no such attribute.
        """
        band = band_of(score_of(attribute), steps, sqlite=self._store.sqlite).label("band")
        said = has_attribute(attribute).label("said")
        chosen = (
            sa.select(band, said, sa.func.count().label("number"))
            .select_from(decisions)
            .join(comments, _COUNTED)
            .where(has_attribute(attribute).is_not(None))
            .group_by(sa.text("band"), sa.text("said"))
        )
        if since:
            chosen = chosen.where(decisions.c.made >= since)
        counts = {1: [0] * steps, 0: [0] * steps}
        with self._store.reading() as connection:
            for row in connection.execute(chosen):
                counts[row.said][row.band] += row.number
            seconds = _median_seconds(connection)
        bad = [*reversed(list(accumulate(reversed(counts[1]))))]
        good = [*reversed(list(accumulate(reversed(counts[0]))))]
        points = tuple(
            Point(
                threshold=place / steps,
                precision=bad[place] / held if (held := bad[place] + good[place]) else None,
                recall=bad[place] / bad[0] if bad[0] else None,
                held=held,
                hours=held * seconds / HOUR,
            )
            for place in range(steps)
        )
        return Curve(attribute, points, bad[0] + good[0], bad[0], seconds)

    def point(self, attribute: str, threshold: float, curve: Curve) -> Point:
        """Return what any threshold would have done, with the time and the total of its curve.

        Raises
        ------
        InvalidInput
            If there is no such attribute.
        """
        said = has_attribute(attribute).label("said")
        chosen = (
            sa.select(said, sa.func.count().label("number"))
            .select_from(decisions)
            .join(comments, _COUNTED)
            .where(score_of(attribute) >= threshold, has_attribute(attribute).is_not(None))
            .group_by(sa.text("said"))
        )
        with self._store.reading() as connection:
            counts = {row.said: row.number for row in connection.execute(chosen)}
        bad, held = counts.get(1, 0), sum(counts.values())
        return Point(
            threshold=threshold,
            precision=bad / held if held else None,
            recall=bad / curve.rejected if curve.rejected else None,
            held=held,
            hours=held * curve.seconds / HOUR,
        )

    def write_policy(
        self, user: User, path: Path, action: Action, attribute: str, threshold: float
    ) -> str:
        """Set one threshold in a policy file, in one step; leads only.

        Comments and other keys stay. Where there is no file, the shipped policy is copied first.

        Returns
        -------
        str
            The file's new text.

        Raises
        ------
        NotAllowed, InvalidInput, InvalidPolicy
        """
        check_role(user, Role.LEAD)
        if action is Action.ALLOW:
            raise InvalidInput(
                "A threshold can send comments to review or block them, not allow them.",
                where="action",
            )
        if attribute not in ATTRIBUTE_NAMES:
            raise InvalidInput("There is no such attribute.", where="attribute")

        def act(connection: sa.Connection) -> str:
            text = policies.set_threshold(path, action, attribute, threshold)
            self._audit.add(
                connection,
                user,
                "policy",
                str(path),
                action=action.value,
                attribute=attribute,
                threshold=threshold,
            )
            return text

        # Trying again writes the same.
        with policies.locked(path):
            return self._store.write(act)


def _median_seconds(connection: sa.Connection) -> float:
    latest = (
        sa.select(decisions.c.seconds)
        .where(decisions.c.seconds.is_not(None))
        .order_by(decisions.c.id.desc())
        .limit(TIMED)
    )
    seconds: list[float] = list(connection.scalars(latest))
    return median(seconds or [UNTIMED_SECONDS])
