"""Counts and samples of all rows of a run in little memory: repeats, sites, authors."""

import heapq
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from moderation.batch.ledger import unwritable
from moderation.files import storing
from moderation.pages import Kind
from moderation.verdict import Action

GROUP_ROWS = 4_000_000
"""Rows that are compared at once; those of more are divided by their digests."""
MAX_GROUPS = 100_000
"""Sites or authors that are counted at once; beyond it those with fewest held are dropped."""
SEED = 2027
"""Makes the report of a run show the same sample whenever it is made."""
CERTAINTY = 0.95
_COLUMNS = ["kind", "digest"]
_GROUP_COLUMNS = ["kind", "url", "page", "author", "permalink", "verdict"]
_KINDS = {
    kind.value: np.uint64(number * 0x9E3779B97F4A7C15 % 2**64) for number, kind in enumerate(Kind)
}

Counts = np.ndarray[Any, np.dtype[np.uint32]]


@contextmanager
def count_copies(parts: list[Path], folder: Path) -> Iterator[Counts]:
    """Count the rows with the same kind and text, of all the rows of a run.

    The counts are in a file while they are made, so that memory does not grow with the rows.

    Parameters
    ----------
    parts : list of Path
        The Parquet files of the rows, in order.
    folder : Path
        A folder for the file.

    Yields
    ------
    array of int
        For each row: how many rows have its text if it is the first of them, else 0.

    Raises
    ------
    NotStored
        If the file cannot be written.
    """
    rows = sum(pq.ParquetFile(part).metadata.num_rows for part in parts)
    groups = rows // GROUP_ROWS + 1
    if not rows:
        yield np.zeros(0, np.uint32)
        return
    with storing(folder, unwritable):
        opened = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # it is closed below
    with opened as file:
        # Written, not only declared, so that a full disk is an error here and not a crash later.
        with storing(folder, unwritable):
            for start in range(0, rows, GROUP_ROWS):
                file.write(bytes(4 * min(GROUP_ROWS, rows - start)))
            file.flush()
        copies: Counts = np.memmap(file, np.uint32, "r+", shape=(rows,))
        for group in range(groups):
            _count_group(parts, group, groups, copies)
        yield copies
        del copies


def _count_group(parts: list[Path], group: int, groups: int, copies: Counts) -> None:
    keys: list[np.ndarray[Any, Any]] = []
    places: list[np.ndarray[Any, Any]] = []
    start = 0
    for part in parts:
        found = text_keys(pq.read_table(part, columns=_COLUMNS))
        chosen = np.flatnonzero(found % np.uint64(groups) == group)
        keys.append(found[chosen])
        places.append(chosen + start)
        start += len(found)
    _, first, number = np.unique(np.concatenate(keys), return_index=True, return_counts=True)
    copies[np.concatenate(places)[first]] = number


def text_keys(table: pa.Table) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return a number for each row, the same for rows of the same kind and text."""
    digests = "".join(digest[:16] for digest in table["digest"].to_pylist())
    numbers = np.frombuffer(bytes.fromhex(digests), ">u8").astype(np.uint64)
    kinds = np.array([_KINDS[kind] for kind in table["kind"].to_pylist()], np.uint64)
    return numbers ^ kinds


@lru_cache(maxsize=1 << 16)
def site_of(url: str | None) -> str:
    """Return the host in an address; an empty text where there is none."""
    if url is None or "://" not in url:
        return ""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


Group = tuple[str, ...]
"""A site, or a site and an author."""


@dataclass
class GroupCount:
    """The judged passages of a site or of an author.

    Parameters
    ----------
    group : tuple of str
    passages : Counter
        Judged passages by kind and by whether they were held.
    link : str or None
        An address of one that was held: the comment's own, or its page's.
    """

    group: Group
    passages: Counter[tuple[str, bool]] = field(default_factory=Counter)
    link: str | None = None

    def judged(self, kind: str = Kind.COMMENT) -> int:
        """Return the number of judged passages of a kind."""
        return self.passages[kind, False] + self.passages[kind, True]

    def held(self, kind: str = Kind.COMMENT) -> int:
        """Return the number of held passages of a kind."""
        return self.passages[kind, True]


def sites(table: pa.Table) -> list[Group | None]:
    """Return the site of each row, None where it is not known."""
    found = map(site_of, _addresses(table))
    return [(site,) if site else None for site in found]


def authors(table: pa.Table) -> list[Group | None]:
    """Return the site and the name of the author of each comment, None where it has no name."""
    rows = zip(
        _addresses(table), table["kind"].to_pylist(), table["author"].to_pylist(), strict=True
    )
    return [
        (site_of(address), author) if author and kind == Kind.COMMENT else None
        for address, kind, author in rows
    ]


def most_held(
    parts: list[Path], groups_of: Callable[[pa.Table], list[Group | None]], most: int
) -> list[GroupCount]:
    """Return the groups with most held passages, the first the one with most.

    The rows are read twice, so that only the held passages of all groups are counted, and of the
    groups that are returned all.

    Parameters
    ----------
    parts : list of Path
        The Parquet files of the rows.
    groups_of : callable
        Returns the group of each row: `sites` or `authors`.
    most : int
    """
    held: Counter[Group] = Counter()
    links: dict[Group, str | None] = {}
    for table in _judged(parts):
        for group, is_held, link in zip(
            groups_of(table), _is_held(table), _links(table), strict=True
        ):
            if is_held and group is not None:
                held[group] += 1
                links.setdefault(group, link)
        if len(held) > MAX_GROUPS:
            held = Counter(dict(held.most_common(MAX_GROUPS // 2)))
            links = {group: links[group] for group in held}
    chosen = heapq.nsmallest(most, held, key=lambda group: (-held[group], group))
    counts = {group: GroupCount(group, link=links[group]) for group in chosen}
    for table in _judged(parts) if counts else ():
        kinds = table["kind"].to_pylist()
        for group, kind, is_held in zip(groups_of(table), kinds, _is_held(table), strict=True):
            if group in counts:
                counts[group].passages[kind, is_held] += 1
    return list(counts.values())


def _judged(parts: list[Path]) -> Iterator[pa.Table]:
    for part in parts:
        table = pq.read_table(part, columns=_GROUP_COLUMNS)
        # Nobody is held against a site or an author whose language the model does not know.
        yield table.filter(pc.fill_null(pc.struct_field(table["verdict"], "judged"), False))  # noqa: FBT003


def _is_held(table: pa.Table) -> list[bool]:
    actions = pc.struct_field(table["verdict"], "action").to_pylist()
    return [action != Action.ALLOW for action in actions]


def _addresses(table: pa.Table) -> list[str | None]:
    rows = zip(table["url"].to_pylist(), table["page"].to_pylist(), strict=True)
    return [url or page for url, page in rows]


def _links(table: pa.Table) -> list[str | None]:
    rows = zip(table["permalink"].to_pylist(), _addresses(table), strict=True)
    return [permalink or address for permalink, address in rows]


@dataclass
class Sample:
    """Rows drawn at random.

    Parameters
    ----------
    most : int
        Rows that are drawn.
    drawn : list of (int, int, int)
        The smallest random numbers so far, each with the part and the row that drew it.
    number : int
        All rows among which they were drawn.
    rows : list of dict
        The rows, once they were read.
    """

    most: int
    drawn: list[tuple[int, int, int]] = field(default_factory=list)
    number: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def bound(self) -> float:
        """The percentage that may have a property that none of the sample has, at most."""
        return 100 * (1 - (1 - CERTAINTY) ** (1 / len(self.rows))) if self.rows else 100.0

    def draw(self, part: int, rows: np.ndarray[Any, Any]) -> None:
        """Draw among these rows of a part too."""
        self.number += len(rows)
        numbers = np.random.default_rng((SEED, part)).integers(0, 1 << 62, len(rows))
        smallest = np.argsort(numbers, kind="stable")[: self.most]
        drawn = [(int(numbers[each]), part, int(rows[each])) for each in smallest]
        self.drawn = heapq.nsmallest(self.most, [*self.drawn, *drawn])

    def read(self, parts: list[Path]) -> None:
        """Read the rows that were drawn."""
        self.rows = rows_at(parts, [(part, row) for _, part, row in self.drawn])


def rows_at(parts: list[Path], places: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return rows by their parts and their places there."""
    by_part: dict[int, list[int]] = {}
    for part, row in places:
        by_part.setdefault(part, []).append(row)
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for part, wanted in by_part.items():
        found = pq.read_table(parts[part]).take(wanted).to_pylist()
        rows.update(zip([(part, row) for row in wanted], found, strict=True))
    return [rows[place] for place in places]
