"""Which language a text is in, said only where that is certain."""

import unicodedata
from functools import cache
from threading import Lock

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from moderation.text.normalise import normalise

SURE = 0.95
"""Below this probability a text in Latin letters counts as being in no certain language."""

SURE_BY_SCRIPT = 0.5
"""The same for a text in other letters: it is not English, only which language is in question."""

ENOUGH = 300
"""Characters that are looked at; more make a certain text no more certain."""

ENGLISH = "en"

_loading = Lock()

# The detector takes short and blunt English for this English-based creole. A text without
# language, such as an address on the web, it calls "zxx".
_NEAR = {"pcm": ENGLISH, "zxx": None}

# From this share of letters on, a text is told by what it has in Latin letters.
_LATIN_SHARE = 0.25


def detect_language(text: str) -> str | None:
    """Return the language of a text, where that is certain.

    Short texts, names, slang, and Khmer, Lao or Thai in Latin letters are not certain. A text that
    quotes another script is told by its Latin letters, and one that disguises English with
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
    head, latin = _latin_part(text[:ENOUGH])
    found = _classify(head, SURE if latin else SURE_BY_SCRIPT)
    if found in {None, ENGLISH}:
        return found
    # Undoing disguises also takes accents off, which tells other languages worse, English not.
    plain = normalise(head).text
    return ENGLISH if _classify(plain, SURE_BY_SCRIPT) == ENGLISH else found


def has_letters(text: str) -> bool:
    """Whether a text has a letter of any script."""
    return any(map(str.isalpha, text))


def load_detector() -> None:
    """Load the detector's model: a second's work, which the first text would wait for."""
    with _loading:
        _detector()


def detector_loaded() -> bool:
    """Whether the detector's model has been loaded."""
    return _detector.cache_info().currsize > 0


def _classify(text: str, least: float) -> str | None:
    language, probability = _detector().classify(text)
    return _NEAR.get(language, language) if probability >= least else None


@cache
def _detector() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _latin_part(text: str) -> tuple[str, bool]:
    """Return what a text is told by, and whether that is in Latin letters."""
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
