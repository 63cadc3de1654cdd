"""One idea of a word, in every script."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.words import CHARACTER, WORD, word_count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The 2nd bridge, closed!", ["The", "2nd", "bridge", "closed"]),
        ("snake_case and __x__", ["snake", "case", "and", "x"]),
        ("they don't", ["they", "don", "t"]),
        ("ភាសា ភូសា", ["ភាសា", "ភូសា"]),
        ("ที่ดิน ນ້ຳ မြန်မာ", ["ที่ดิน", "ນ້ຳ", "မြန်မာ"]),
        (unicodedata.normalize("NFD", "Việt café"), ["Vie\u0323\u0302t", "cafe\u0301"]),
        ("👍 … --", []),
        ("", []),
    ],
)
def test_letters_digits_accents_and_vowel_signs_make_words(text: str, words: list[str]) -> None:
    assert WORD.findall(text) == words


@given(st.text(st.sampled_from("ab1_ '’.\u0e35\u0e38\u17b6\u0301é")))
def test_a_word_is_a_whole_run_of_its_characters_from_a_letter_on(text: str) -> None:
    assert WORD.findall(text) == re.findall(rf"(?=[^\W_]){CHARACTER}+", text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("they don't, it’s 'so'", 4),
        ("snake_case", 2),
        ("ភាសាខ្មែរ", 2),
        (unicodedata.normalize("NFD", "Việt café"), 2),
        ("...", 0),
    ],
)
def test_words_are_counted_as_a_reader_counts_them(text: str, count: int) -> None:
    assert word_count(text) == count


@pytest.mark.parametrize("part", ["a'", "\u0301", "a\u0301", "a_", "\u17b6'"])
def test_words_take_time_in_step_with_the_text(part: str) -> None:
    started = time.perf_counter()
    WORD.findall(part * 100_000)
    word_count(part * 100_000)
    assert time.perf_counter() - started < 2
