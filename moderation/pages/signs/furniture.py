"""Third stage, second half: furniture known by phrase or form, wherever it stands."""

import re
from collections.abc import Sequence

from moderation.pages.page import Part
from moderation.pages.signs.dates import is_date
from moderation.pages.signs.names import is_name
from moderation.pages.signs.phrases import (
    ADVERTISEMENT_STARTS,
    ADVERTISEMENTS,
    BUTTONS,
    CONTACTS,
    FORM_STARTS,
    NAVIGATION,
    NAVIGATION_STARTS,
    SECTIONS,
    SHARES,
    STREETS,
    folded,
    key,
)
from moderation.pages.signs.shapes import (
    is_caption,
    is_dateline,
    is_logo,
    is_ornament,
)
from moderation.text.words import word_count

MAX_PHRASE = 200
CALL_WORDS = 24
ADDRESS_WORDS = 40
LEAST_ADDRESS_MARKS = 3
BYLINE_WORDS = 14
MENU_PIECES = 3
MENU_WORDS = 3

_PIECE = re.compile(r"\s*[|·•/,›]+\s*|\s{2,}|\s[-–—]\s")
_ANSWER = re.compile(
    r"(?:reply to|in reply to|replying to|antwort an|als antwort auf|en réponse à|répondre à"
    r"|en respuesta a|responder a|in risposta a|rispondi a|em resposta a|odpowiedz) ",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"(?:copyright|©|\(c\)|all rights reserved|alle rechte vorbehalten)", re.IGNORECASE
)
_YEAR_OR_RIGHTS = re.compile(r"\b(?:19|20)\d\d\b|rights reserved", re.IGNORECASE)
_MAIL = re.compile(
    r"\[email[ \u00a0]protected\]|[\w.+\-]{1,64}@[\w\-]{1,63}\.[a-z]{2,}", re.IGNORECASE
)
_PHONE = re.compile(r"\+?\d[\d ()/.\-]{6,}\d")
_LINK = re.compile(r"(?:https?://|www\.)\S+|<?\S+\.(?:com|org|net|info)/?\S*>?", re.IGNORECASE)
_BYLINE = re.compile(
    r"(?:(?:written|reported|reporting|story|text|words|posted) )?(?:by|von|par|por):? \S",
    re.IGNORECASE,
)
_SHARE_TAIL = re.compile(r"\b(?:share|tweet|print)( this)?:?$", re.IGNORECASE)


def is_buttons(text: str) -> bool:
    """Whether a line is the buttons of a comment, with counts and ages ("Like · Reply · 3h")."""
    if len(text) > MAX_PHRASE:
        return False
    pieces = [piece for piece in _PIECE.split(text) if key(piece)]
    if _are_buttons(pieces) or _are_buttons([w for w in text.split() if key(w)]):
        return True
    match = _ANSWER.match(text)
    return match is not None and is_name(text[match.end() :])


def _are_buttons(pieces: Sequence[str]) -> bool:
    keys = [key(piece) for piece in pieces]
    return any(phrase in BUTTONS for phrase in keys) and all(
        phrase in BUTTONS
        or phrase in SHARES
        or phrase == "#"
        or is_ornament(piece)
        or is_date(piece)
        for phrase, piece in zip(keys, pieces, strict=True)
    )


def is_copyright(text: str) -> bool:
    """Whether a short line starts with a copyright mark and goes on as such lines do."""
    return (
        len(text) <= MAX_PHRASE
        and bool(_COPYRIGHT.match(text))
        and bool(_YEAR_OR_RIGHTS.search(text))
    )


def is_footer(text: str) -> bool:
    """Whether a short line is small print below comments, which no reader writes."""
    return len(text) <= MAX_PHRASE and (
        is_copyright(text) or key(text) in NAVIGATION or folded(text).startswith(FORM_STARTS)
    )


def furniture(text: str) -> Part | None:
    """Return what piece of furniture a block is, or None when its form does not say."""
    if is_ornament(text):
        return Part.ORNAMENT
    if is_caption(text):
        return Part.CAPTION
    if len(text) > MAX_PHRASE:
        return None
    for part, holds in (
        (Part.DATE, is_date),
        (Part.SHARE, is_share),
        (Part.COPYRIGHT, _is_copyright),
        (Part.ADVERTISEMENT, _is_call),
        (Part.NAVIGATION, _is_navigation),
        (Part.BYLINE, is_byline),
        (Part.ADDRESS, _is_address),
        (Part.DATELINE, is_dateline),
        (Part.LOGO, is_logo),
    ):
        if holds(text):
            return part
    return None


def is_byline(text: str) -> bool:
    """Whether a line names the article's writer ("By Chan Dara", "Dara / The Paper Share:")."""
    return (
        word_count(text) <= BYLINE_WORDS
        and not text.endswith((".", "!", "?", "”", '"'))
        and (bool(_BYLINE.match(text)) or (" / " in text and bool(_SHARE_TAIL.search(text))))
    )


def is_share(text: str) -> bool:
    """Whether a line is buttons that share or print ("Share", "Facebook Twitter")."""
    if len(text) > MAX_PHRASE:
        return False
    pieces = [key(piece) for piece in _PIECE.split(text) if key(piece)]
    if pieces and all(piece in SHARES for piece in pieces):
        return True
    words = [key(word) for word in text.split()]
    return len(words) > 1 and all(word in SHARES or word == "#" or not word for word in words)


def _is_copyright(text: str) -> bool:
    return bool(_COPYRIGHT.match(text)) or (
        bool(_COPYRIGHT.search(text)) and word_count(text) <= CALL_WORDS
    )


def _is_call(text: str) -> bool:
    return key(text) in ADVERTISEMENTS or (
        word_count(text) <= CALL_WORDS
        and folded(text).startswith(ADVERTISEMENT_STARTS + FORM_STARTS)
    )


def _is_navigation(text: str) -> bool:
    keys = [key(piece) for piece in _PIECE.split(text) if key(piece)]
    known = sum(phrase in NAVIGATION or phrase in BUTTONS or phrase in SECTIONS for phrase in keys)
    menu = len(keys) >= MENU_PIECES and all(len(phrase.split()) <= MENU_WORDS for phrase in keys)
    if known and (known == len(keys) or menu):
        return True
    starts = folded(text).startswith(NAVIGATION_STARTS) and word_count(text) <= CALL_WORDS
    return starts or bool(_LINK.fullmatch(text))


def _is_address(text: str) -> bool:
    words = word_count(text)
    if words > ADDRESS_WORDS or text.endswith(("?", "!", "”")):
        return False
    if folded(text).startswith(CONTACTS) and (_PHONE.search(text) or _MAIL.search(text)):
        return True
    if _MAIL.fullmatch(text) or _PHONE.fullmatch(text):
        return True
    streets = sum(key(word) in STREETS for word in text.replace(",", " ").split())
    return (
        streets > 0
        and any(character.isdigit() for character in text)
        and text.count(",") + streets >= LEAST_ADDRESS_MARKS
        and not text.endswith(".")
    )
