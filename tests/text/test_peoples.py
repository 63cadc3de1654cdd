"""Peoples are found by any of their forms."""

import pytest

from moderation.text.normalise import normalise
from moderation.text.peoples import PEOPLES, mentions
from moderation.text.segmentation import tokenise


def found(text: str) -> list[str]:
    return [mention.people for mention in mentions(tokenise(normalise(text)))]


@pytest.mark.parametrize(
    ("people", "form"), [(p, f) for p, forms in PEOPLES.items() for f in forms]
)
def test_every_form_in_the_table_names_its_people(people: str, form: str) -> None:
    assert found(f"about {form} today") == [people]


def test_the_longest_form_wins() -> None:
    assert found("Khmer Krom and Khmer") == ["Khmer Krom", "Khmer"]


def test_accents_case_and_hidden_characters_do_not_hide_a_people() -> None:
    assert found("VIỆT, y\u200buon") == ["Vietnamese", "Vietnamese"]


def test_a_word_that_only_contains_a_name_is_not_one() -> None:
    assert found("Thailand chinaware laotianism") == []


def test_a_mention_never_reaches_past_the_text() -> None:
    (mention,) = mentions(tokenise(normalise("we are Lao")))
    assert (mention.first, mention.last) == (2, 3)
