"""What the registry says of a corpus and of its files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from moderation.corpora.record import CorpusText

RAW = "https://raw.githubusercontent.com"
"""Where GitHub serves one file of a repository: ``RAW/owner/repository/commit/path``."""


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One file of a corpus.

    Parameters
    ----------
    name : str
        Its name in the corpora's folder.
    url : str
        Where it is downloaded from.
    sha256 : str
        In hexadecimal; of an archive, of the list of its members (`moderation.corpora.files`).
    members : str
        Of an archive, the folder in it whose files are used; empty for a plain file.
    """

    name: str
    url: str
    sha256: str
    members: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public corpus.

    Parameters
    ----------
    name, title : str
        Its name in code and commands, and for a reader.
    files : tuple of CorpusFile
    licence : str
        SPDX identifier.
    citation : str
        Who made it, and where that is described.
    labels : str
        What it labels, in its own terms; its adapter documents what is made of that.
    adapter : callable
        Reads the files in a folder.
    """

    name: str
    title: str
    files: tuple[CorpusFile, ...]
    licence: str
    citation: str
    labels: str
    adapter: Callable[[Path], Iterator[CorpusText]]
