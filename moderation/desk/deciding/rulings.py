"""What a ruling must be before it is made."""

from moderation.desk.errors import InvalidRuling
from moderation.desk.words import Outcome, Ruling
from moderation.errors import ModerationError
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.text.check import check_text
from moderation.text.peoples import PEOPLES
from moderation.verdict import Span

MAX_NOTE = 5_000
MAX_TOKEN = 100


def check_ruling(ruling: Ruling, length: int) -> None:
    """Refuse a ruling that contradicts itself, or lacks something.

    Parameters
    ----------
    ruling : Ruling
    length : int
        Characters of the comment.

    Raises
    ------
    InvalidRuling
        Naming what is wrong.
    """
    rejects = ruling.outcome is Outcome.REJECT
    _need(not rejects or ruling.reason is not None, "reason", "A rejection needs a reason.")
    _need(rejects or ruling.reason is None, "reason", "Only a rejection can have a reason.")
    for name, value in ruling.attributes.items():
        _need(name in ATTRIBUTE_NAMES, "attributes", "There is no such attribute.")
        _need(0 <= value <= 1, f"attributes.{name}", "A score is a number from 0 to 1.")
    for people in ruling.targets or ():
        _need(people in PEOPLES, "targets", "This group of people is not in the list.")
    hostile = ruling.label in (None, Label.ETHNIC_HOSTILITY)
    _need(
        hostile or not ruling.targets,
        "targets",
        "Only ethnic hostility is aimed at a group of people.",
    )
    for span in ruling.spans or ():
        _check_span(span, length)
    flagged = ruling.label is None or ruling.label in FLAGGED
    _need(
        flagged or not ruling.spans,
        "spans",
        "Only what is inflammatory or ethnic hostility has evidence.",
    )
    if ruling.note:
        check_note(ruling.note)
    _need(len(ruling.token or "") <= MAX_TOKEN, "token", "The form’s token is too long.")


def check_note(text: str) -> str:
    """Return a note that can be kept; raises InvalidRuling."""
    if not text.strip() or len(text) > MAX_NOTE:
        raise InvalidRuling(
            "A note has 1 to %(most)s characters.", where="note", values={"most": MAX_NOTE}
        )
    try:
        return check_text(text, where="note")
    except ModerationError:
        raise InvalidRuling(
            "The note holds a character that no text can have.", where="note"
        ) from None


def _check_span(span: Span, length: int) -> None:
    _need(span.attribute in ATTRIBUTE_NAMES, "spans", "There is no such attribute.")
    _need(0 <= span.start < span.end <= length, "spans", "The evidence lies outside the text.")
    _need(0 <= span.score <= 1, "spans", "A score is a number from 0 to 1.")


def _need(holds: bool, where: str, message: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise InvalidRuling(message, where=where)
