"""Public corpora: a registry, a way to fetch them, and adapters into the taxonomy."""

from moderation.corpora.corpus import Corpus, CorpusError, CorpusFile, CorpusSpan, CorpusText
from moderation.corpora.download import corpora_folder, fetch
from moderation.corpora.registry import (
    CORPORA,
    CorpusState,
    available,
    corpora_in,
    read_corpora,
)

__all__ = [
    "CORPORA",
    "Corpus",
    "CorpusError",
    "CorpusFile",
    "CorpusSpan",
    "CorpusState",
    "CorpusText",
    "available",
    "corpora_folder",
    "corpora_in",
    "fetch",
    "read_corpora",
]
