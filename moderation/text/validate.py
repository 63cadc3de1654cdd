"""Checks that a text can be judged, and the characters that no text has: NUL, lone surrogates.

Databases and C refuse NUL. Half of a surrogate pair, which JSON can name, is no character, and
UTF-8 cannot hold it. `clean_text` replaces both where nobody can be asked to send the text again.
"""

import re

from moderation.errors import InvalidText, TooLarge

_INVALID = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"

NOT_BLANK = r"[^\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""The pattern, for JSON schemas, of a text that is not blank for `check_text`. Every dialect of
regular expressions reads it alike: the class holds the characters that `str.strip` strips, which
\\s does not quite match elsewhere."""
NO_NUL = r"^[^\u0000]*$"


def clean_text(text: str, replacement: str = REPLACEMENT) -> str:
    """Return a text with each NUL and lone surrogate replaced.

    The default is one character, U+FFFD, so that every offset stays; ``""`` is for text that we
    keep, so that none of them can split a word.
    """
    return _INVALID.sub(replacement, text)


def lone_surrogate(text: str) -> int | None:
    """Return the offset of the first lone surrogate, None where there is none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None


def empty_text(where: str) -> InvalidText:
    """Return the error for a blank text."""
    return InvalidText("The text is empty.", where=where, remedy="Send at least one word.")


def check_text(text: object, *, where: str = "text", limit: int | None = None) -> str:
    """Return `text` if it can be judged.

    Parameters
    ----------
    text : object
        The value as a caller sent it.
    where : str
        The name of the text in an error.
    limit : int, optional
        Characters it may have at most.

    Raises
    ------
    InvalidText
        If it is not a string, is blank, or holds NUL or lone surrogates.
    TooLarge
        If it is over `limit`.
    """
    if not isinstance(text, str):
        raise InvalidText("The text must be a string.", where=where)
    if limit is not None and len(text) > limit:
        raise TooLarge(
            "The text has %(length)s characters; the limit is %(limit)s.",
            where=where,
            remedy="Send its parts as several texts.",
            values={"length": len(text), "limit": limit},
        )
    if not text.strip():
        raise empty_text(where)
    if "\0" in text:
        raise InvalidText("The text holds a NUL character.", where=where, remedy="Remove it.")
    if (offset := lone_surrogate(text)) is not None:
        raise InvalidText(
            "The text holds a lone surrogate at character %(place)s, which no text has.",
            where=where,
            remedy="Send an emoji as one character or as a whole pair of surrogates.",
            values={"place": offset},
        )
    return text
