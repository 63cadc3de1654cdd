"""The language of a text, given only where it is certain."""

import unicodedata
from functools import cache
from threading import Lock

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from moderation.text.normalise import normalise

MIN_PROBABILITY = 0.95
"""Below this probability a text in Latin letters counts as being in no certain language."""

MIN_PROBABILITY_BY_SCRIPT = 0.5
"""The same for a text in other letters, which is certainly not English."""

MAX_CHARACTERS = 300
"""Characters that are read; more of them make the language no more certain."""

ENGLISH = "en"

_loading = Lock()

# The detector takes short and blunt English for this English-based creole. A text without
# language, such as an address on the web, it calls "zxx".
_REPLACED = {"pcm": ENGLISH, "zxx": None}

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
    head, latin = _latin_part(text[:MAX_CHARACTERS])
    language = _classify(head, MIN_PROBABILITY if latin else MIN_PROBABILITY_BY_SCRIPT)
    if language in {None, ENGLISH}:
        return language
    # Undoing disguises also removes accents, which other languages are known by, and English not.
    plain = normalise(head).text
    return ENGLISH if _classify(plain, MIN_PROBABILITY_BY_SCRIPT) == ENGLISH else language


def has_letters(text: str) -> bool:
    """Tell whether a text has a letter of any script."""
    return any(map(str.isalpha, text))


def load_detector() -> None:
    """Load the detector's model, which takes a second, so that no text has to wait for it."""
    with _loading:
        _detector()


def detector_loaded() -> bool:
    """Tell whether the detector's model has been loaded."""
    return _detector.cache_info().currsize > 0


def _classify(text: str, min_probability: float) -> str | None:
    language, probability = _detector().classify(text)
    return _REPLACED.get(language, language) if probability >= min_probability else None


@cache
def _detector() -> LanguageIdentifier:
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
