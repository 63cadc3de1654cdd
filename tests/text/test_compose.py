"""A composed text keeps case and accents, loses what hides words, and every offset leads back."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from moderation.text.compose import compose, grapheme_end, grapheme_start


def test_letters_written_in_parts_are_composed_and_keep_case_and_accents() -> None:
    assert compose("Vie\u0302\u0323t Nam, Ä").text == "Việt Nam, Ä"
    assert compose("\u1112\u1161\u11ab").text == "한"


def test_invisible_characters_and_signs_put_twice_are_gone() -> None:
    assert compose("ខ្\u200bមែរ").text == "ខ្មែរ"
    assert compose("ไม่่่ดี").text == "ไม่ดี"
    assert compose("\u2066kind\u2069").text == "kind"


def test_letters_that_are_doubled_in_ordinary_spelling_stay() -> None:
    assert compose("Schifffahrt größer နန်း ກກ").text == "Schifffahrt größer နန်း ກກ"


def test_wide_and_styled_letters_become_plain_ones() -> None:
    assert compose("ＡＢ 𝐛𝐚𝐝").text == "AB bad"


@given(st.text())
def test_every_character_leads_to_a_place_in_the_text_in_order(text: str) -> None:
    composed = compose(text)
    assert len(composed.text) == len(composed.origins)
    assert list(composed.origins) == sorted(composed.origins)
    assert all(0 <= origin < len(text) for origin in composed.origins)


@given(st.text(st.characters(codec="ascii")))
def test_plain_ascii_stays_as_it_is(text: str) -> None:
    assert compose(text).text == text


@given(st.text(st.sampled_from("aก่้ำខ្មមែ한နန်္က့न्मि🏽👍\u200d é\u0301")))
def test_no_letter_is_parted_from_its_signs(text: str) -> None:
    """Any offset is moved to a place at which no sign begins."""
    for at in range(len(text) + 1):
        start, end = grapheme_start(text, at), grapheme_end(text, at)
        assert 0 <= start <= at <= end <= len(text)
        for bound in (start, end):
            if 0 < bound < len(text) and not text[bound - 1].isspace():
                assert not unicodedata.category(text[bound]).startswith("M")
                assert text[bound - 1] != "\u17d2" or not text[bound].isalpha()


def test_subscript_consonants_belong_to_the_letter_above() -> None:
    khmer = "ខ្មែរ"
    assert grapheme_end(khmer, 1) == khmer.index("រ")
    assert grapheme_start(khmer, 3) == 0
