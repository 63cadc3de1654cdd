"""Families may not repeat one another."""

from pathlib import Path

from moderation.labels.checks import check_labels, variety
from moderation.labels.records import read_examples
from tests.tiny import records, write_labels


def test_a_passage_that_shares_half_its_3_grams_with_another_family_is_found(
    tmp_path: Path,
) -> None:
    examples = records()
    examples[-1]["text"] = "I crossed the damn bridge in the rain, said the whole village."
    found = variety(read_examples(write_labels(tmp_path, examples)))
    assert found.near_duplicates == [("bridge.08", "market.08")]
    assert found.share == 2 / len(examples)


def test_repeating_oneself_within_a_family_is_allowed(tmp_path: Path) -> None:
    examples = records()
    examples[8]["text"] = examples[7]["text"] + " Again."
    assert variety(read_examples(write_labels(tmp_path, examples))).near_duplicates == []


def test_a_set_with_too_many_near_duplicates_is_refused_pair_by_pair(tmp_path: Path) -> None:
    examples = records()
    examples[-1]["text"] = "I crossed the damn bridge in the rain, said the whole village."
    (found,) = check_labels(write_labels(tmp_path, examples))
    assert found.where == "examples.jsonl:48"
    assert "near-duplicate of bridge.08" in found.message
    assert "4.2% of the examples" in found.message


def test_variety_counts_words_and_distinct_3_grams(tiny_labels: Path) -> None:
    found = variety(read_examples(tiny_labels))
    assert 100 < found.vocabulary < 300
    assert 0.8 < found.distinct <= 1
