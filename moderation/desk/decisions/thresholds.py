"""Thresholds: compared with the desk's own decisions, and written into the policy's file."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from itertools import accumulate
from pathlib import Path
from statistics import median

import sqlalchemy as sa
import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from moderation.database.location import data_folder
from moderation.database.store import Store
from moderation.database.tables import comments, decisions
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.queue.filters import band_of, score_of, was_judged
from moderation.desk.types import LABEL_OF, Curve, Outcome, Point, RejectionReason, Role, User
from moderation.errors import InvalidInput, InvalidPolicy
from moderation.files import explain_as, file_lock, storing, write_text
from moderation.policy import Policy
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.verdict import Action

POLICY = "policy.toml"
MAX_TIMED = 1_000
"""The number of the latest decisions whose median time is taken."""
DEFAULT_SECONDS = 15.0
"""The time that a decision is taken to need while there is none to measure."""
MIN_DECISIONS = 50
"""Decisions from which on a threshold is offered."""
CONFIDENCE = 1.959964
"""The quantile of the normal distribution for 95 %."""
HOUR = 3_600
HALF = 0.5
_COUNTED = sa.and_(decisions.c.id == comments.c.decision_id, decisions.c.bulk_id.is_(None))

_LABEL_OF_REASON = {reason.value: label.value for reason, label in LABEL_OF.items()}
_LABELS_WITH = {
    "news": {Label.NEWS},
    "inflammatory": {Label.INFLAMMATORY},
    "ethnic_hostility": {Label.ETHNIC_HOSTILITY},
    "identity_attack": {Label.ETHNIC_HOSTILITY},
    "toxicity": FLAGGED,
}
"""The labels that imply an attribute. No label implies the others; they are known by reasons and
corrected scores alone."""
_HARMLESS = {Label.CIVIL, Label.NEWS}
_LABELS_WITHOUT = {
    "news": {Label.CIVIL, *FLAGGED},
    # Ethnic hostility outranks inflammatory: a comment labelled inflammatory has none of it.
    "ethnic_hostility": {*_HARMLESS, Label.INFLAMMATORY},
}
"""The labels that exclude an attribute; for the others these are `_HARMLESS`."""
_REASONS_WITH = {"toxicity": {RejectionReason.PROFANITY}}
"""The reasons that imply an attribute, besides the one of the attribute's own name."""

_unwritable = explain_as(
    InvalidPolicy,
    message="The policy cannot be written: %(cause)s.",
    full="Make room, and try again.",
    otherwise="Correct that and try again.",
)


def confidence(share: float, number: int) -> tuple[float, float]:
    """Return the bounds between which a share lies with 95 % confidence (Wilson's interval).

    Parameters
    ----------
    share : float
        As observed.
    number : int
        The number of observations, 1 at least.
    """
    spread = CONFIDENCE**2 / number
    middle = (share + spread / 2) / (1 + spread)
    reach = CONFIDENCE / (1 + spread) * (share * (1 - share) / number + spread / 4 / number) ** 0.5
    return max(0.0, middle - reach), min(1.0, middle + reach)


def policy_path(settings: Settings) -> Path:
    """Return the policy file that the desk writes: the setting's, else one in the data folder."""
    return settings.policy or data_folder() / POLICY


class Workbench:
    """The effect of thresholds on decided comments, and the thresholds of the policy."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def curve(self, attribute: str, since: datetime | None = None, steps: int = 50) -> Curve:
        """Return precision, recall and cost at thresholds from 0 to 1.

        Single decisions are counted, not bulk decisions by score, which would only repeat the
        score. A decision that does not tell whether the comment has the attribute is left out: a
        comment rejected as spam is not a missed threat. So is one on a comment that was not judged.

        Parameters
        ----------
        attribute : str
        since : datetime, optional
            The earliest time of the decisions counted.
        steps : int
            The number of thresholds.

        Raises
        ------
        InvalidInput
            If there is no such attribute.
        """
        band = band_of(score_of(attribute), steps, sqlite=self._store.sqlite).label("band")
        has = has_attribute(attribute).label("has")
        chosen = (
            sa.select(band, has, sa.func.count().label("number"))
            .select_from(decisions)
            .join(comments, _COUNTED)
            .where(has_attribute(attribute).is_not(None), was_judged())
            .group_by(sa.text("band"), sa.text("has"))
        )
        if since:
            chosen = chosen.where(decisions.c.made >= since)
        counts = {1: [0] * steps, 0: [0] * steps}
        with self._store.reading() as connection:
            for row in connection.execute(chosen):
                counts[row.has][row.band] += row.number
            seconds = _median_seconds(connection)
        bad = [*reversed(list(accumulate(reversed(counts[1]))))]
        good = [*reversed(list(accumulate(reversed(counts[0]))))]
        points = tuple(
            Point(
                threshold=step / steps,
                precision=bad[step] / held if (held := bad[step] + good[step]) else None,
                recall=bad[step] / bad[0] if bad[0] else None,
                held=held,
                hours=held * seconds / HOUR,
            )
            for step in range(steps)
        )
        return Curve(attribute, points, bad[0] + good[0], bad[0], seconds)

    def point(self, attribute: str, threshold: float, curve: Curve) -> Point:
        """Return the effect of any threshold, by the median time and the total of its curve.

        Raises
        ------
        InvalidInput
            If there is no such attribute.
        """
        has = has_attribute(attribute).label("has")
        chosen = (
            sa.select(has, sa.func.count().label("number"))
            .select_from(decisions)
            .join(comments, _COUNTED)
            .where(
                score_of(attribute) >= threshold,
                has_attribute(attribute).is_not(None),
                was_judged(),
            )
            .group_by(sa.text("has"))
        )
        with self._store.reading() as connection:
            counts = {row.has: row.number for row in connection.execute(chosen)}
        bad, held = counts.get(1, 0), sum(counts.values())
        return Point(
            threshold=threshold,
            precision=bad / held if held else None,
            recall=bad / curve.rejected if curve.rejected else None,
            held=held,
            hours=held * curve.seconds / HOUR,
        )

    def check_enough(self, attribute: str) -> None:
        """Refuse to judge thresholds of an attribute by too few decisions.

        Raises
        ------
        InvalidInput
            If fewer than 50 decisions tell whether a comment has it, or there is no such attribute.
        """
        decided = self.curve(attribute).decided
        if decided < MIN_DECISIONS:
            raise InvalidInput(
                "Only %(decided)s decisions say anything about this attribute; a threshold needs "
                "%(least)s.",
                where="threshold",
                remedy="Decide on more comments first, or edit the policy’s file.",
                values={"decided": decided, "least": MIN_DECISIONS},
            )

    def write_policy(
        self, user: User, path: Path, action: Action, attribute: str, threshold: float
    ) -> str:
        """Change one threshold in a policy's file, in one step; leads only.

        Comments and other keys stay. If there is no file, the shipped policy is copied first.

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

        # Another attempt writes the same threshold.
        with lock_policy(path):
            return self._store.write(act)


def has_attribute(attribute: str) -> sa.ColumnElement[int | None]:
    """Return the column that tells, by a decision, whether a comment has an attribute.

    It is 1 or 0, and NULL where the decision does not tell, such as a rejection as spam. A
    corrected score has precedence, then the reason, then the label: the corrected one, else that
    of the reason or of the approval.
    """
    corrected = decisions.c.attributes[attribute].as_float()
    label = sa.func.coalesce(
        decisions.c.label,
        sa.case(_LABEL_OF_REASON, value=decisions.c.reason, else_=None),
        # An approved comment is harmless, whether it is news or a remark.
        sa.case(
            (decisions.c.outcome == Outcome.APPROVE.value, _label_of_approval(attribute)),
            else_=None,
        ),
    )
    reasons = {RejectionReason(attribute)} if attribute in set(RejectionReason) else set()
    return sa.case(
        (corrected >= HALF, 1),
        (corrected < HALF, 0),
        (decisions.c.reason.in_(_values(reasons | _REASONS_WITH.get(attribute, set()))), 1),
        (label.in_(_values(_LABELS_WITH.get(attribute, ()))), 1),
        (label.in_(_values(_LABELS_WITHOUT.get(attribute, _HARMLESS))), 0),
        else_=None,
    )


@contextmanager
def lock_policy(path: Path) -> Iterator[None]:
    """Lock a policy's file against other processes of this machine; make its folder.

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
    """Change one threshold in a policy's file, in one step; return the file's new text.

    Raises
    ------
    InvalidPolicy
    """
    text = _with_threshold(path, action, attribute, threshold)
    write_text(path, text, explain=_unwritable)
    return text


def _median_seconds(connection: sa.Connection) -> float:
    """Return the median time of the latest decisions."""
    latest = (
        sa.select(decisions.c.seconds)
        .where(decisions.c.seconds.is_not(None))
        .order_by(decisions.c.id.desc())
        .limit(MAX_TIMED)
    )
    seconds: list[float] = list(connection.scalars(latest))
    return median(seconds or [DEFAULT_SECONDS])


def _label_of_approval(attribute: str) -> sa.ColumnElement[str | None]:
    return sa.literal(None if attribute == "news" else Label.CIVIL.value, sa.Text)


def _values(names: Iterable[Label | RejectionReason]) -> list[str]:
    return [name.value for name in names]


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
