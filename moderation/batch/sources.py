"""The files that a batch run reads: local or remote, compressed or not, alone or in a ZIP."""

import bz2
import errno
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, cast

from fastwarc.stream_io import ZstdReader

from moderation.batch.formats import COMPRESSIONS, FileKind, kind_of
from moderation.errors import InvalidInput

_DAMAGES = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the input.

    Parameters
    ----------
    location : Path or str
        A path on this machine, or a URL.
    length : int or None
        Its bytes, where they are known without asking the file system.
    form : FileKind
        Its kind, where its content told it.
    packed : str
        The suffix of its compression, such as ``.gz``, where its name has none.
    label : str or None
        Its name in the outputs, where it is not the location.
    member : str or None
        The name of the file inside it that is meant, of a ZIP archive.
    """

    location: Path | str
    length: int | None = None
    form: FileKind = FileKind.OTHER
    packed: str = ""
    label: str | None = None
    member: str | None = None

    @property
    def name(self) -> str:
        """The file's name in the outputs."""
        if self.member is not None:
            return display_url(f"{replace(self, member=None).name}!/{self.member}")
        if self.label is not None:
            return self.label
        if isinstance(self.location, Path):
            return display_path(self.location)
        return display_url(self.location)

    @property
    def identity(self) -> str:
        """A text that is the same for all names of one file."""
        return self.location if isinstance(self.location, str) else os.path.realpath(self.location)

    @property
    def kind(self) -> FileKind:
        """The kind of the file, by its content where that was looked at, else by its name."""
        return kind_of(self.name) if self.form is FileKind.OTHER else self.form

    def size(self) -> int:
        """Return its number of bytes; 0 where that is not known."""
        if self.length is not None:
            return self.length
        try:
            return Path(self.location).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the file for the block.

        Raises
        ------
        OSError
        """
        with self._open() as file:
            if self.member is None:
                yield file
            else:
                with zipfile.ZipFile(file) as archive, archive.open(self.member) as member:
                    yield member

    def members(self) -> Iterator["Source"]:
        """Yield the files in a ZIP archive, by name.

        Raises
        ------
        OSError, BadZipFile
        """
        with self._open() as file, zipfile.ZipFile(file) as archive:
            found = sorted((info.filename, info.file_size) for info in archive.infolist())
        for name, size in found:
            yield replace(self, member=name, length=size, form=FileKind.OTHER)

    def _open(self) -> IO[bytes]:
        if isinstance(self.location, Path):
            if self.location.exists() and not self.location.is_file():
                # A pipe or a device may never end.
                raise OSError(errno.EINVAL, "Not a regular file")
            return self.location.open("rb")
        return cast("IO[bytes]", load_fsspec().open(self.location, "rb").open())

    @contextmanager
    def open_decompressed(self) -> Iterator[IO[bytes]]:
        """Open the file for the block, and decompress it."""
        with self.open() as stored, decompressed(stored, self.packed_name) as file:
            yield file

    @property
    def packed_name(self) -> str:
        """A name with the suffix of the file's compression, if it has one."""
        return f"file{self.packed}" if self.packed else self.member or str(self.location)


def decompressed(stream: IO[bytes], name: str) -> IO[bytes]:
    """Return a file that decompresses `stream`, by the suffix of its name."""
    match COMPRESSIONS.get(Path(name.lower()).suffix):
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
        case "bz2":
            return cast("IO[bytes]", bz2.BZ2File(stream))
        case "xz":
            return cast("IO[bytes]", lzma.LZMAFile(stream))
        case "zstd":
            return cast("IO[bytes]", io.BufferedReader(_Zstd(stream)))
    return stream


class _Zstd(io.RawIOBase):
    """An ordinary binary file around a reader that only has `read`."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._reader = ZstdReader(stream)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with panics_as_errors():
            data = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Raise OSError where compiled code panics.

    A panic is not an `Exception`, and one damaged file would end the run.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise OSError(0, "The reader failed") from None


def is_damage(error: Exception) -> bool:
    """Tell whether an error comes from the content of a compressed file, not from its storage."""
    # Every error of the operating system has a number.
    unnumbered = type(error) is OSError and not error.errno
    return unnumbered or isinstance(error, _DAMAGES)


def display_path(path: Path) -> str:
    """Return a path as the outputs name it: with slashes, and as valid text whatever its bytes."""
    return display_url(path.as_posix())


def display_url(url: str) -> str:
    """Return a URL as valid text, whatever its bytes."""
    return os.fsencode(url).decode("utf-8", "backslashreplace")


def load_fsspec() -> Any:
    """Return the module that reads URLs.

    Raises
    ------
    InvalidInput
        If its extra is not installed.
    """
    try:
        import fsspec  # noqa: PLC0415  # an extra
    except ImportError:
        raise InvalidInput(
            "Reading URLs needs the package fsspec.",
            where="inputs",
            remedy="Install the extra `remote`: pip install 'moderation[remote]'.",
        ) from None
    return fsspec
