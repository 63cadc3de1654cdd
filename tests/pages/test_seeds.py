"""The five seed pages are split into the passages that a person sees, none quoted here."""

import re
from pathlib import Path

import pytest

from moderation.pages import Kind, Page, Part, split_page
from tests.pages.plaintext.test_split import assert_covers

# Passages by kind and part, in the order of the page; runs of the same are counted.
EXPECTED = {
    "000": [("article/paragraph", 13), ("furniture/navigation", 1), ("furniture/address", 3),
            ("furniture/copyright", 1)],
    "001": [("furniture/date", 1), ("article/headline", 1), ("note/note", 1),
            ("furniture/ornament", 1), ("furniture/date", 1), ("furniture/byline", 2),
            ("furniture/caption", 1), ("furniture/share", 1), ("furniture/dateline", 1),
            ("article/paragraph", 17), ("furniture/heading", 1), ("furniture/byline", 1),
            ("comment/comment", 1)],
    "002": [("furniture/logo", 1), ("article/headline", 1), ("furniture/caption", 2),
            ("furniture/headline", 1), ("article/paragraph", 10), ("furniture/heading", 1),
            ("furniture/teaser", 12)],
    "003": [("article/paragraph", 11)],
    "004": [("furniture/logo", 1), ("article/headline", 1), ("furniture/byline", 1),
            ("furniture/caption", 1), ("article/paragraph", 15), ("furniture/navigation", 1),
            ("furniture/teaser", 1), ("furniture/navigation", 1), ("furniture/teaser", 1)],
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds(shared: Path) -> dict[str, str]:
    """Return the pages' texts by the number their names begin with."""
    files = sorted((shared / "seeds").glob("*.txt"))
    return {path.name[:3]: path.read_bytes().decode("utf-8") for path in files}


def outline(page: Page) -> list[tuple[str, int]]:
    runs: list[tuple[str, int]] = []
    for passage in page.passages:
        name = f"{passage.kind}/{passage.part}"
        count = runs.pop()[1] if runs and runs[-1][0] == name else 0
        runs.append((name, count + 1))
    return runs


@pytest.mark.parametrize("number", EXPECTED)
def test_the_pages_are_split_as_a_person_splits_them(seeds: dict[str, str], number: str) -> None:
    assert outline(split_page(seeds[number])) == EXPECTED[number]


@pytest.mark.parametrize("number", EXPECTED)
def test_nothing_on_the_pages_is_lost(seeds: dict[str, str], number: str) -> None:
    assert_covers(seeds[number], split_page(seeds[number]))


@pytest.mark.parametrize("number", EXPECTED)
def test_windows_line_endings_change_nothing(seeds: dict[str, str], number: str) -> None:
    text = seeds[number].replace("\n", "\r\n")
    assert outline(split_page(text)) == EXPECTED[number]


def test_the_reader_s_comment_is_whole_and_carries_its_signature(seeds: dict[str, str]) -> None:
    text = seeds["001"]
    [comment] = [p for p in split_page(text).passages if p.kind is Kind.COMMENT]
    heading = re.search(r"^1 comment:\s+\S+ said\.\.\.\s+", text, re.MULTILINE)
    assert heading is not None
    assert (comment.start, comment.end) == (heading.end(), len(text.rstrip()))
    assert comment.author == comment.text.rsplit("\n", 1)[1] == "Bun Thoeun"


def test_titles_are_the_pages_headlines(seeds: dict[str, str]) -> None:
    for text in seeds.values():
        page = split_page(text)
        headlines = [p.text for p in page.passages if p.part is Part.HEADLINE]
        assert page.title == (headlines[0] if headlines else None)
        assert len(set(headlines)) <= 1
