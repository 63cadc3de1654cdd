"""Promises of the project's own labelled set."""

import re
from collections import Counter
from pathlib import Path

import pytest

from moderation.labels.checks import check_labels
from moderation.labels.records import Example, read_examples, read_seed
from moderation.taxonomy import Label
from tests.conftest import ROOT

LABELS = ROOT / "labels"


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read_examples(LABELS)


def test_the_set_is_sound() -> None:
    assert check_labels(LABELS) == []


def test_the_seed_annotations_fit_the_seed_pages(shared: Path) -> None:
    assert check_labels(LABELS, shared / "seeds") == []
    assert {p.file for p in read_seed(LABELS)} == {p.name for p in (shared / "seeds").glob("*.txt")}


def test_every_printed_character_of_the_seed_pages_is_annotated(shared: Path) -> None:
    for page in (shared / "seeds").glob("*.txt"):
        text = list(page.read_text("utf-8"))
        for passage in read_seed(LABELS):
            if passage.file == page.name:
                text[passage.start : passage.end] = " " * (passage.end - passage.start)
        assert not "".join(text).strip(), page.name


def test_no_run_of_seven_words_is_copied_from_a_seed_page(
    shared: Path, examples: list[Example]
) -> None:
    seeds = set[tuple[str, ...]]()
    for page in (shared / "seeds").glob("*.txt"):
        seeds |= seven_words(page.read_text("utf-8"))
    copied = [example.id for example in examples if seven_words(example.text) & seeds]
    assert copied == []


def seven_words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[at : at + 7]) for at in range(len(words) - 6)}


def test_there_are_at_least_26_000_examples_and_no_label_is_scarce(examples: list[Example]) -> None:
    counts = Counter(example.label for example in examples)
    assert len(examples) >= 26_000
    # News is the rarest: what readers write is hardly ever a report.
    assert min(counts.values()) >= 0.05 * len(examples)
    assert set(counts) == set(Label)


def test_each_split_has_every_label(examples: list[Example]) -> None:
    counts = Counter((example.split, example.label) for example in examples)
    assert all(
        counts[split, label] >= 50 for split in ("train", "dev", "test") for label in Label
    ), counts
