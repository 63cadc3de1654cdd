"""Public corpora: a registry, a way to fetch them, and adapters into the taxonomy."""

from moderation.corpora.corpus import Corpus, CorpusFile
from moderation.corpora.errors import CorpusError
from moderation.corpora.fetch import fetch
from moderation.corpora.folder import corpora_folder
from moderation.corpora.read import CorpusState, available, read_corpora
from moderation.corpora.record import CorpusSpan, CorpusText
from moderation.corpora.registry import CORPORA

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
    "fetch",
    "read_corpora",
]
