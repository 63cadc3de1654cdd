"""Lines and blocks recognised by their words and their form, never by their topic.

`opener` recognises the headings of comments, forms and lists of other articles; `furniture_part`
recognises the rest of a page's furniture: dates, bylines, captions, share bars, menus. The other
functions tell sentences, running text, headlines, captions, notes and the buttons of comments.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

from moderation.pages.cues.names import MAX_NAME, MAX_NAME_WORDS, is_name
from moderation.pages.cues.vocabulary import (
    ADVERTISEMENT_STARTS,
    ADVERTISEMENTS,
    BUTTONS,
    CAPTION_STARTS,
    COMMENT_COUNTS,
    COMMENT_FORMS,
    COMMENT_HEADERS,
    COMMENT_LINKS,
    COMMENT_NOUNS,
    CONTACTS,
    CREDITS,
    FORM_STARTS,
    NAVIGATION,
    NAVIGATION_STARTS,
    NOTE_STARTS,
    PAGERS,
    SECTION_STARTS,
    SECTIONS,
    SHARES,
    SINGLE_PAGERS,
    STREETS,
    folded,
    is_date,
    key,
)
from moderation.pages.page import Part
from moderation.text.words import UNSPACED_WORD, word_count

MAX_PHRASE = 200
"""Characters of a line that is a known phrase or form; longer blocks are text or captions."""
PROSE_WORDS = 8
LONG_WORDS = 25
HEADLINE_WORDS = (3, 28)
MAX_HEADLINE = 220
MAX_CAPTION = 600
CAPTION_WORDS = 60
TAIL = 160
"""Characters at a block's end, or beginning, that are looked at."""
SECTION_WORDS = 6
COUNT_WORDS = 4
CALL_WORDS = 24
ADDRESS_WORDS = 40
MIN_ADDRESS_MARKS = 3
BYLINE_WORDS = 14
MENU_PIECES = 3
MENU_WORDS = 3

_TERMINAL = ".!?…។៕។！？؟۔।"
_CLOSING = "\"'”’)]»›*"
_ENDING = re.compile(rf"[{re.escape(_TERMINAL)}][{re.escape(_CLOSING)}]*$")
_BULLET = re.compile(r"[•·▪‣◦*\-–—»›>]\s|\d{1,2}[.)]\s")
_SLASHED = re.compile(r"\w[\w.]*(?: \w[\w.]*){0,3} ?/ ?\w[\w.'’\-]*(?: \w[\w.'’\-]*){0,3}")
_AFTER_SENTENCE = re.compile(r"[.!?][\"”’)]{0,2} (?P<credit>[^.!?]{2,60})$")
_SPEAKER = re.compile(r"(?P<name>[^:]{2,60}): \S")
_DATELINE = re.compile(r"[^.!?:]{2,60}?(?:\([^()]{2,40}\))?\s?[-–—]+$")
_PIECE = re.compile(r"\s*[|·•/,›]+\s*|\s{2,}|\s[-–—]\s")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ANSWER = re.compile(
    r"(?:reply to|in reply to|in response to|replying to|replied to|antwort an|antwort auf"
    r"|als antwort auf|en réponse à|répondre à|en respuesta a|responder a|in risposta a"
    r"|rispondi a|em resposta a|odpowiedz|trả lời|ответ на|в ответ на|回复|ตอบกลับ|ឆ្លើយតប"
    r"|reakce na|odpověď na|odpoveď na|reakcia na|svar till|svar på|svar til|som svar på|vastaus"
    r"|in antwoord op|als reactie op|antwoord op|reactie op|w odpowiedzi|réponse à|respuesta a"
    r"|resposta a|risposta a|у відповідь на|відповідь на|в отговор на|отговор на|odgovor na"
    r"|odgovor za|atsakymas|atbilde|vastus|válasz|răspuns la|ca răspuns la|σε απάντηση|απάντηση σε"
    r"|balasan untuk|membalas|yanıt olarak|để trả lời|ردا على|رد على|در پاسخ به|پاسخ به|בתגובה ל"
    r"|के जवाब में|引用|답글)(?::? |$)",
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


class Opener(Enum):
    """The kind of section that begins at a line."""

    COMMENTS = auto()
    FORM = auto()
    SECTION = auto()
    """A list of other articles."""
    PAGER = auto()
    """A link to a neighbouring article, whose title follows."""
    LAST_PAGER = auto()
    """A link to a neighbouring article that no title follows."""


def opener(text: str) -> Opener | None:
    """Return the kind of section that a line opens, or None."""
    if len(text) > MAX_PHRASE:
        return None
    phrase = key(text)
    if phrase in COMMENT_FORMS:
        return Opener.FORM
    if phrase in COMMENT_HEADERS or _counts_comments(folded(text)):
        return Opener.COMMENTS
    if phrase in PAGERS:
        return Opener.LAST_PAGER if phrase in SINGLE_PAGERS else Opener.PAGER
    if phrase in SECTIONS or (
        phrase.startswith(SECTION_STARTS) and len(phrase.split()) <= SECTION_WORDS
    ):
        return Opener.SECTION
    return None


def furniture_part(text: str) -> Part | None:
    """Return the part of furniture that a block is, or None when its form does not tell."""
    if is_ornament(text):
        return Part.ORNAMENT
    if is_caption(text):
        return Part.CAPTION
    if len(text) > MAX_PHRASE:
        return None
    for part, holds in (
        (Part.DATE, is_date),
        (Part.SHARE, is_share),
        (Part.COPYRIGHT, _mentions_copyright),
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


def is_sentence(text: str) -> bool:
    """Tell whether `text` ends as a sentence does, source in brackets or not, and has two words."""
    tail = text[-TAIL:]
    if tail.endswith((")", "]")) and not _ENDING.search(tail):
        tail = tail[: max(tail.rfind("("), tail.rfind("["), 0)].rstrip()
    return bool(_ENDING.search(tail)) and word_count(text) > 1


def is_prose(text: str) -> bool:
    """Tell whether `text` is surely running text: a whole sentence, or a very long block."""
    words = word_count(text)
    return words >= LONG_WORDS or (words >= PROSE_WORDS and is_sentence(text))


def may_be_headline(text: str) -> bool:
    """Tell whether `text` is one line of some words that does not end in a full stop."""
    least, most = HEADLINE_WORDS
    return (
        len(text) <= MAX_HEADLINE
        and least <= word_count(text) <= most
        and not text.endswith((".", "។", "。", "|", ",", ";"))
    )


def is_bullet(text: str) -> bool:
    """Tell whether `text` is an item of a list."""
    return bool(_BULLET.match(text))


def is_ornament(text: str) -> bool:
    """Tell whether `text` has no letter, and no number but a count."""
    return not any(character.isalpha() for character in text) and (
        not any(character.isdigit() for character in text) or len(text) <= UNSPACED_WORD
    )


def is_logo(text: str) -> bool:
    """Tell whether `text` repeats one word or phrase."""
    words = text.casefold().split() if len(text) <= MAX_HEADLINE else []
    for size in range(1, len(words) // 2 + 1):
        if len(words) % size == 0 and words == words[:size] * (len(words) // size):
            return True
    return False


def is_caption(text: str) -> bool:
    """Tell whether `text` names a photographer or mentions a picture."""
    return word_count(text[:MAX_CAPTION]) <= CAPTION_WORDS and (
        _mentions_picture(text)
        or (len(text) <= TAIL and key(text) in CREDITS)
        or any(_mentions_picture(credit) or _SLASHED.fullmatch(credit) for credit in _credits(text))
    )


def may_be_caption(text: str) -> bool:
    """Tell whether `text` ends in a bare name or agency, as captions do, but reports as well."""
    if word_count(text[:MAX_CAPTION]) > CAPTION_WORDS:
        return False
    # An abbreviation in brackets at the end of a sentence ("... the agency (AP).") is no credit.
    bracketed = text.endswith((")", "]"))
    return any(
        key(credit) in CREDITS or (not bracketed and is_name(credit))
        for credit in _credits(text)
        if bracketed or not text.endswith(".")
    )


def is_note(text: str) -> bool:
    """Tell whether `text` is a note of the page's owner ("Editor's note: ...")."""
    return folded(text[:TAIL]).lstrip("*- ").startswith(NOTE_STARTS)


def speaker(text: str) -> str | None:
    """Return the name before a colon and a whole sentence ("Our Village: And who paid?")."""
    match = _SPEAKER.match(text)
    if match is None or not is_sentence(text):
        return None
    # The name of a blog may hold any word ("Our Village"), but each with a capital letter.
    words = match["name"].split()
    capitalised = len(words) <= MAX_NAME_WORDS and not any(word[0].islower() for word in words)
    return match["name"] if capitalised else None


def is_dateline(text: str) -> bool:
    """Tell whether `text` is a place and a dash ("PHNOM PENH —")."""
    return len(text) <= MAX_NAME and bool(_DATELINE.fullmatch(text)) and not is_date(text)


def is_byline(text: str) -> bool:
    """Tell whether a line names an article's author ("By Chan Dara", "Dara / The Paper Share:")."""
    return (
        word_count(text) <= BYLINE_WORDS
        and not text.endswith((".", "!", "?", "”", '"'))
        and (bool(_BYLINE.match(text)) or (" / " in text and bool(_SHARE_TAIL.search(text))))
    )


def is_share(text: str) -> bool:
    """Tell whether a line is buttons that share or print ("Share", "Facebook Twitter")."""
    if len(text) > MAX_PHRASE:
        return False
    pieces = [key(piece) for piece in _PIECE.split(text) if key(piece)]
    if pieces and all(piece in SHARES for piece in pieces):
        return True
    words = [key(word) for word in text.split()]
    return len(words) > 1 and all(word in SHARES or word == "#" or not word for word in words)


def is_buttons(text: str) -> bool:
    """Tell whether a line is a comment's buttons, counts and age ("Like · Reply · 3h")."""
    if len(text) > MAX_PHRASE:
        return False
    if " " not in text:
        # Dumps glue buttons together ("ReplyLikeShare").
        text = _INNER_CAPITAL.sub(" ", text)
    pieces = [piece for piece in _PIECE.split(text) if key(piece)]
    if _are_buttons(pieces) or _are_buttons([word for word in text.split() if key(word)]):
        return True
    match = _ANSWER.match(text)
    return match is not None and is_name(text[match.end() :])


def is_answer_line(text: str) -> bool:
    """Tell whether a short line says which comment another one answers ("In reply to Dara")."""
    return len(text) <= MAX_PHRASE and _ANSWER.match(text) is not None


def is_copyright(text: str) -> bool:
    """Tell whether a short line is a copyright notice, with its year or its rights."""
    return (
        len(text) <= MAX_PHRASE
        and bool(_COPYRIGHT.match(text))
        and bool(_YEAR_OR_RIGHTS.search(text))
    )


def is_footer(text: str) -> bool:
    """Tell whether a short line is small print below comments, which no reader writes."""
    return len(text) <= MAX_PHRASE and (
        is_copyright(text) or key(text) in NAVIGATION or folded(text).startswith(FORM_STARTS)
    )


def _counts_comments(text: str) -> bool:
    """Tell whether a line counts comments: "3 comments", "Comments (3)", "One response to ..."."""
    words = [key(word) or word for word in text.split()]
    if len(words) == 2 and words[0] in COMMENT_NOUNS:  # noqa: PLR2004  # "Comments (3)"
        return words[1] == "#"
    noun = next((i for i, word in enumerate(words[:COUNT_WORDS]) if word in COMMENT_NOUNS), 0)
    counted = noun > 0 and all(word in COMMENT_COUNTS for word in words[:noun])
    return counted and (noun + 1 == len(words) or words[noun + 1] in COMMENT_LINKS)


def _mentions_picture(text: str) -> bool:
    """Tell whether a text begins as captions and credits do."""
    return folded(text[:TAIL]).lstrip("( ").startswith(CAPTION_STARTS)


def _credits(text: str) -> list[str]:
    """Return the text that may be a credit: in the last bracket, or after the last sentence."""
    tail = text[-TAIL:].rstrip(". ")
    if tail.endswith((")", "]")):
        opened = max(tail.rfind("("), tail.rfind("["))
        return [tail[opened + 1 : -1].strip()] if opened >= 0 else []
    match = _AFTER_SENTENCE.search(text[-TAIL:])
    return [match["credit"].strip()] if match else []


def _are_buttons(pieces: Sequence[str]) -> bool:
    """Tell whether pieces of a line are buttons, counts and ages, with one button at least."""
    keys = [key(piece) for piece in pieces]
    return any(phrase in BUTTONS for phrase in keys) and all(
        phrase in BUTTONS
        or phrase in SHARES
        or phrase == "#"
        or is_ornament(piece)
        or is_date(piece)
        for phrase, piece in zip(keys, pieces, strict=True)
    )


def _mentions_copyright(text: str) -> bool:
    """Tell whether a line begins with a copyright mark, or a short one holds it."""
    return bool(_COPYRIGHT.match(text)) or (
        bool(_COPYRIGHT.search(text)) and word_count(text) <= CALL_WORDS
    )


def _is_call(text: str) -> bool:
    """Tell whether a line is the label of an advertisement, or a call to subscribe."""
    return key(text) in ADVERTISEMENTS or (
        word_count(text) <= CALL_WORDS
        and folded(text).startswith(ADVERTISEMENT_STARTS + FORM_STARTS)
    )


def _is_navigation(text: str) -> bool:
    """Tell whether a line is a menu or a link."""
    keys = [key(piece) for piece in _PIECE.split(text) if key(piece)]
    known = sum(phrase in NAVIGATION or phrase in BUTTONS or phrase in SECTIONS for phrase in keys)
    is_menu = len(keys) >= MENU_PIECES and all(len(phrase.split()) <= MENU_WORDS for phrase in keys)
    if known and (known == len(keys) or is_menu):
        return True
    starts = folded(text).startswith(NAVIGATION_STARTS) and word_count(text) <= CALL_WORDS
    return starts or bool(_LINK.fullmatch(text))


def _is_address(text: str) -> bool:
    """Tell whether a line is a postal address, a telephone number or an e-mail address."""
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
        and text.count(",") + streets >= MIN_ADDRESS_MARKS
        and not text.endswith(".")
    )
