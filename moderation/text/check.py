"""What a text must be before anything judges it."""

from moderation.errors import InvalidText, TooLarge


def check_text(text: object, *, where: str = "text", limit: int | None = None) -> str:
    """Return `text` if it can be judged.

    Parameters
    ----------
    text : object
        What a caller sent.
    where : str
        How an error names it.
    limit : int, optional
        Most characters it may have.

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
        raise InvalidText("The text is empty.", where=where, remedy="Send at least one word.")
    if "\0" in text:
        raise InvalidText("The text holds a NUL character.", where=where, remedy="Remove it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidText(
            "The text holds a lone surrogate at character %(place)s, which no text has.",
            where=where,
            remedy="Send an emoji as one character or as a whole pair of surrogates.",
            values={"place": error.start},
        ) from None
    return text
