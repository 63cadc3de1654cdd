"""What a block of text looks like, told from its form, never from its topic."""

import re

from moderation.pages.signs.dates import is_date
from moderation.pages.signs.names import MAX_NAME, MAX_NAME_WORDS, is_name
from moderation.pages.signs.phrases import CAPTION_STARTS, CREDITS, NOTE_STARTS, folded, key
from moderation.text.words import UNSPACED_WORD, word_count

PROSE_WORDS = 8
LONG_WORDS = 25
HEADLINE_WORDS = (3, 28)
MAX_HEADLINE = 220
MAX_CAPTION = 600
CAPTION_WORDS = 60
TAIL = 160

_TERMINAL = ".!?…។៕。！？؟۔।"
_CLOSING = "\"'”’)]»›*"
_ENDING = re.compile(rf"[{re.escape(_TERMINAL)}][{re.escape(_CLOSING)}]*$")
_BULLET = re.compile(r"[•·▪‣◦*\-–—»›>]\s|\d{1,2}[.)]\s")
_SLASHED = re.compile(r"\w[\w.]*(?: \w[\w.]*){0,3} ?/ ?\w[\w.'’\-]*(?: \w[\w.'’\-]*){0,3}")
_AFTER_SENTENCE = re.compile(r"[.!?][\"”’)]{0,2} (?P<credit>[^.!?]{2,60})$")
_SPEAKER = re.compile(r"(?P<name>[^:]{2,60}): \S")
_DATELINE = re.compile(r"[^.!?:]{2,60}?(?:\([^()]{2,40}\))?\s?[-–—]+$")


def is_sentence(text: str) -> bool:
    """Whether `text` ends as a sentence does, source in brackets or not, and has two words."""
    tail = text[-TAIL:]
    if tail.endswith((")", "]")) and not _ENDING.search(tail):
        tail = tail[: max(tail.rfind("("), tail.rfind("["), 0)].rstrip()
    return bool(_ENDING.search(tail)) and word_count(text) > 1


def is_prose(text: str) -> bool:
    """Whether `text` is surely running text: a whole sentence, or too long for anything else."""
    words = word_count(text)
    return words >= LONG_WORDS or (words >= PROSE_WORDS and is_sentence(text))


def is_titled(text: str) -> bool:
    """Whether `text` may be a headline: one line of some words that does not end in a full stop."""
    least, most = HEADLINE_WORDS
    return (
        len(text) <= MAX_HEADLINE
        and least <= word_count(text) <= most
        and not text.endswith((".", "។", "。", "|", ",", ";"))
    )


def is_bullet(text: str) -> bool:
    """Whether `text` is an item of a list."""
    return bool(_BULLET.match(text))


def is_ornament(text: str) -> bool:
    """Whether `text` has no letter, and no number but a count."""
    return not any(character.isalpha() for character in text) and (
        not any(character.isdigit() for character in text) or len(text) <= UNSPACED_WORD
    )


def is_logo(text: str) -> bool:
    """Whether `text` says one word or phrase again and again."""
    words = text.casefold().split() if len(text) <= MAX_HEADLINE else []
    for size in range(1, len(words) // 2 + 1):
        if len(words) % size == 0 and words == words[:size] * (len(words) // size):
            return True
    return False


def is_caption(text: str) -> bool:
    """Whether `text` names a photographer or says that it is about a picture."""
    return word_count(text[:MAX_CAPTION]) <= CAPTION_WORDS and (
        _speaks_of_picture(text)
        or (len(text) <= TAIL and key(text) in CREDITS)
        or any(
            _speaks_of_picture(credit) or _SLASHED.fullmatch(credit) for credit in _credits(text)
        )
    )


def may_be_caption(text: str) -> bool:
    """Whether `text` ends in a bare name or agency, as captions do, but reports as well."""
    if word_count(text[:MAX_CAPTION]) > CAPTION_WORDS:
        return False
    # An abbreviation in brackets at the end of a sentence ("... the agency (AP).") is no credit.
    bracketed = text.endswith((")", "]"))
    return any(
        key(credit) in CREDITS or (not bracketed and is_name(credit))
        for credit in _credits(text)
        if bracketed or not text.endswith(".")
    )


def _speaks_of_picture(text: str) -> bool:
    return folded(text[:TAIL]).lstrip("( ").startswith(CAPTION_STARTS)


def _credits(text: str) -> list[str]:
    """Return what may be a credit: the last bracket, or what follows the last sentence."""
    tail = text[-TAIL:].rstrip(". ")
    if tail.endswith((")", "]")):
        opened = max(tail.rfind("("), tail.rfind("["))
        return [tail[opened + 1 : -1].strip()] if opened >= 0 else []
    match = _AFTER_SENTENCE.search(text[-TAIL:])
    return [match["credit"].strip()] if match else []


def is_note(text: str) -> bool:
    """Whether `text` says that the page's owner speaks ("Editor's note: ...")."""
    return folded(text[:TAIL]).lstrip("*- ").startswith(NOTE_STARTS)


def speaker(text: str) -> str | None:
    """Return the name before a colon and a whole sentence ("Our Village: And who paid?")."""
    match = _SPEAKER.match(text)
    if match is None or not is_sentence(text):
        return None
    # The name of a blog may hold any word ("Our Village"), but each with a capital letter.
    words = match["name"].split()
    named = len(words) <= MAX_NAME_WORDS and not any(word[0].islower() for word in words)
    return match["name"] if named else None


def is_dateline(text: str) -> bool:
    """Whether `text` is a place and a dash ("PHNOM PENH —")."""
    return len(text) <= MAX_NAME and bool(_DATELINE.fullmatch(text)) and not is_date(text)
