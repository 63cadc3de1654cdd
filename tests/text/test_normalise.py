"""Normalising keeps every offset, reads emoji as words, and undoes disguises."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.evaluation.robustness import OBFUSCATIONS
from moderation.text.normalise import emoji_words, normalise
from moderation.text.segmentation import tokenise, tokenise_words

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
    for token in tokenise(normalise(text)):
        assert at <= token.start < token.end <= len(text)
        at = token.start  # one character, such as a fraction, can hold several tokens


def test_accents_case_width_and_invisible_characters_do_not_matter() -> None:
    assert normalise("Vi\u200bệT Ｎam").text == "viet nam"
    assert normalise("“Đông”").text == '"dong"'


def test_an_emoji_before_a_word_does_not_move_its_offsets() -> None:
    text = "🙏🏽 សួស្តី Yuon soup"
    soup = tokenise_words(normalise(text))[-1]
    assert text[soup.start : soup.end] == "soup"


def test_a_khmer_word_and_a_word_with_an_apostrophe_are_one_token_each() -> None:
    assert [t.text for t in tokenise(normalise("សួស្តី don't!"))] == ["សួស្តី", "don't", "!"]


@pytest.mark.parametrize("kind", OBFUSCATIONS)
@pytest.mark.parametrize("word", ["vermin", "thieves", "people"])
def test_what_hides_a_word_is_undone(kind: str, word: str) -> None:
    hidden = OBFUSCATIONS[kind](word, random.Random(1))  # noqa: S311
    assert normalise(f"they are {hidden} here").text in {
        f"they are {word} here",
        # Which letter a 1 stands for cannot be told.
        f"they are {word.replace('l', 'i')} here",
    }


@pytest.mark.parametrize(
    "text",
    [
        "the 2nd and 19th of may 2020, at 7am, 5km away",
        "covid19 and the mp3 of the b52s at gate 4a",
        "a good book, a free fall, u.s. aid, i.e. money",
        "вьетнам и камбоджа соседи",
        "η ελλάδα είναι χώρα",
        "1 2 3 4 5",
        "write to desk @ paper for $5",
    ],
)
def test_honest_spellings_are_left_as_they_are(text: str) -> None:
    # Greek accents go, as Latin ones do.
    assert normalise(text).text == text.translate(str.maketrans("άίύώέόή", "αιυωεοη"))


def test_a_word_set_apart_points_at_all_of_its_characters() -> None:
    text = "🙏 the y.u.o.n soup"
    found = {word.text: text[word.start : word.end] for word in tokenise_words(normalise(text))}
    assert found["yuon"] == "y.u.o.n"
    assert found["soup"] == "soup"


def test_a_look_alike_in_a_latin_word_is_read_as_latin() -> None:
    assert normalise("fаrang").text == "farang"
    assert normalise("уuоn").text == "yuon"


@given(st.text(alphabet="ab 1.-аα@", max_size=60))
def test_every_character_left_knows_where_it_came_from(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(normal.origins)
    assert list(normal.origins) == sorted(set(normal.origins))


def test_a_disguised_word_is_known_as_one_and_an_honest_one_is_not() -> None:
    found = {
        word.text: word.disguised
        for word in tokenise_words(normalise("Tết soooo soup y.u.o.n v1et ½ ﬁsh"))
    }
    assert found["yuon"]
    assert found["viet"]
    assert not any(found[word] for word in ("tet", "so", "soup", "fish"))


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
