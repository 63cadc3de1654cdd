"""What can be wrong with the public corpora."""

from moderation.errors import ModerationError


class CorpusError(ModerationError):
    """A corpus is unknown, missing, damaged or cannot be downloaded."""

    code = "corpus_error"
