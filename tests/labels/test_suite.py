"""The functional suite is test data for ever: broad, and unlike what trains."""

from collections import Counter

import pytest

from moderation.evaluation.tables import TableRow, read_table
from moderation.labels.records import read_examples
from moderation.text.normalise import normalise
from moderation.text.segmentation import tokenise_words
from tests.conftest import ROOT

SHARED = 0.5
IDIOMS = 2
"""Short cases that share a stock phrase with an example written later, without sight of it."""


@pytest.fixture(scope="module")
def suite() -> list[TableRow]:
    return read_table(ROOT / "labels" / "suite.csv")


def test_it_has_at_least_30_functions_with_at_least_20_cases_each(suite: list[TableRow]) -> None:
    counts = Counter(row.group for row in suite)
    assert len(counts) >= 30
    assert min(counts.values()) >= 20


def test_each_function_has_one_label_and_no_case_stands_twice(suite: list[TableRow]) -> None:
    labels = {(row.group, row.label) for row in suite}
    assert len(labels) == len({group for group, _ in labels})
    assert len({row.text.casefold() for row in suite}) == len(suite)


def test_hardly_a_case_shares_half_its_words_in_threes_with_a_labelled_example(
    suite: list[TableRow],
) -> None:
    ours = [threes(example.text) for example in read_examples(ROOT / "labels")]
    every = set().union(*ours)
    close = []
    for row in suite:
        grams = threes(row.text)
        if len(grams) >= 3 and len(grams & every) >= SHARED * len(grams):
            closest = max(len(grams & some) for some in ours)
            close += [row.text] if closest >= SHARED * len(grams) else []
    assert len(close) <= IDIOMS, close


def threes(text: str) -> set[tuple[str, ...]]:
    found = [word.text for word in tokenise_words(normalise(text))]
    return set(zip(found, found[1:], found[2:], strict=False))
