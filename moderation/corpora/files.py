"""The files of a corpus: the digest by which each is known, and what is in an archive."""

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from moderation.corpora.corpus import CorpusFile

UNREADABLE = "none, for it is not a whole archive"


def digest(path: Path, file: CorpusFile) -> str:
    """Return the SHA-256 of what is used of a file, in hexadecimal.

    Of a plain file that is all of it. Of an archive it is the list of its members as ``sha256sum``
    prints it, sorted by name: archives of the same files differ by who packed them, and GitHub does
    not promise the same bytes twice.

    Returns
    -------
    str
        The digest; `UNREADABLE` for what should be an archive and is none.
    """
    if not file.members:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    try:
        lines = sorted(
            (name, hashlib.sha256(content).hexdigest())
            for name, content in read_members(path, file.members)
        )
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error):
        return UNREADABLE
    listing = "".join(f"{sha256}  {name}\n" for name, sha256 in lines)
    return hashlib.sha256(listing.encode("utf-8")).hexdigest()


def read_members(archive: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the plain files directly in a folder of a gzipped tar archive.

    The folder may lie at any depth: GitHub's archives put everything into one more folder.
    Nothing is unpacked to disk.

    Raises
    ------
    FileNotFoundError, tarfile.TarError, EOFError, zlib.error, OSError
        If there is no such archive, or it is damaged.
    """
    with tarfile.open(archive, "r:gz") as members:
        for member in members:
            path = PurePosixPath(member.name)
            content = members.extractfile(member) if path.parent.name == folder else None
            if content is not None:
                yield path.name, content.read()
