"""The language of a text, given only where it is certain."""

import unicodedata
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from moderation.text.normalise import normalise

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MIN_PROBABILITY = 0.95
"""Below this probability a text in Latin letters counts as being in no certain language."""

MIN_PROBABILITY_OF_SENTENCES = 0.8
"""The same for texts of some words, in languages that comments in no certain one are not taken for.
It was chosen on 75,000 English texts, of which 24 are taken for another language and nearly all
are in it; 96 of 100 German comments are told, 85 French and 69 Portuguese. With 0.95 alone it was
91, 73 and 45."""

MIN_WORDS_OF_SENTENCES = 4

MIN_PROBABILITY_BY_SCRIPT = 0.5
"""The same for a text in other letters, which is certainly not English."""

MAX_CHARACTERS = 300
"""Characters that are read; more of them make the language no more certain."""

ENGLISH = "en"

MIN_ENGLISH_WORDS = 2
MIN_ENGLISH_SHARE = 0.35
"""A text is English without asking the detector, which takes many times as long, where it has so
many words that only English uses, and such a share of its words are common in English."""

_loading = Lock()

# The detector takes short and blunt English for this English-based creole. A text without
# language, such as an address on the web, it calls "zxx".
_REPLACED = {"pcm": ENGLISH, "zxx": None}

# Varieties with which the detector shares out what it gives to one language.
_VARIETIES = {
    **dict.fromkeys(("an", "ast", "ext"), "es"),
    **dict.fromkeys(("bar", "gsw", "lb"), "de"),
    **dict.fromkeys(("frp", "oc", "wa"), "fr"),
    **dict.fromkeys(("lij", "lmo", "nap", "pms", "scn", "vec"), "it"),
    **dict.fromkeys(("gl",), "pt"),
}
_OF_SENTENCES = frozenset(_VARIETIES.values()) | {"nl"}
# Malay and Indonesian are told apart by few words; a text is often in either as likely as not.
_GROUPS = _VARIETIES | {"ms": "id"}

_ONLY_ENGLISH = """
    about after again and anyone anything aren't because been before being between but can't
    could couldn't did didn't does doesn't doing don't during each even every everyone few from
    get getting gives goes going good hasn't haven't he's here him his how i'd i'll i'm i've if
    into isn't it's its just keep know knows let's look makes many means more much need never
    new nobody not nothing now only other our out own people put right said says she should
    shouldn't since someone something than that that's the their them then there there's these
    they they're they've thing things think this those though three through too two until used
    very want wants wasn't way we're went were weren't what what's when where which while who
    who's whole whose why with without won't work would wouldn't year years yes you you're
    you've your
    """
# Common words of which another language in Latin letters uses each much, too: Danish "have", German
# "was", Dutch "of", Romanian "are", Finnish "he".
_ALSO_ENGLISH = """
    a all an any are as at be by do for go got had has have he her i in is it like make me most must
    my no of off on one or over same say see so some still such take time to under up us was we will
    """
_ONLY_ENGLISH_WORDS = frozenset(_ONLY_ENGLISH.split())
_ENGLISH_WORDS = frozenset(_ALSO_ENGLISH.split()) | _ONLY_ENGLISH_WORDS

# From this share of its letters on, the Latin ones decide a text's language.
_LATIN_SHARE = 0.25


def detect_language(text: str) -> str | None:
    """Return the language of a text, where that is certain.

    Short texts, names, slang, and Khmer, Lao or Thai in Latin letters are not certain. A text that
    quotes another script is judged by its Latin letters, and one that disguises English with
    look-alike letters is English.

    Parameters
    ----------
    text : str

    Returns
    -------
    str or None
        ISO 639 code: of two letters where there is one. None where the language is not certain.

    Examples
    --------
    >>> detect_language("Le conseil devrait publier ses comptes avant lundi.")
    'fr'
    >>> detect_language("bong srolanh oun") is None
    True
    """
    head = text[:MAX_CHARACTERS]
    if _is_plainly_english(head):
        return ENGLISH
    head, latin = _latin_part(head)
    language = _classify_latin(head) if latin else _classify(head, MIN_PROBABILITY_BY_SCRIPT)
    if language in {None, ENGLISH}:
        return language
    # Undoing disguises also removes accents, which other languages are known by, and English not.
    plain = normalise(head).text
    return ENGLISH if _classify(plain, MIN_PROBABILITY_BY_SCRIPT) == ENGLISH else language


def load_detector() -> None:
    """Load the detector's model, which takes a second, so that no text has to wait for it."""
    with _loading:
        _detector()


def detector_loaded() -> bool:
    """Tell whether the detector's model has been loaded."""
    return _detector.cache_info().currsize > 0


def _is_plainly_english(head: str) -> bool:
    """Tell whether a text's words alone show that it is English.

    One that also has letters of another alphabet, or with accents, is left to the detector.
    """
    if not head.isascii() and any(letter > "\x7f" and letter.isalpha() for letter in head):
        return False
    words = head.lower().replace("\u2019", "'").split()
    if sum(map(_ONLY_ENGLISH_WORDS.__contains__, words)) < MIN_ENGLISH_WORDS:
        return False
    return sum(map(_ENGLISH_WORDS.__contains__, words)) >= MIN_ENGLISH_SHARE * len(words)


def _classify_latin(text: str) -> str | None:
    ranked = _detector().rank(text)
    first, probability = ranked[0]
    language = _VARIETIES.get(first, first)
    if probability < MIN_PROBABILITY:
        probability = sum(one for name, one in ranked if _group(name) == _group(first))
        sentence = language in _OF_SENTENCES and len(text.split()) >= MIN_WORDS_OF_SENTENCES
        if probability < (MIN_PROBABILITY_OF_SENTENCES if sentence else MIN_PROBABILITY):
            return None
    return _REPLACED.get(language, language)


def _group(language: str) -> str:
    return _GROUPS.get(language, language)


def _classify(text: str, min_probability: float) -> str | None:
    language, probability = _detector().classify(text)
    return _REPLACED.get(language, language) if probability >= min_probability else None


@cache
def _detector() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  # slow to import

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _latin_part(text: str) -> tuple[str, bool]:
    """Return the part of a text that decides its language; True if that is in Latin letters."""
    if text.isascii():
        return text, True
    latin, other = 0, 0
    kept: list[str] = []
    for character in text:
        if not character.isalpha():
            # The vowel signs of Thai, Khmer and Lao are marks, not letters.
            kept.append(" " if unicodedata.category(character) in {"Mn", "Mc"} else character)
        elif _is_latin(character):
            latin += 1
            kept.append(character)
        else:
            other += 1
            kept.append(" ")
    if latin < _LATIN_SHARE * (latin + other):
        return text, False
    return ("".join(kept) if other else text), True


@cache
def _is_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN")
