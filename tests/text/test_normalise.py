"""Normalising keeps every offset."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.text.normalise import normalise
from moderation.text.tokens import tokens, words

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_every_run_of_the_normalised_text_points_into_the_original(text: str) -> None:
    normal = normalise(text)
    assert len(normal.origins) == len(normal.text)
    assert list(normal.origins) == sorted(normal.origins)
    for index in range(len(normal.text)):
        start, end = normal.original(index, index + 1)
        assert 0 <= start < end <= len(text)


@given(texts)
def test_tokens_stand_in_order_inside_the_text(text: str) -> None:
    at = 0
    for token in tokens(normalise(text)):
        assert at <= token.start < token.end <= len(text)
        at = token.start  # one character, such as a fraction, can hold several tokens


def test_accents_case_width_and_invisible_characters_do_not_matter() -> None:
    assert normalise("Vi\u200bệT Ｎam").text == "viet nam"
    assert normalise("“Đông”").text == '"dong"'


def test_an_emoji_before_a_word_does_not_move_its_offsets() -> None:
    text = "🙏🏽 សួស្តី Yuon soup"
    soup = words(normalise(text))[-1]
    assert text[soup.start : soup.end] == "soup"


def test_a_khmer_word_and_a_word_with_an_apostrophe_are_one_token_each() -> None:
    assert [t.text for t in tokens(normalise("សួស្តី don't!"))] == ["សួស្តី", "don't", "!"]
