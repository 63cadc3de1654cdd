"""The files that a batch run reads: local or remote, compressed or not, found from its inputs."""

import bz2
import codecs
import errno
import glob
import gzip
import io
import lzma
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from fastwarc.stream_io import ZstdReader

from moderation.batch.types import Failure, FailureReason
from moderation.errors import InvalidInput
from moderation.files import replacing, storing


class FileKind(Enum):
    """The kinds of file, told apart by their names."""

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
IGNORED_NAME = "readme.txt"
"""The name, in lower case, of a file that describes a folder of pages and is none of them."""
_COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zstd": "zstd"}
_STARTS = {b"WARC/": ".warc", b"PAR1": ".parquet", b"{": ".jsonl"}
_COMPRESSED_STARTS = {
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
}
_START = 1 << 16
_LONGEST_START = 64
_DAMAGES = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the input.

    Parameters
    ----------
    location : Path or str
        A path on this machine, or a URL.
    length : int or None
        Its bytes, where they are known without asking the file system.
    """

    location: Path | str
    length: int | None = None

    @property
    def name(self) -> str:
        """The file's name in the outputs."""
        if isinstance(self.location, Path):
            return display_path(self.location)
        return display_url(self.location)

    @property
    def identity(self) -> str:
        """A text that is the same for all names of one file."""
        return self.location if isinstance(self.location, str) else os.path.realpath(self.location)

    @property
    def kind(self) -> FileKind:
        """The kind of the file by its name; a named file without a known suffix is a page."""
        kind = kind_of(self.name)
        return FileKind.PAGE if kind is FileKind.OTHER else kind

    def size(self) -> int:
        """Return its number of bytes; 0 where that is not known."""
        if self.length is not None:
            return self.length
        try:
            return Path(self.location).stat().st_size
        except OSError:
            return 0

    def open(self) -> IO[bytes]:
        """Open the file for reading.

        Raises
        ------
        OSError
        """
        if isinstance(self.location, Path):
            if self.location.exists() and not self.location.is_file():
                # A pipe or a device may never end.
                raise OSError(errno.EINVAL, "Not a regular file")
            return self.location.open("rb")
        return cast("IO[bytes]", _fsspec().open(self.location, "rb").open())

    @contextmanager
    def open_decompressed(self) -> Iterator[IO[bytes]]:
        """Open the file for the block, and decompress it."""
        with self.open() as stored, decompressed(stored, self.name) as file:
            yield file


def kind_of(name: str) -> FileKind:
    """Return the kind of a file by its name."""
    path = Path(name.lower())
    if path.suffix in _COMPRESSED:
        path = path.with_suffix("")
        if path.suffix in {".parquet", ".pq"}:
            return FileKind.OTHER
    return _SUFFIXES.get(path.suffix, FileKind.OTHER)


def suffix_of(start: bytes) -> str:
    """Return the suffix for a file by its first 64 KiB: none for a page."""
    compressed = _suffix(start, _COMPRESSED_STARTS)
    if compressed:
        try:
            start = decompressed(io.BytesIO(start), f"start{compressed}").read(_LONGEST_START)
        except (OSError, *_DAMAGES):
            return compressed
    kind = _suffix(start.removeprefix(codecs.BOM_UTF8).lstrip(), _STARTS)
    return kind + compressed


def _suffix(start: bytes, by_start: Mapping[bytes, str]) -> str:
    return next((suffix for first, suffix in by_start.items() if start.startswith(first)), "")


def keep(stream: IO[bytes], folder: Path) -> Path:
    """Write a stream to a file of the folder, named after its kind, and return its path.

    A run reads its inputs in several processes, and again when it is resumed.

    Raises
    ------
    NotStored
    """
    start = stream.read(_START)
    path = folder / f"stdin{suffix_of(start)}"
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file, storing(path):
        file.write(start)
        shutil.copyfileobj(stream, file)
    return path


def decompressed(stream: IO[bytes], name: str) -> IO[bytes]:
    """Return a file that decompresses `stream`, by the suffix of its name."""
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


class Inputs(NamedTuple):
    """The inputs of a run.

    Parameters
    ----------
    given : sequence of str or Path
        Files, folders, globs and URLs. A path that exists is taken as it is, even when it holds
        ``*``, ``?`` or ``[``.
    out : Path or None
        The run's own output, which is never read, even inside a folder that is an input.
    """

    given: Sequence[str | Path]
    out: Path | None = None


def find_sources(inputs: Inputs) -> Iterator[Source | Failure]:
    """Find the files that inputs name, each once, in the order of the inputs, then of the names.

    A file is read when it is named or matched by a glob, whatever its suffix. Of a folder, every
    file in it and in its folders is read whose suffix is that of a page, an archive or a table,
    except a ``README.txt``. An input that is missing, matches nothing, or is a folder without such
    a file is a failure.
    """
    seen: set[int] = set()
    for given in inputs.given:
        for source in _expand(given, inputs.out and inputs.out.resolve()):
            if isinstance(source, Source):
                # A hash instead of the path: there may be millions.
                key = hash(source.identity)
                if key in seen:
                    continue
                seen.add(key)
            yield source


def _expand(given: str | Path, out: Path | None) -> Iterator[Source | Failure]:
    if "://" in str(given):
        yield from _remote(str(given))
        return
    path = Path(given)
    if _is_folder(path):
        yield from _walk(path, out)
    elif os.path.lexists(path):
        yield Source(path)
    elif not glob.has_magic(str(given)):
        yield Failure(display_path(path), FailureReason.MISSING, "No such file or folder.")
    else:
        yield from _glob(str(given), out)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # a folder above it cannot be read, or its name is too long


def _glob(pattern: str, out: Path | None) -> Iterator[Source | Failure]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # may be absolute
    for match in map(Path, matches):
        if not _is_folder(match):
            yield Source(match)
        elif "**" not in pattern:
            # With "**" every file below matches by itself.
            yield from _walk(match, out)
    if not matches:
        yield Failure(
            display_path(Path(pattern)), FailureReason.MISSING, "The pattern matches no file."
        )


def _walk(folder: Path, out: Path | None) -> Iterator[Source | Failure]:
    failures: list[Failure] = []

    def unreadable(error: OSError) -> None:
        message = f"The folder cannot be read: {error.strerror}."
        failures.append(
            Failure(display_path(Path(error.filename)), FailureReason.UNREADABLE, message)
        )

    is_empty = True
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if Path(parent, name).resolve() != out)
        for name in sorted(names):
            if name.lower() != IGNORED_NAME and kind_of(name) is not FileKind.OTHER:
                is_empty = False
                yield Source(Path(parent, name))
    yield from failures
    if is_empty and not failures:
        yield Failure(
            display_path(folder),
            FailureReason.MISSING,
            "The folder holds no page, archive or table.",
        )


def _remote(url: str) -> Iterator[Source | Failure]:
    """Find the files that a URL names: itself, those below it, or those that it matches."""
    fsspec = _fsspec()
    try:
        system, path = fsspec.core.url_to_fs(url)
        if "*" in path or "?" in path or "[" in path:
            paths = sorted(p for p in system.glob(path) if not system.isdir(p))
        elif system.isdir(path):
            paths = sorted(p for p in system.find(path) if kind_of(p) is not FileKind.OTHER)
        else:
            paths = [path]
        for path in paths:
            yield Source(system.unstrip_protocol(path), system.info(path).get("size"))
    except FileNotFoundError:
        yield Failure(display_url(url), FailureReason.MISSING, "There is no such file.")
    except ImportError as error:
        raise InvalidInput(
            f"Reading this URL needs a package that is not installed ({error.name}).",
            where=display_url(url),
            remedy="Install the extra `remote`, and for s3:// the extra `s3`.",
        ) from None
    except ValueError:
        raise InvalidInput(
            "The URL's scheme is not known.",
            where=display_url(url),
            remedy="Use file://, https:// or s3://.",
        ) from None
    except Exception as error:  # noqa: BLE001  # each file system has errors of its own
        message = f"It cannot be read ({type(error).__name__})."
        yield Failure(display_url(url), FailureReason.UNREADABLE, message)
    else:
        if not paths:
            yield Failure(display_url(url), FailureReason.MISSING, "No file is there.")


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
