"""Offsets in UTF-16 code units name the same part of a text as `str` offsets do."""

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service.perspective.replies import from_utf16, to_utf16

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
