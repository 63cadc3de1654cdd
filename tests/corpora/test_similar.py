"""What counts as similar, and that what tests never trains."""

import time
from typing import NamedTuple

import numpy as np

from moderation.corpora.similar import THRESHOLD, drop_leaks, find_duplicates

LONG = (
    "The night market by the river opens at six, and by seven the stalls that sell grilled corn, "
    "palm sugar cakes and iced tea have lines that reach as far as the old post office."
)


class Item(NamedTuple):
    """A text and where it came from."""

    text: str
    name: str = ""


def test_one_changed_word_and_other_writing_are_similar() -> None:
    texts = [
        ("first", LONG),
        ("shouted", LONG.upper().replace(",", " !!")),
        ("changed", LONG.replace("corn", "fish")),
        ("other", "The day market far from the river closes at noon when the heat comes."),
    ]
    assert find_duplicates(texts) == [["first", "shouted", "changed"]]


def test_half_a_text_is_not_similar_to_the_whole() -> None:
    assert find_duplicates([(1, LONG), (2, LONG[: len(LONG) // 2])]) == []


def test_short_texts_are_similar_only_if_their_words_are_the_same() -> None:
    texts = ["Well said!", "well said", "well done", "👍", "👍", "👎", "", "ភាសា", "ភូសា"]
    assert find_duplicates(list(enumerate(texts))) == [[0, 1], [3, 4]]


def test_groups_join_what_is_similar_by_way_of_another() -> None:
    words = [f"w{number}" for number in range(60)]
    texts = [" ".join(words[start : start + 40]) for start in (0, 5, 10)]
    assert find_duplicates([(1, texts[0]), (2, texts[2])]) == []
    assert find_duplicates(list(enumerate(texts))) == [[0, 1, 2]]


def test_drop_leaks_drops_what_repeats_a_held_out_text_and_nothing_else() -> None:
    train = [Item(LONG, "leak"), Item("Well said", "short"), Item(LONG[:70], "kept"), Item("Ah")]
    held_out = [Item(LONG.replace("iced", "hot")), Item("well, said.")]
    assert drop_leaks(train, held_out) == train[2:]
    assert drop_leaks(train, []) == train


def pair_sharing(runs: int, number: int) -> list[tuple[str, str]]:
    """Return two texts of 100 runs of three words, of which they share some."""
    words = [f"{number}x{place}" for place in range(102)]
    other = words[: runs + 2] + [f"{word}y" for word in words[runs + 2 :]]
    return [("one", " ".join(words)), ("other", " ".join(other))]


def test_nearly_every_pair_over_the_threshold_is_found_and_none_below() -> None:
    over = [find_duplicates(pair_sharing(84, number)) for number in range(100)]  # 84 / 116 = 0.72
    below = [find_duplicates(pair_sharing(81, number)) for number in range(100)]  # 81 / 119 = 0.68
    assert THRESHOLD == 0.7
    assert sum(map(bool, over)) >= 95
    assert not any(below)


def test_ten_thousand_texts_take_seconds() -> None:
    chosen = np.random.default_rng(1).integers(5_000, size=(10_000, 25))
    items = [Item(" ".join(f"word{number}" for number in row)) for row in chosen]
    started = time.perf_counter()
    assert drop_leaks(items[5000:], items[:5000]) == items[5000:]
    assert time.perf_counter() - started < 15
