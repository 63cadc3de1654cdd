"""Why a passage has no verdict."""

from enum import StrEnum


class Unjudged(StrEnum):
    """Why a passage has no verdict."""

    FURNITURE = "furniture"
    LANGUAGE = "language"
    """It is in a language that the model does not know."""
    LENGTH = "length"
    """It is over the setting `max_text_chars`."""
