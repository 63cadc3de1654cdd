"""What a page may cost, and what counts as the same run."""

from typing import NamedTuple

from moderation.settings import Settings


class Limits(NamedTuple):
    """Limits of a page and of a passage.

    Parameters
    ----------
    page_bytes : int
    page_seconds : float
        Longest time that reading and splitting a page may take.
    page_memory : int
        Most memory that it may take, in bytes.
    passage_characters : int
        Longest passage that is judged.
    languages : tuple of str
        Languages in which passages are judged.
    """

    page_bytes: int
    page_seconds: float
    page_memory: int
    passage_characters: int
    languages: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Take the limits from the settings."""
        return cls(
            page_bytes=settings.max_page_bytes,
            page_seconds=settings.page_seconds,
            page_memory=settings.page_memory_mb << 20,
            passage_characters=settings.max_text_chars,
            languages=tuple(sorted(settings.languages)),
        )
