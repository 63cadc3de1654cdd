"""Emoji are read as the words they stand for, so that hiding behind a picture does not help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.emoji import emoji_words
from moderation.text.normalise import normalise


@pytest.mark.parametrize(
    ("emoji", "words"),
    [
        ("🐀", "rat"),
        ("💩", "pile of poo"),
        ("✊", "raised fist"),
        ("❤", "red heart"),
        ("☠", "skull and crossbones"),
        ("🏴", "flag"),
        ("🇰", "k"),
    ],
)
def test_an_emoji_is_called_what_it_shows(emoji: str, words: str) -> None:
    assert emoji_words(emoji) == words


@pytest.mark.parametrize("character", ["k", "1", "©", "→", "ខ", "é", "$", "\u200d", "\ufe0f", " "])
def test_other_characters_are_no_words(character: str) -> None:
    assert emoji_words(character) is None


@given(st.characters(exclude_categories=["Cs"]))
def test_a_name_is_made_of_words_in_lower_case(character: str) -> None:
    words = emoji_words(character)
    if words:
        assert words == words.lower().strip()
        assert "-" not in words
        assert "  " not in words


def test_a_flag_is_the_two_letters_of_its_country() -> None:
    assert normalise("🇰🇭").text.split() == ["kh"]


def test_the_colour_of_skin_and_the_way_of_drawing_do_not_matter() -> None:
    assert normalise("👍🏽").text == normalise("👍").text
    assert normalise("❤️").text == normalise("❤").text


def test_emoji_are_apart_from_words_beside_them_and_from_one_another() -> None:
    assert normalise("you🐀🐀!").text.split() == ["you", "rat", "rat", "!"]
