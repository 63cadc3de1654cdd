"""Files of any kind, here or elsewhere, compressed or not."""

import bz2
import errno
import glob
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from fastwarc.stream_io import ZstdReader

from moderation.batch.types import Failure, FailureReason
from moderation.errors import InvalidInput


class FileKind(Enum):
    """What a file's name says that it holds."""

    PAGE = auto()
    WARC = auto()
    LINES = auto()
    TABLE = auto()
    OTHER = auto()


_SUFFIXES = {
    **dict.fromkeys((".txt", ".html", ".htm", ".xhtml"), FileKind.PAGE),
    ".warc": FileKind.WARC,
    ".wet": FileKind.WARC,
    **dict.fromkeys((".jsonl", ".ndjson"), FileKind.LINES),
    **dict.fromkeys((".parquet", ".pq"), FileKind.TABLE),
}
_COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zstd": "zstd"}
_DAMAGES = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read.

    Parameters
    ----------
    place : Path or str
        A path on this machine, or a URL.
    length : int or None
        Its bytes, where it is known without asking.
    """

    place: Path | str
    length: int | None = None

    @property
    def name(self) -> str:
        """How the outputs name it."""
        return shown_url(self.place) if isinstance(self.place, str) else shown_path(self.place)

    @property
    def identity(self) -> str:
        """What two names of one file share."""
        return self.place if isinstance(self.place, str) else os.path.realpath(self.place)

    @property
    def kind(self) -> FileKind:
        """What its name says that it holds; a named file without a known suffix is a page."""
        kind = kind_of(self.name)
        return FileKind.PAGE if kind is FileKind.OTHER else kind

    def size(self) -> int:
        """Return its bytes; 0 where they cannot be told."""
        if self.length is not None:
            return self.length
        try:
            return Path(self.place).stat().st_size
        except OSError:
            return 0

    def open(self) -> IO[bytes]:
        """Open it for reading.

        Raises
        ------
        OSError
        """
        if isinstance(self.place, Path):
            if self.place.exists() and not self.place.is_file():
                # A pipe or a device may never end.
                raise OSError(errno.EINVAL, "Not a regular file")
            return self.place.open("rb")
        return cast("IO[bytes]", _fsspec().open(self.place, "rb").open())

    @contextmanager
    def plain(self) -> Iterator[IO[bytes]]:
        """Lend it, open and unpacked."""
        with self.open() as stored, unpacked(stored, self.name) as file:
            yield file


def kind_of(name: str) -> FileKind:
    """Return what a file's name says that it holds."""
    path = Path(name.lower())
    if path.suffix in _COMPRESSED:
        path = path.with_suffix("")
        if path.suffix in {".parquet", ".pq"}:
            return FileKind.OTHER
    return _SUFFIXES.get(path.suffix, FileKind.OTHER)


def unpacked(stream: IO[bytes], name: str) -> IO[bytes]:
    """Return what a compressed file holds, by the suffix of its name."""
    match _COMPRESSED.get(Path(name.lower()).suffix):
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
    """Makes an ordinary file of a reader that has `read` alone."""

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

    A panic is no `Exception`, and would end the run for one damaged file.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise OSError(0, "The reader failed") from None


def is_damage(error: Exception) -> bool:
    """Tell whether reading failed for what a compressed file holds, and not for where it is."""
    # Of the operating system's errors each has a number.
    unnumbered = type(error) is OSError and not error.errno
    return unnumbered or isinstance(error, _DAMAGES)


def shown_path(path: Path) -> str:
    """Return a path as the outputs name it: with slashes, and valid text whatever its bytes are."""
    return shown_url(path.as_posix())


def shown_url(url: str) -> str:
    """Return a URL as valid text, whatever bytes somebody typed."""
    return os.fsencode(url).decode("utf-8", "backslashreplace")


def remote_sources(url: str) -> Iterator[Source | Failure]:
    """Find the files that a URL names: itself, what is below it, or what it matches."""
    fsspec = _fsspec()
    try:
        system, path = fsspec.core.url_to_fs(url)
        if "*" in path or "?" in path or "[" in path:
            paths = sorted(p for p in system.glob(path) if not system.isdir(p))
        elif system.isdir(path):
            paths = sorted(p for p in system.find(path) if kind_of(p) is not FileKind.OTHER)
        else:
            paths = [path]
        for each in paths:
            yield Source(system.unstrip_protocol(each), system.info(each).get("size"))
    except FileNotFoundError:
        yield Failure(shown_url(url), FailureReason.MISSING, "There is no such file.")
    except ImportError as error:
        raise InvalidInput(
            f"Reading this URL needs a package that is not installed ({error.name}).",
            where=shown_url(url),
            remedy="Install the extra `remote`, and for s3:// the extra `s3`.",
        ) from None
    except ValueError:
        raise InvalidInput(
            "The URL's scheme is not known.",
            where=shown_url(url),
            remedy="Use file://, https:// or s3://.",
        ) from None
    except Exception as error:  # noqa: BLE001  # each file system has errors of its own
        message = f"It cannot be read ({type(error).__name__})."
        yield Failure(shown_url(url), FailureReason.UNREADABLE, message)
    else:
        if not paths:
            yield Failure(shown_url(url), FailureReason.MISSING, "No file is there.")


def _fsspec() -> Any:
    try:
        import fsspec  # noqa: PLC0415  # an extra
    except ImportError:
        raise InvalidInput(
            "Reading URLs needs the package fsspec.",
            where="inputs",
            remedy="Install the extra `remote`: pip install 'moderation[remote]'.",
        ) from None
    return fsspec


# FOLDED find: Which files a batch run reads.

NOT_A_PAGE = "readme.txt"


class Inputs(NamedTuple):
    """What a run was told to read.

    Parameters
    ----------
    given : sequence of str or Path
        Files, folders, globs and URLs. A path that exists is taken as it is, even when it holds
        ``*``, ``?`` or ``[``.
    out : Path or None
        The run's own output, which is no input even where it stands in a folder that is.
    """

    given: Sequence[str | Path]
    out: Path | None = None


def find_sources(inputs: Inputs) -> Iterator[Source | Failure]:
    """Find the files that inputs name, each once, in a stable order: inputs in theirs, then names.

    A file is read when it is named or matched by a glob, whatever its suffix. Of a folder, every
    file in it and in its folders is read whose suffix is that of a page, an archive or a table,
    except a ``README.txt``. An input that is missing, matches nothing, or is a folder without such
    a file is a failure.
    """
    seen: set[int] = set()
    for given in inputs.given:
        for found in _expand(given, inputs.out and inputs.out.resolve()):
            if isinstance(found, Source):
                # A hash instead of the path: there may be millions.
                mark = hash(found.identity)
                if mark in seen:
                    continue
                seen.add(mark)
            yield found


def _expand(given: str | Path, out: Path | None) -> Iterator[Source | Failure]:
    if "://" in str(given):
        yield from remote_sources(str(given))
        return
    path = Path(given)
    if _is_folder(path):
        yield from _folder(path, out)
    elif os.path.lexists(path):
        yield Source(path)
    elif not glob.has_magic(str(given)):
        yield Failure(shown_path(path), FailureReason.MISSING, "No such file or folder.")
    else:
        yield from _matched(str(given), out)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # a folder above it is closed, or its name is too long


def _matched(pattern: str, out: Path | None) -> Iterator[Source | Failure]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # may be absolute
    for match in map(Path, matches):
        if not _is_folder(match):
            yield Source(match)
        elif "**" not in pattern:
            # Of "**" every file below matches by itself.
            yield from _folder(match, out)
    if not matches:
        yield Failure(
            shown_path(Path(pattern)), FailureReason.MISSING, "The pattern matches no file."
        )


def _folder(folder: Path, out: Path | None) -> Iterator[Source | Failure]:
    failures: list[Failure] = []

    def unreadable(error: OSError) -> None:
        message = f"The folder cannot be read: {error.strerror}."
        failures.append(
            Failure(shown_path(Path(error.filename)), FailureReason.UNREADABLE, message)
        )

    found = False
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if Path(parent, name).resolve() != out)
        for name in sorted(names):
            if name.lower() != NOT_A_PAGE and kind_of(name) is not FileKind.OTHER:
                found = True
                yield Source(Path(parent, name))
    yield from failures
    if not found and not failures:
        yield Failure(
            shown_path(folder), FailureReason.MISSING, "The folder holds no page, archive or table."
        )
