"""Rulings: complete, and without contradictions, before they become decisions."""

from collections.abc import Collection

from moderation.desk.decisions.author_texts import check_author_text
from moderation.desk.decisions.notes import check_note
from moderation.desk.errors import InvalidRuling
from moderation.desk.types import Outcome, Ruling
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.text.peoples import PEOPLES
from moderation.verdict import Span

MAX_TOKEN = 100


def check_ruling(ruling: Ruling, length: int, peoples: Collection[str] = ()) -> None:
    """Check that a ruling is complete and does not contradict itself.

    Parameters
    ----------
    ruling : Ruling
    length : int
        The number of characters of the comment.
    peoples : collection of str
        The peoples added at the desk, which may be named besides those in the table.

    Raises
    ------
    InvalidRuling
        If it is not; the error names the field.
    """
    rejects = ruling.outcome is Outcome.REJECT
    _require(not rejects or ruling.reason is not None, "reason", "A rejection needs a reason.")
    _require(rejects or ruling.reason is None, "reason", "Only a rejection can have a reason.")
    for name, value in ruling.attributes.items():
        _require(name in ATTRIBUTE_NAMES, "attributes", "There is no such attribute.")
        _require(0 <= value <= 1, f"attributes.{name}", "A score is a number from 0 to 1.")
    for people in ruling.targets or ():
        known = people in PEOPLES or people in peoples
        _require(known, "targets", "This group of people is not in the list.")
    hostile = ruling.label in (None, Label.ETHNIC_HOSTILITY)
    _require(
        hostile or not ruling.targets,
        "targets",
        "A group of people can be named only for ethnic hostility.",
    )
    for span in ruling.spans or ():
        _check_span(span, length)
    flagged = ruling.label is None or ruling.label in FLAGGED
    _require(
        flagged or not ruling.spans,
        "spans",
        "Only what is inflammatory or ethnic hostility has evidence.",
    )
    if ruling.note:
        check_note(ruling.note)
    _require(
        rejects or not ruling.author_text,
        "author_text",
        "Only a rejection has a text for the author.",
    )
    check_author_text(ruling.author_text)
    _require(len(ruling.token or "") <= MAX_TOKEN, "token", "The form’s token is too long.")


def _check_span(span: Span, length: int) -> None:
    _require(span.attribute in ATTRIBUTE_NAMES, "spans", "There is no such attribute.")
    _require(0 <= span.start < span.end <= length, "spans", "The evidence lies outside the text.")
    _require(0 <= span.score <= 1, "spans", "A score is a number from 0 to 1.")


def _require(condition: bool, where: str, message: str) -> None:  # noqa: FBT001  # it comes first, as in `assert`
    if not condition:
        raise InvalidRuling(message, where=where)
