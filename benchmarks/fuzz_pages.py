"""Mutated pages through the splitter: the numbers read, refused, slow and crashed.

The pages of a folder, or of the tests where none is given, are cut off, their tags swapped, doubled
and dropped, their bytes changed, pieces of one put into another, and their elements nested. Each
page that raises what is no `UnreadablePage`, or that takes more than the limit, is counted and told
by its number, from which it is made again (``--first NUMBER --count 1``).

    PYTHONPATH=. python benchmarks/fuzz_pages.py --count 20000
    PYTHONPATH=. python benchmarks/fuzz_pages.py --folder FOLDER --count 20000
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from moderation.errors import UnreadablePage
from moderation.pages import detect_languages, read_html, split_page
from tests.pages.html.sites import SITES

SECONDS = 5.0
MAX_CHANGES = 6
LARGEST = 200_000
"""Bytes of a page before it is changed."""

_TAG = re.compile(rb"<[^<>]{0,300}>")
_HOSTILE = (
    b"\0", b"\xff\xfe", b"<!--", b"]]>", b"<script>", b"</p></p>", b"&#x110000;", b"&bogus;",
    b"<table><tr>", b"<svg><title>", b"\xe2\x80", b"<a href='#comment-9", b"<template>",
    b"<br><br>",
    b"<li class=comment>", b"<h3>2 comments</h3>", b"3 March 2020 at 10:15<p>", b"Dara says:<p>",
)  # fmt: skip

Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def cut(chance: random.Random, page: bytes, others: Sequence[bytes]) -> bytes:
    """Cut a page off."""
    del others
    return page[: chance.randrange(len(page) + 1)]


def swap(chance: random.Random, page: bytes, others: Sequence[bytes]) -> bytes:
    """Put tags in each other's places, or leave some out."""
    del others
    tags = _TAG.findall(page)
    chance.shuffle(tags)
    keep = chance.choice((1.0, 0.9, 0.5))
    waiting = iter(tags)

    def other(_: re.Match[bytes]) -> bytes:
        return next(waiting) if chance.random() < keep else b""

    return _TAG.sub(other, page)


def scramble(chance: random.Random, page: bytes, others: Sequence[bytes]) -> bytes:
    """Change single bytes."""
    del others
    changed = bytearray(page)
    for _ in range(chance.randrange(1, 60)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def insert(chance: random.Random, page: bytes, others: Sequence[bytes]) -> bytes:
    """Put hostile pieces into a page."""
    del others
    for _ in range(chance.randrange(1, 20)):
        at = chance.randrange(len(page) + 1)
        page = page[:at] + chance.choice(_HOSTILE) * chance.choice((1, 2, 50)) + page[at:]
    return page


def nest(chance: random.Random, page: bytes, others: Sequence[bytes]) -> bytes:
    """Open one element again and again."""
    del others
    tag: bytes = chance.choice(_TAG.findall(page) or [b"<div>"])
    at = chance.randrange(len(page) + 1)
    return page[:at] + tag * chance.choice((10, 300, 3_000)) + page[at:]


def splice(chance: random.Random, page: bytes, others: Sequence[bytes]) -> bytes:
    """Put a piece of another page into this one."""
    other = chance.choice(others)
    start, at = chance.randrange(len(other) + 1), chance.randrange(len(page) + 1)
    return page[:at] + other[start : start + chance.randrange(1, 20_000)] + page[at:]


CHANGES: tuple[Change, ...] = (cut, swap, scramble, insert, nest, splice)


def mutated(number: int, pages: Sequence[bytes]) -> bytes:
    """Return the page of a number, always the same."""
    chance = random.Random(number)  # noqa: S311  # no secret: it must come again
    page = chance.choice(pages)
    for _ in range(chance.randrange(1, MAX_CHANGES)):
        page = chance.choice(CHANGES)(chance, page, pages)
    return page


def tried(page: bytes, *, languages: bool) -> str:
    """Return the outcome for one page, as HTML and as text."""
    start = time.perf_counter()
    try:
        found = read_html(page, url="https://paper.example/a")
        if languages:
            detect_languages(found)
        split_page("\n".join(each.text for each in found.passages))
        end = "read"
    except UnreadablePage:
        end = "refused"
    except Exception as error:  # noqa: BLE001  # any other error is a finding
        end = f"crashed: {type(error).__name__}"
    return end if time.perf_counter() - start < SECONDS else f"slow ({end})"


def main(
    count: Annotated[int, typer.Option(help="How many pages.")] = 20_000,
    first: Annotated[int, typer.Option(help="The first page's number.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Pages to change; else the tests'.")] = None,
    *,
    languages: Annotated[bool, typer.Option(help="Tell passages' languages as well.")] = False,
) -> None:
    """Print how many pages were read, refused, slow and crashed; fail on the last two."""
    files = sorted(folder.glob("*.html")) if folder else []
    pages = [file.read_bytes()[:LARGEST] for file in files] or [
        page.encode() for page in SITES.values()
    ]
    ends: Counter[str] = Counter()
    slowest = 0.0
    for number in range(first, first + count):
        page = mutated(number, pages)
        start = time.perf_counter()
        end = tried(page, languages=languages)
        slowest = max(slowest, time.perf_counter() - start)
        ends[end] += 1
        if end not in {"read", "refused"}:
            print(f"page {number}: {end}")
    print(f"{count:,} pages: {dict(ends)}; the slowest took {slowest:.2f} s")
    if not ends.keys() <= {"read", "refused"}:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
