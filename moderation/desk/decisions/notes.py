"""Notes: what may be kept as a remark on a comment."""

from moderation.desk.errors import InvalidRuling
from moderation.errors import ModerationError
from moderation.text.validate import check_text

MAX_NOTE = 5_000


def check_note(text: str) -> str:
    """Return a note if it can be kept.

    Raises
    ------
    InvalidRuling
        If it is blank, too long, or holds a character that no text can have.
    """
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
