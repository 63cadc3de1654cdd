"""Disguised words are read as what they hide, and honest spellings are left alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.learning.obfuscation import OBFUSCATIONS
from moderation.text.normalise import normalise
from moderation.text.tokens import words


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
    found = {word.text: text[word.start : word.end] for word in words(normalise(text))}
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
        word.text: word.disguised for word in words(normalise("Tết soooo soup y.u.o.n v1et ½ ﬁsh"))
    }
    assert found["yuon"]
    assert found["viet"]
    assert not any(found[word] for word in ("tet", "so", "soup", "fish"))
