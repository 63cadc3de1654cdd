"""One catalogue holds every word of the pages, so that a translation needs nothing else."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter

import pytest

from moderation.desk.errors import DeskError
from moderation.desk.web.showing.catalogue import Catalogue, read_catalogue
from moderation.desk.web.showing.errors import words_for
from moderation.desk.web.showing.scores import LEVELS
from moderation.desk.web.showing.templates import HERE
from moderation.desk.words import Outcome, Queue, Reason, Role, Sort
from moderation.errors import (
    InvalidInput,
    InvalidModel,
    InvalidPolicy,
    InvalidText,
    ModerationError,
    NotReady,
    TooLarge,
)
from moderation.service.access.keys import Scope
from moderation.service.http.errors import ForeignOrigin, SlowBody, UnknownHost
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action

PAGES = sorted((HERE / "templates").rglob("*.html"))
FILES = [*PAGES, *sorted((HERE / "static").iterdir())]
CALL = re.compile(r"""\bt(?:\.has|\.rich)?\(\s*"([\w.]+)"(\s*~)?""")
EITHER = re.compile(r"""\bt(?:\.rich)?\("[\w.]+" if [^"(]*(?:"\w+")? ?else "([\w.]+)\"""")
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
    "told.": [
        *("done", "lost", "written", "key", "noted"),
        *("already_decided", "already_undone", "held"),
    ],
    "scope.": list(Scope),
    "attribute.": [f"{name}.{part}" for name in ATTRIBUTE_NAMES for part in ("title", "meaning")],
}
"""Keys that a page puts together, by how they begin."""


def plain(key: str) -> str:
    """Return a key without the form that a number chooses."""
    stem, _, form = key.rpartition(".")
    return stem if form in {"one", "other"} and f"{stem}.one" in read_catalogue().words else key


def asked_for() -> set[str]:
    found: set[str] = set()
    for path in PAGES:
        for key, joined in CALL.findall(path.read_text("utf-8")):
            found.add(key if not joined else f"{key}*")
        # One of two, as a condition says.
        found |= set(EITHER.findall(path.read_text("utf-8")))
    return found | {"error.*"}


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


def desks_errors() -> list[type[ModerationError]]:
    """Return every kind of error that a page of the desk may have to tell."""
    found: list[type[ModerationError]] = [
        *(InvalidInput, InvalidText, TooLarge, NotReady, InvalidPolicy, InvalidModel)
    ]
    found += [ForeignOrigin, SlowBody, UnknownHost]
    left: list[type[ModerationError]] = [DeskError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", desks_errors(), ids=lambda kind: kind.__name__)
def test_what_goes_wrong_is_told_in_the_catalogues_words(kind: type[ModerationError]) -> None:
    error = kind.__new__(kind)
    ModerationError.__init__(error, "DETAIL", where="somewhere", remedy="DO THIS")
    error.by, error.wait, error.needed = "Sok", 7, Role.LEAD  # type: ignore[attr-defined]
    language = {key: f"[{text}]" for key, text in read_catalogue().words.items()}
    words = words_for(error, Catalogue("en", language))
    assert words.text.startswith("[")
    assert words.remedy == "" or words.remedy.startswith("[")
    assert "{" not in words.text + words.remedy


def test_an_error_that_the_catalogue_does_not_know_is_told_in_its_own_words() -> None:
    error = InvalidInput("This is wrong.", remedy="Mend it.")
    assert words_for(error, Catalogue("en", {})) == ("This is wrong.", "Mend it.")


def test_an_error_in_a_field_has_a_sentence_of_its_own() -> None:
    error = InvalidInput("A number, please.", where="low")
    assert words_for(error, read_catalogue()).text == "A score is a number from 0 to 1."


def test_each_act_in_the_log_has_words() -> None:
    acts = {
        act
        for path in (HERE.parent).rglob("*.py")
        for act in re.findall(r'(?<=audit\.add\()[^"]*?,[^"]*?"([\w. ]+)"', path.read_text("utf-8"))
    }
    assert len(acts) > 10
    words = read_catalogue().words
    assert {act for act in acts if f"act.{act}" not in words} == set()
