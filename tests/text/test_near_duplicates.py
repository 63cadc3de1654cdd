"""One definition of near-duplicates, and that what tests never trains."""

import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
import pytest

from moderation.text.near_duplicates import (
    MAX_CHARACTERS,
    OVERLAP,
    RELATED,
    THRESHOLD,
    NearDuplicates,
    bands_of,
    drop_leaks,
    overlapping_pairs,
    shingles_of,
    similarity,
)

LONG = (
    "The night market by the river opens at six, and by seven the stalls that sell grilled corn, "
    "palm sugar cakes and iced tea have lines that reach as far as the old post office."
)


class Item(NamedTuple):
    """A text and where it came from."""

    text: str
    name: str = ""


def are_near(one: str, other: str) -> bool:
    index = NearDuplicates()
    index.add_if_new(one)
    return not index.add_if_new(other)


def share(one: str, other: str) -> float:
    return similarity(shingles_of(one), shingles_of(other))


@pytest.mark.parametrize(
    "other",
    [
        LONG,
        LONG.upper().replace(",", " !!"),
        LONG.replace("corn", "fish"),
        LONG.replace(" ", "_"),
        f"{LONG} Go and see.",
    ],
)
def test_one_changed_word_and_other_writing_are_near_duplicates(other: str) -> None:
    assert are_near(LONG, other)
    assert share(LONG, other) >= THRESHOLD


@pytest.mark.parametrize(
    "other",
    [
        "The day market far from the river closes at noon when the heat comes.",
        LONG[: len(LONG) // 2],
        "",
    ],
)
def test_other_texts_and_half_a_text_are_not(other: str) -> None:
    assert not are_near(LONG, other)
    assert share(LONG, other) < THRESHOLD


def test_short_texts_are_near_duplicates_only_if_their_words_are_the_same() -> None:
    texts = ["Well said!", "well said", "well done", "👍", "👍", "👎", "", " ", "ភាសា", "ភូសា"]
    index = NearDuplicates()
    assert [text for text in texts if not index.add_if_new(text)] == ["well said", "👍", " "]


def test_a_near_duplicate_that_is_not_added_matches_nothing_itself() -> None:
    words = [f"w{number}" for number in range(60)]
    first, second, third = (" ".join(words[start : start + 40]) for start in (0, 5, 10))
    index = NearDuplicates()
    assert [index.add_if_new(text) for text in (first, second, third)] == [True, False, True]


def test_drop_leaks_drops_what_repeats_a_held_out_text_and_nothing_else() -> None:
    train = [Item(LONG, "leak"), Item("Well said", "short"), Item(LONG[:70], "kept"), Item("Ah")]
    held_out = [Item(LONG.replace("iced", "hot")), Item("well, said.")]
    assert drop_leaks(train, held_out) == train[2:]
    assert drop_leaks(train, []) == train


def pair_sharing(runs: int, number: int) -> tuple[str, str]:
    """Return two texts of 100 runs of three words, of which they share some."""
    words = [f"{number}x{place}" for place in range(102)]
    other = words[: runs + 2] + [f"{word}y" for word in words[runs + 2 :]]
    return " ".join(words), " ".join(other)


def test_nearly_every_pair_over_the_threshold_is_found_and_none_below() -> None:
    over = [are_near(*pair_sharing(84, number)) for number in range(100)]  # 84 / 116 = 0.72
    below = [are_near(*pair_sharing(81, number)) for number in range(100)]  # 81 / 119 = 0.68
    assert THRESHOLD == 0.7
    assert sum(over) >= 95
    assert not any(below)


def test_near_duplicates_are_related_and_overlap_whatever_else_does() -> None:
    assert RELATED < THRESHOLD
    assert OVERLAP < THRESHOLD
    near, half = LONG.replace("corn", "fish"), f"{LONG[: len(LONG) // 2]} {'and so on. ' * 30}"
    assert overlapping_pairs([LONG, "The road is closed until Monday.", near, half]) == [
        (0, 2),
        (0, 3),
        (2, 3),
    ]


def test_a_text_that_is_repeated_a_hundred_times_overlaps_itself() -> None:
    """However common that makes its shingles."""
    assert len(overlapping_pairs([LONG] * 100)) == 100 * 99 / 2


def test_a_turn_of_speech_makes_no_texts_overlap() -> None:
    texts = [f"the other day w{number}" for number in range(60)]
    assert overlapping_pairs(texts) == []


NUMBERS = [
    1701729802790346458,
    3797854244955497620,
    3625436840346899842,
    3953078725813732880,
    155951630952681881,
    617877371062311772,
    5500328713100462777,
    1316075952408674118,
]


def test_what_a_database_keeps_of_a_text_stays_as_it_is() -> None:
    """Other numbers need a migration of the desk's database: its rows have these."""
    assert bands_of(shingles_of("The road is closed until Monday.")) == NUMBERS
    assert bands_of(shingles_of("the ROAD is closed, until monday")) == NUMBERS


def test_of_a_very_long_text_the_beginning_is_compared() -> None:
    long = " ".join(f"word{number}" for number in range(MAX_CHARACTERS // 5))
    assert len(long) > MAX_CHARACTERS
    assert share(long, long[:MAX_CHARACTERS]) == 1
    assert share(long, f"{long} {long}") == 1


def test_ten_thousand_texts_take_seconds() -> None:
    chosen = np.random.default_rng(1).integers(5_000, size=(10_000, 25))
    items = [Item(" ".join(f"word{number}" for number in row)) for row in chosen]
    started = time.perf_counter()
    assert drop_leaks(items[5000:], items[:5000]) == items[5000:]
    assert time.perf_counter() - started < 15


def test_judging_and_the_commands_load_no_sketches() -> None:
    script = (
        "import sys, moderation.cli, moderation.service.app, moderation.text.near_duplicates; "
        "print('datasketch' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_texts_without_blanks_between_words_are_compared_by_runs_of_letters() -> None:
    """A Thai comment is one run of letters; half of it used again is found, a new one is not."""
    first = "รถติดทุกเช้าตรงสะพานใหม่เพราะไม่มีใครดูแลสัญญาณไฟ"
    again = "รถติดทุกเช้าตรงสะพานใหม่เพราะไม่มีใครสนใจเลย"
    other = "ตลาดนัดหลังวัดเปิดถึงสามทุ่มขนมครกอร่อยมาก"
    assert overlapping_pairs([first, other, again]) == [(0, 2)]


def test_what_trains_repeats_no_held_out_text_without_blanks_either() -> None:
    kept = Item("ตลาดนัดหลังวัดเปิดถึงสามทุ่มขนมครกอร่อยมาก")
    leak = Item("รถติดทุกเช้าตรงสะพานใหม่เพราะไม่มีใครดูแลสัญญาณไฟ!!")
    assert drop_leaks([kept, leak], [Item(leak.text.rstrip("!"))]) == [kept]
