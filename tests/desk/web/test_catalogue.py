"""One catalogue holds every word of the pages, so that a translation needs nothing else."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter

import pytest

from moderation.desk.web.pages.comments import TOLD
from moderation.desk.web.showing.catalogue import Catalogue, read_catalogue
from moderation.desk.web.showing.scores import LEVELS
from moderation.desk.web.showing.templates import HERE
from moderation.desk.words import Outcome, Queue, Reason, Role, Sort
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action

PAGES = sorted((HERE / "templates").rglob("*.html"))
FILES = [*PAGES, *sorted((HERE / "static").iterdir())]
CALL = re.compile(r"""\bt(?:\.has)?\(\s*"([\w.]+)"(\s*~)?""")
FAMILIES: Mapping[str, Sequence[str]] = {
    "queue.": list(Queue),
    "sort.": list(Sort),
    "role.": list(Role),
    "role.may.": list(Role),
    "label.": list(Label),
    "outcome.": list(Outcome),
    "reason.": list(Reason),
    "action.": [Action.REVIEW, Action.BLOCK],
    "why.action.": list(Action),
    "why.level.": [level for _, level in LEVELS],
    "told.": sorted(TOLD),
    "attribute.": [f"{name}.{part}" for name in ATTRIBUTE_NAMES for part in ("title", "meaning")],
}
"""Keys that a page puts together, by how they begin."""
OPTIONAL = {"error.", "source."}
"""Where a page asks first whether there is such a text."""


def plain(key: str) -> str:
    """Return a key without the form that a number chooses."""
    stem, _, form = key.rpartition(".")
    return stem if form in {"one", "other"} and f"{stem}.one" in read_catalogue().words else key


def asked_for() -> set[str]:
    found: set[str] = set()
    for path in PAGES:
        for key, joined in CALL.findall(path.read_text("utf-8")):
            found.add(key if not joined else f"{key}*")
    return found


def test_every_word_that_a_page_asks_for_is_there() -> None:
    words = {plain(key) for key in read_catalogue().words}
    for key in asked_for():
        if not key.endswith("*"):
            assert key in words, key
    for prefix, names in FAMILIES.items():
        for name in names:
            assert prefix + name in words


def test_every_word_is_one_that_a_page_asks_for() -> None:
    asked = asked_for()
    begun = {key.removesuffix("*") for key in asked if key.endswith("*")}
    for key in {plain(key) for key in read_catalogue().words}:
        assert key in asked or any(key.startswith(start) for start in begun), key


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_has_words_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    text = re.sub(r"<(?:kbd|code)[^>]*>.*?</(?:kbd|code)>|<!doctype html>", "", text)
    left = re.sub(r"<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)
    assert not re.search(r"[A-Za-z]{2,}", left), left.split()
    assert not re.search(r'(?:aria-label|title|placeholder|alt)="[^"]*[A-Za-z]{2,}', text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_host_or_needs_inline_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"(?:src|href|url|@import|from)\W{0,4}(?:https?:)?//", text)
    assert "innerHTML" not in text
    assert "| safe" not in text
    if path.suffix == ".html":
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


def test_a_number_chooses_between_one_and_several_where_a_language_does() -> None:
    words = {"found.one": "{count} comment", "found.other": "{count} comments"}
    assert Catalogue("en", words)("found", count=1) == "1 comment"
    assert Catalogue("en", words)("found", count=2) == "2 comments"
    assert Catalogue("km", {"found.other": "{count} មតិ"})("found", count=1) == "1 មតិ"


def test_both_forms_of_a_text_take_the_same_values() -> None:
    words = read_catalogue().words

    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    for key, text in words.items():
        if key.endswith(".one"):
            assert values(text) == values(words[f"{plain(key)}.other"]), key
