"""The members of an archive: a gzipped tar archive or a zip file."""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

DAMAGED = (tarfile.TarError, gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error)
"""The errors of a file that should be an archive and is none, or not a whole one."""


def read_members(archive: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the plain files directly in a folder of an archive.

    The folder may lie at any depth: GitHub's archives put everything into one more folder.
    Nothing is unpacked to disk.

    Raises
    ------
    FileNotFoundError, OSError
        If there is no such archive, or it cannot be read.
    tarfile.TarError, gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error
        If it is damaged (see `DAMAGED`).
    """
    members = _zip_members if zipfile.is_zipfile(archive) else _tar_members
    return members(archive, folder)


def _tar_members(archive: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive, "r:gz") as members:
        for member in members:
            path = PurePosixPath(member.name)
            content = members.extractfile(member) if path.parent.name == folder else None
            if content is not None:
                yield path.name, content.read()


def _zip_members(archive: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            path = PurePosixPath(member.filename)
            if path.parent.name == folder and not member.is_dir():
                yield path.name, members.read(member)
