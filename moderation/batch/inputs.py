"""Which files a batch run reads."""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from moderation.batch.summary import Failure, shown_path

PAGE_SUFFIX = ".txt"
NOT_A_PAGE = "readme.txt"


def find_pages(inputs: Sequence[str | Path]) -> tuple[list[Path], list[Failure]]:
    """Find the pages that files, folders and globs name, each once, in a stable order.

    A file is a page when it is named or matched by a glob, whatever its suffix. Of a folder, every
    ``.txt`` file in it and in its folders is a page, except a ``README.txt``.

    Parameters
    ----------
    inputs : sequence of str or Path
        A path that exists is taken as it is, even when it holds ``*``, ``?`` or ``[``.

    Returns
    -------
    pages : list of Path
        As given, or below the folder as given; inputs in their order, a folder's files by name.
    failures : list of Failure
        One for each input that is missing, matches nothing, or is a folder without a page.
    """
    pages: dict[Path, Path] = {}
    failures: list[Failure] = []
    for given in inputs:
        found, problems = _expand(given)
        failures += problems
        for page in found:
            pages.setdefault(page.resolve(), page)
    return list(pages.values()), failures


def _expand(given: str | Path) -> tuple[list[Path], list[Failure]]:
    path = Path(given)
    if path.is_dir():
        return _folder(path)
    if os.path.lexists(path):
        return [path], []
    pattern = str(given)
    if not glob.has_magic(pattern):
        return [], [Failure(shown_path(path), "No such file or folder.")]
    pages: list[Path] = []
    failures: list[Failure] = []
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  # may be absolute
        found, problems = _folder(Path(match)) if Path(match).is_dir() else ([Path(match)], [])
        pages += found
        failures += problems
    if not pages and not failures:
        failures.append(Failure(shown_path(path), "The pattern matches no file."))
    return pages, failures


def _folder(folder: Path) -> tuple[list[Path], list[Failure]]:
    failures: list[Failure] = []

    def unreadable(error: OSError) -> None:
        reason = f"The folder cannot be read: {error.strerror}."
        failures.append(Failure(shown_path(Path(error.filename)), reason))

    pages = list(_text_files(folder, unreadable))
    if not pages and not failures:
        failures.append(Failure(shown_path(folder), f"The folder holds no {PAGE_SUFFIX} file."))
    return pages, failures


def _text_files(folder: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(PAGE_SUFFIX) and name.lower() != NOT_A_PAGE:
                yield Path(parent, name)
