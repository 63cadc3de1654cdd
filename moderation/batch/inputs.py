"""The inputs of a run, and the files that they name."""

import glob
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from moderation.batch.fields import NO_COLUMNS, Columns
from moderation.batch.formats import (
    BEGINNING,
    COMPRESSIONS,
    IGNORED_NAMES,
    MAGICS,
    MAYBE_DATA,
    STREAM_SUFFIXES,
    FileKind,
    FormatRefusal,
    bare_name,
    holds_text,
    recognise,
    refusal_of,
)
from moderation.batch.ledger import unwritable
from moderation.batch.sources import Source, display_path, display_url, load_fsspec
from moderation.batch.types import Failure, FailureReason, SkippedFile
from moderation.console import STDIN, open_input
from moderation.errors import InvalidInput
from moderation.files import replacing, storing

STDIN_NAME = "stdin"
"""The name, without a suffix, of the file in which standard input is kept."""
STDIN_LABEL = "standard input"
"""The name of standard input in the outputs, which is the same whatever it holds."""


class Inputs(NamedTuple):
    """The inputs of a run.

    Parameters
    ----------
    given : sequence of str or Path
        Files, folders, globs and URLs. A path that exists is taken as it is, even when it holds
        ``*``, ``?`` or ``[``.
    out : Path or None
        The run's own output, which is never read, even inside a folder that is an input.
    columns : Columns
        The columns by which tables are recognised.
    stdin : Path or None
        The file in which standard input is kept, where ``-`` is among `given`.
    """

    given: Sequence[str | Path]
    out: Path | None = None
    columns: Columns = NO_COLUMNS
    stdin: Path | None = None


Found = Source | SkippedFile | Failure


def find_sources(inputs: Inputs, *, look: bool = True) -> Iterator[Found]:
    """Find the files that inputs name, each once, in the order of the inputs, then of the names.

    A file is read when it is named or matched by a glob, whatever its suffix; one in a format that
    is not read is a failure. Of a folder, every file in it and in its folders is read whose suffix
    is that of a page, an archive or a table, or whose content is HTML, an archive or a table; the
    others are skipped, and so is a ``README.txt``. An input that is missing, matches nothing, or is
    a folder without a file is a failure.

    Parameters
    ----------
    inputs : Inputs
    look : bool
        Whether to look at the content of files whose names do not tell what they are; without it
        they are left out.
    """
    seen: set[int] = set()
    for given in inputs.given:
        for found in _expand(given, inputs, look=look):
            if isinstance(found, Source):
                # A hash instead of the path: there may be millions.
                key = hash(found.identity)
                if key in seen:
                    continue
                seen.add(key)
            yield found


def _expand(given: str | Path, inputs: Inputs, *, look: bool) -> Iterator[Found]:
    path = Path(given)
    out = inputs.out and inputs.out.resolve()
    if str(given) == STDIN and inputs.stdin is not None:
        yield from _named(Source(inputs.stdin, label=STDIN_LABEL), inputs, look=look)
    elif "://" in str(given):
        yield from _remote(str(given), inputs, look=look)
    elif _is_folder(path):
        yield from _walk(path, out, inputs, look=look)
    elif os.path.lexists(path):
        yield from _named(Source(path), inputs, look=look)
    elif not glob.has_magic(str(given)):
        yield Failure(display_path(path), FailureReason.MISSING, "No such file or folder.")
    else:
        yield from _glob(str(given), out, inputs, look=look)


def _named(source: Source, inputs: Inputs, *, look: bool) -> Iterator[Found]:
    """Yield a file that a person named, or its refusal."""
    refusal = refusal_of(source.name)
    if refusal is None and source.kind is FileKind.OTHER and look:
        source, found = _looked_at(source, inputs.columns)
        if isinstance(found, FormatRefusal):
            refusal = found
        elif found is FileKind.OTHER:
            # Whoever names the columns of standard input does not mean a page of plain text.
            is_table = source.label is not None and bool(inputs.columns.required)
            found = FileKind.CSV if is_table else FileKind.PAGE
        if isinstance(found, FileKind):
            source = replace(source, form=found)
    if refusal is None:
        yield source
    else:
        message = f"{refusal.message} {refusal.remedy}"
        yield Failure(source.name, FailureReason.UNSUPPORTED, message)


def _in_folder(source: Source, inputs: Inputs, *, look: bool) -> Iterator[Source | SkippedFile]:
    """Yield a file in a folder that was named, or that it is skipped."""
    path = bare_name(source.name)
    is_known = source.kind is not FileKind.OTHER
    if path.name in IGNORED_NAMES:
        is_known = look = False
    elif look and source.kind in MAYBE_DATA:
        is_known = _holds_text(source, inputs.columns)
    elif look and not is_known and refusal_of(source.name) is None:
        source, found = _looked_at(source, inputs.columns)
        if isinstance(found, FileKind) and found is not FileKind.OTHER:
            source, is_known = replace(source, form=found), True
        if found in {FileKind.CSV, FileKind.JSON, FileKind.LINES}:
            is_known = _holds_text(source, inputs.columns)
    if is_known:
        yield source
    else:
        yield SkippedFile(source.name)


def _looked_at(source: Source, columns: Columns) -> tuple[Source, FileKind | FormatRefusal]:
    """Return the kind of a file by its content; `FileKind.OTHER` where it cannot be read."""
    try:
        with source.open() as file:
            beginning = file.read(BEGINNING)
        suffix = Path(source.packed_name.lower()).suffix
        if suffix not in COMPRESSIONS:
            packed = (each for magic, each in MAGICS.items() if beginning.startswith(magic))
            source = replace(source, packed=next(packed, ""))
        if source.packed or suffix in COMPRESSIONS:
            with source.open_decompressed() as file:
                beginning = file.read(BEGINNING)
    except InvalidInput:
        raise
    except Exception:  # noqa: BLE001  # what is wrong is told when the file is read
        return source, FileKind.OTHER
    return source, recognise(beginning, columns.text_names)


def _holds_text(source: Source, columns: Columns) -> bool:
    """Tell whether a table in a folder has a column with a text, or cannot be read at all."""
    try:
        with source.open_decompressed() as file:
            beginning = file.read(BEGINNING)
    except InvalidInput:
        raise
    except Exception:  # noqa: BLE001  # what is wrong is told when the file is read
        return True
    return holds_text(source.kind, beginning, columns.text_names)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # a folder above it cannot be read, or its name is too long


def _glob(pattern: str, out: Path | None, inputs: Inputs, *, look: bool) -> Iterator[Found]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # may be absolute
    for match in map(Path, matches):
        if not _is_folder(match):
            yield from _named(Source(match), inputs, look=look)
        elif "**" not in pattern:
            # With "**" every file below matches by itself.
            yield from _walk(match, out, inputs, look=look)
    if not matches:
        yield Failure(
            display_path(Path(pattern)), FailureReason.MISSING, "The pattern matches no file."
        )


def _walk(folder: Path, out: Path | None, inputs: Inputs, *, look: bool) -> Iterator[Found]:
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
            for found in _in_folder(Source(Path(parent, name)), inputs, look=look):
                is_empty = is_empty and isinstance(found, SkippedFile)
                yield found
    yield from failures
    if is_empty and not failures:
        yield Failure(
            display_path(folder),
            FailureReason.MISSING,
            "The folder holds no page, archive or table.",
        )


def _remote(url: str, inputs: Inputs, *, look: bool) -> Iterator[Found]:
    """Find the files that a URL names: itself, those below it, or those that it matches."""
    fsspec = load_fsspec()
    is_empty = True
    try:
        system, path = fsspec.core.url_to_fs(url)
        is_folder, paths = _list_remote(system, path)
        take = _in_folder if is_folder else _named
        for each in paths:
            source = Source(system.unstrip_protocol(each), system.info(each).get("size"))
            for found in take(source, inputs, look=look):
                is_empty = is_empty and isinstance(found, SkippedFile)
                yield found
    except FileNotFoundError:
        yield Failure(display_url(url), FailureReason.MISSING, "There is no such file.")
    except ImportError as error:
        raise InvalidInput(
            f"Reading this URL needs a package that is not installed ({error.name}).",
            where=display_url(url),
            remedy="Install the extra `remote`, and for s3:// the extra `s3`.",
        ) from None
    except InvalidInput:
        raise
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
        if is_empty:
            yield Failure(display_url(url), FailureReason.MISSING, "No file is there.")


def _list_remote(system: Any, path: str) -> tuple[bool, list[str]]:
    """Return True for a folder, and the paths of the files that a path stands for."""
    if glob.has_magic(path):
        return False, sorted(p for p in system.glob(path) if not system.isdir(p))
    if system.isdir(path):
        return True, sorted(system.find(path))
    return False, [path]


def keep_stdin(folder: Path, columns: Columns) -> Path:
    """Keep what comes from standard input in a folder as ``stdin``, with the suffix of its kind.

    A run reads its inputs in any order, and again when it is resumed. A file that an earlier run
    kept there is replaced.

    Raises
    ------
    InvalidInput
        If standard input is closed.
    NotStored
        If the file cannot be written; then nothing of it is left.
    """
    path = folder / STDIN_NAME
    with (
        open_input(Path(STDIN)) as (stream, _),
        replacing(path, explain=unwritable) as file,
        storing(path, unwritable),
    ):
        shutil.copyfileobj(stream, file, 1 << 20)
    source, found = _looked_at(Source(path), columns)
    suffix = STREAM_SUFFIXES.get(found, "") if isinstance(found, FileKind) else ""
    kept = path.with_name(f"{STDIN_NAME}{suffix}{source.packed}")
    names = {f"{STDIN_NAME}{each}" for each in STREAM_SUFFIXES.values()}
    with storing(kept, unwritable):
        path.replace(kept)
        for old in folder.glob(f"{STDIN_NAME}.*"):
            if old != kept and bare_name(old.name).name in {STDIN_NAME, *names}:
                old.unlink()
    return kept
