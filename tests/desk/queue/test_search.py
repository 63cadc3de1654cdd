"""Searching finds the same, whether the words are in few texts or in many."""

from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.types import Filters, User
from moderation.errors import InvalidInput
from tests.desk.sending import sent


@pytest.mark.parametrize("words", ["bridge", "CLOSED bri", "ridge", "closed road", "ស្ពាន", "the"])
def test_common_and_rare_words_are_found_alike(
    desk: Desk, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.intake.take([sent("The Bridge is closed."), sent("ស្ពាន នេះ"), sent("the ridge")])
    rare = desk.queue.lines(Filters(words=words)).lines
    monkeypatch.setattr("moderation.desk.queue.filters.MANY", 1)
    assert desk.queue.lines(Filters(words=words)).lines == rare
    assert desk.queue.count(Filters(words=words)).number == len(rare)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("news", 3),
        ("example", 3),
        ("news.example", 3),
        ("https://news.example/road_works?page=3", 1),
        ("works", 1),
        ("road_works", 1),
        ("road", 2),
        ("3", 1),
        ("40", 1),
        ("-40", 1),
        ("mo", 1),
        ("bold", 1),
        ("don't", 1),
        ("don", 1),
    ],
)
@pytest.mark.parametrize("many", [1, 5_000])
def test_addresses_and_signs_are_parted_into_words_alike(
    desk: Desk, words: str, found: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On either database, whether the words are common or not."""
    monkeypatch.setattr("moderation.desk.queue.filters.MANY", many)
    desk.intake.take(
        [
            sent("see https://news.example/road_works?page=3"),
            sent("mail mo@news.example, it is -40%"),
            sent("news: an <b>bold</b> example"),
            sent("don't take the road"),
        ]
    )
    assert desk.queue.count(Filters(words=words)).number == found
    assert len(desk.queue.lines(Filters(words=words)).lines) == found


def test_what_is_no_word_is_sought_in_the_latest_comments_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(3):
        desk.intake.take([sent(f"look 🌉 {place}")])
    monkeypatch.setattr("moderation.desk.queue.filters.MAX_READ", 2)
    assert desk.queue.count(Filters(words="🌉")).number == 2


def test_what_is_sought_has_a_longest_length(desk: Desk, lead: User) -> None:
    for words in ("a" * 201, "🌉" * 201, " " * 200 + "a"):
        for ask in (
            desk.queue.lines,
            desk.queue.count,
            lambda filters: desk.bulk.preview(lead, filters),
        ):
            with pytest.raises(InvalidInput, match="at most 200"):
                ask(Filters(words=words))


@pytest.mark.parametrize("word", ["ที่ดิน", "ນ້ຳ", "ភូមិ"])
def test_a_word_with_vowel_signs_and_tones_is_found_whole(tmp_path: Path, word: str) -> None:
    """SQLite's index keeps such a word whole, so that a part of it finds nothing."""
    desk = Desk.open(f"sqlite:///{tmp_path / 'desk.db'}")
    desk.intake.take([sent(f"{word} now"), sent("another")])
    assert desk.queue.count(Filters(words=word)).number == 1
    desk.close()
