"""Which languages a request is in, and whether they can be judged."""

from collections.abc import Sequence
from typing import NamedTuple

from moderation.service.perspective.errors import PerspectiveError, language_not_supported
from moderation.text.language import detect_language, has_letters


class Languages(NamedTuple):
    """What was said and what was found of a comment's language."""

    requested: list[str]
    detected: list[str]
    """Where nothing is certain, the language that the text is judged in."""

    @property
    def used(self) -> list[str]:
        """The languages that the text counts as being in."""
        return self.requested or self.detected

    def unsupported(self, supported: Sequence[str]) -> list[str]:
        """Return those of them that are not supported; region and script do not matter."""
        return [tag for tag in self.used if _primary(tag) not in supported]

    def refusal(self, attribute: str, supported: Sequence[str]) -> PerspectiveError:
        """Return the error that says so of an attribute."""
        return language_not_supported(
            attribute, self.unsupported(supported), detected=not self.requested
        )


def find_languages(text: str, requested: Sequence[str], supported: Sequence[str]) -> Languages:
    """Return the languages of a comment.

    Raises
    ------
    PerspectiveError
        If none is requested, and the text has no letters by which to detect one.
    """
    said = [tag for tag in requested if _primary(tag) != "und"]
    if not said and not has_letters(text):
        raise PerspectiveError("LANGUAGE_DETECTION_FAILED", "Unable to detect language")
    return Languages(said, [detect_language(text) or supported[0]])


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-", 1)[0].lower()
