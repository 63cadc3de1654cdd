"""Thresholds against one's own decisions."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa
import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from moderation.database.location import data_folder
from moderation.database.store import Store
from moderation.database.tables import comments, decisions
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.queue.filters import conditions, score_of
from moderation.desk.queue.holds import not_held
from moderation.desk.queue.rows import read_lines
from moderation.desk.types import (
    LABEL_OF,
    Curve,
    Filters,
    Outcome,
    Point,
    Preview,
    RejectionReason,
    Role,
    User,
)
from moderation.errors import InvalidInput, InvalidPolicy
from moderation.files import explain_as, file_lock, storing, write_text
from moderation.policy import Policy
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.verdict import Action

# FOLDED place: The place of the policy file that the desk writes.

POLICY = "policy.toml"


def policy_path(settings: Settings) -> Path:
    """Return the policy file that the desk writes: the setting's, else one in the data folder."""
    return settings.policy or data_folder() / POLICY


# FOLDED said: What a decision says of an attribute, as a column of a query.

_BY_REASON = {reason.value: label.value for reason, label in LABEL_OF.items()}
_YES = {
    "news": {Label.NEWS},
    "inflammatory": {Label.INFLAMMATORY},
    "ethnic_hostility": {Label.ETHNIC_HOSTILITY},
    "identity_attack": {Label.ETHNIC_HOSTILITY},
    "toxicity": FLAGGED,
}
"""Labels that have an attribute; of one that none has, only reasons and corrections say so."""
_HARMLESS = {Label.CIVIL, Label.NEWS}
_NO = {
    "news": {Label.CIVIL, *FLAGGED},
    # It outranks the other harm: what is that alone is not this.
    "ethnic_hostility": {*_HARMLESS, Label.INFLAMMATORY},
}
_REASONS = {"toxicity": {RejectionReason.PROFANITY}}
"""Reasons that say yes besides the one of the attribute's own name."""


def has_attribute(attribute: str) -> sa.ColumnElement[int | None]:
    """Return 1 where a decision says that a comment has an attribute, 0 where not.

    NULL where it says nothing of it, as a rejection as spam does. A corrected score comes first,
    then the reason, then the label, corrected or as the reason or the approval has it.
    """
    corrected = decisions.c.attributes[attribute].as_float()
    label = sa.func.coalesce(
        decisions.c.label,
        sa.case(_BY_REASON, value=decisions.c.reason, else_=None),
        # What is approved is harmless, whether reported or said.
        sa.case((decisions.c.outcome == Outcome.APPROVE.value, _approved(attribute)), else_=None),
    )
    reasons = {RejectionReason(attribute)} if attribute in set(RejectionReason) else set()
    return sa.case(
        (corrected >= 0.5, 1),  # noqa: PLR2004  # half, as everywhere
        (corrected < 0.5, 0),  # noqa: PLR2004  # half, as above
        (decisions.c.reason.in_(_values(reasons | _REASONS.get(attribute, set()))), 1),
        (label.in_(_values(_YES.get(attribute, ()))), 1),
        (label.in_(_values(_NO.get(attribute, _HARMLESS))), 0),
        else_=None,
    )


def _approved(attribute: str) -> sa.ColumnElement[str | None]:
    return sa.literal(None if attribute == "news" else Label.CIVIL.value, sa.Text)


def _values(names: Iterable[Label | RejectionReason]) -> list[str]:
    return [name.value for name in names]


# FOLDED policies: A policy's file, changed by one at a time.

_unwritable = explain_as(
    InvalidPolicy,
    message="The policy cannot be written: %(cause)s.",
    full="Make room, and try again.",
    otherwise="Mend that, and try again.",
)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep others of this machine from changing a policy's file; its folder is made.

    Raises
    ------
    InvalidPolicy
        If the folder cannot be written to.
    """
    with storing(path, _unwritable):
        path.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(path.with_name(f".{path.name}.lock"), explain=_unwritable):
        yield


def set_threshold(path: Path, action: Action, attribute: str, threshold: float) -> str:
    """Write a policy's file with one threshold changed, in one step; return its new text.

    Raises
    ------
    InvalidPolicy
    """
    text = _with_threshold(path, action, attribute, threshold)
    write_text(path, text, explain=_unwritable)
    return text


def _with_threshold(path: Path, action: Action, attribute: str, threshold: float) -> str:
    shipped = resources.files("moderation") / "policy.toml"
    try:
        document = tomlkit.parse((path if path.exists() else shipped).read_text("utf-8"))
        table = document.setdefault(action.value, tomlkit.table())
        table[attribute] = threshold
        Policy.model_validate(document.unwrap())
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise InvalidPolicy(
            "The file cannot be read: %(problem)s.", where=str(path), values={"problem": error}
        ) from None
    except ValidationError as error:
        raise InvalidPolicy(
            "This is not allowed: %(problem)s.",
            where=str(path),
            values={"problem": error.errors()[0]["msg"]},
        ) from None
    return tomlkit.dumps(document)


# FOLDED previews: What deciding on many at once would do.

SHOWN = 3
"""Examples from each end of the range, and from its middle."""


def band_of(score: sa.ColumnElement[float], bands: int, *, sqlite: bool) -> Any:
    """Return the number of the band in which a score falls; a score of 1 falls in the last."""
    # PostgreSQL's cast rounds, and SQLite has no floor everywhere.
    whole = (
        sa.cast(score * bands, sa.Integer)
        if sqlite
        else sa.cast(sa.func.floor(score * bands), sa.Integer)
    )
    return sa.case((score >= 1, bands - 1), else_=whole)


def histogram(
    connection: sa.Connection, filters: Filters, bands: int, *, sqlite: bool
) -> list[int]:
    """Count comments that pass filters, their range apart, by band of score."""
    score = score_of(filters.attribute)
    # Grouped by the score itself first, which an index has in order.
    band = band_of(score, bands, sqlite=sqlite).label("band")
    chosen = (
        sa.select(band, sa.func.count().label("number"))
        .where(*conditions(filters, sqlite=sqlite, range_too=False))
        .group_by(sa.text("band"))
    )
    found = {row.band: row.number for row in connection.execute(chosen)}
    return [found.get(place, 0) for place in range(bands)]


def preview(connection: sa.Connection, user: User, filters: Filters, *, sqlite: bool) -> Preview:
    """Count and show what passes filters and nobody else holds."""
    passing, free = conditions(filters, sqlite=sqlite), not_held(user)
    rows = connection.execute(
        sa.select(
            comments.c.label,
            sa.func.count().filter(free).label("number"),
            sa.func.max(comments.c.id).label("newest"),
            # With what others hold: they take and leave comments all the time.
            sa.func.count().label("passing"),
            sa.func.sum(comments.c.id).label("sum"),
        )
        .where(*passing)
        .group_by(comments.c.label)
    ).all()
    count = sum(row.number for row in rows)
    examples = _examples(connection, filters, [*passing, free], count)
    return Preview(
        count=count,
        labels={Label(row.label): row.number for row in rows if row.number},
        examples=tuple(read_lines(connection, examples)),
        newest=max((row.newest for row in rows), default=0),
        seen=seen(sum(row.passing for row in rows), sum(int(row.sum) for row in rows)),
    )


def seen(count: int, total: int) -> str:
    """Return what stands for some comments: how many there are, and the sum of their numbers."""
    return f"{count}-{total}"


def _examples(
    connection: sa.Connection, filters: Filters, passing: list[Any], count: int
) -> list[int]:
    score = score_of(filters.attribute)
    chosen = sa.select(comments.c.id).where(*passing)
    rising = chosen.order_by(score, comments.c.id).limit(SHOWN)
    falling = chosen.order_by(score.desc(), comments.c.id.desc()).limit(SHOWN)
    middle = rising.offset(max(count // 2 - SHOWN // 2, 0))
    lowest, between, highest = (list(connection.scalars(one)) for one in (rising, middle, falling))
    return list(dict.fromkeys((*lowest, *between, *reversed(highest))))


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
            text = set_threshold(path, action, attribute, threshold)
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
        with locked(path):
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
