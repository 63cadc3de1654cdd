"""Which files a batch run reads."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from moderation.batch.inputs.files import FileKind, Source, kind_of, remote_sources, shown_path
from moderation.batch.inputs.shard import Failure, FailureReason

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
