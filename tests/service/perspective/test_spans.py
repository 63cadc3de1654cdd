"""The parts of a text: sentences, and offsets in UTF-16 that name the same part as `str` ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service.perspective.spans import (
    MAX_SENTENCES,
    find_sentences,
    from_utf16,
    to_utf16,
)

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("a😀👩\u200d🇰🇭\uffff𐀀"))


@settings(derandomize=True, max_examples=300)
@given(text=texts, data=st.data())
def test_a_part_cut_from_the_utf16_form_is_the_part_cut_from_the_text(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    begin, stop = to_utf16(text, (start, end))
    encoded = text.encode("utf-16-le")
    assert encoded[2 * begin : 2 * stop].decode("utf-16-le") == text[start:end]
    assert from_utf16(text, (begin, stop)) == [start, end]


@settings(derandomize=True, max_examples=200)
@given(text=texts, unit=st.integers(-2, 60))
def test_an_offset_within_a_character_or_outside_the_text_is_none(text: str, unit: int) -> None:
    begins = {len(text[:at].encode("utf-16-le")) // 2: at for at in range(len(text) + 1)}
    expected = [begins[unit]] if unit in begins else None
    assert from_utf16(text, [unit]) == expected


def test_an_emoji_counts_two() -> None:
    assert to_utf16("😀a😀b", [0, 1, 2, 3, 4]) == [0, 2, 3, 5, 6]
    assert from_utf16("😀a", [1]) is None


def test_sentences_cover_the_text_and_abbreviations_end_none() -> None:
    text = "Mr. Ash agrees. 😀 Do you?\nI do"
    assert [text[a:b] for a, b in find_sentences(text)] == [
        "Mr. Ash agrees.", "😀 Do you?", "I do"
    ]  # fmt: skip


def test_a_text_of_one_sentence_has_no_parts() -> None:
    for text in ("calm", "👍", " calm. "):
        assert find_sentences(text) == []


@pytest.mark.parametrize("sentences", [2, MAX_SENTENCES, MAX_SENTENCES + 1, 5 * MAX_SENTENCES])
def test_the_sentences_of_a_long_text_are_taken_together_and_none_is_lost(sentences: int) -> None:
    text = " ".join(f"Number {number}." for number in range(sentences))
    found = find_sentences(text)
    assert len(found) <= MAX_SENTENCES
    assert " ".join(text[begin:end] for begin, end in found) == text
