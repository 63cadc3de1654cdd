"""Searching finds the same, whether the words are in few texts or in many."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.desk import Desk
from moderation.desk.intake.records import rows_of
from moderation.desk.intake.revisions import keep_revision
from moderation.desk.types import Filters, Submission, User
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


def found(desk: Desk, words: str) -> set[int]:
    """Return the comments found, which are as many as are counted."""
    lines = desk.queue.lines(Filters(words=words)).lines
    assert desk.queue.count(Filters(words=words)).number == len(lines)
    return {line.id for line in lines}


@pytest.fixture(params=[1, 5_000], ids=["common", "rare"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let words count as common in SQLite, and as rare."""
    monkeypatch.setattr("moderation.desk.queue.filters.MANY", request.param)


@pytest.mark.usefixtures("either_way")
def test_headline_author_and_id_are_searched_as_the_text_is(desk: Desk) -> None:
    named = sent("it is late", title="The Ferry", author="Sok Dara", external_id="wp-4711")
    (one,) = desk.intake.take([named])
    (other,) = desk.intake.take([sent("the ferry is late")])
    assert found(desk, "ferry") == {one, other}
    assert found(desk, "dara") == found(desk, "4711") == found(desk, "wp-4711") == {one}
    # All of the words, wherever each is.
    assert found(desk, "ferry late sok") == {one}
    assert found(desk, "ferry late nobody") == set()


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("ÉCOLE", "école"),
        ("école", "E\u0301COLE"),
        ("ПРИВЕТ", "привет"),
        ("straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("İstanbul", "istanbul"),
        ("ISTANBUL", "istanbul"),
    ],
)
def test_the_letter_case_does_not_count_in_any_script(
    desk: Desk, written: str, sought: str
) -> None:
    (number,) = desk.intake.take([sent(f"see {written} there"), sent("another")])[:1]
    assert found(desk, sought) == found(desk, written) == {number}


@pytest.mark.usefixtures("either_way")
def test_words_in_quotes_stand_one_behind_the_other(desk: Desk) -> None:
    near, far = desk.intake.take([sent("The Ferry is late"), sent("late is the ferry")])
    (named,) = desk.intake.take([sent("nothing is", author="Late Sok")])
    assert found(desk, '"ferry is"') == {near}
    assert found(desk, '"ferry is" late') == {near}
    assert found(desk, "“late is”") == {far}
    assert found(desk, '"is late"') == {near}  # not from the text into the author's name
    assert found(desk, '"late sok') == {named}
    # What is not closed may be unfinished; what is closed is whole.
    assert found(desk, '"ferry is lat') == {near}
    assert found(desk, '"ferry is lat"') == set()


def test_signs_of_a_pattern_stand_for_themselves(desk: Desk) -> None:
    plain, percent, line = desk.intake.take([sent("a b"), sent("a %% b"), sent("a __ b")])
    assert found(desk, "%%") == {percent}
    assert found(desk, "__") == {line}
    assert found(desk, "a b") == {plain, percent, line}
    for words in ("%", "' OR 1=1 --", '"" *', "a:*", "NOT", '"'):
        found(desk, words)


def test_a_headline_that_comes_later_is_found(desk: Desk) -> None:
    one = sent("it is late", source="own", external_id="7", of_site=True)
    number = keep(desk, one)
    assert keep(desk, replace(one, title="The Ferry", author="Sok")) == number
    assert found(desk, "ferry") == found(desk, "sok late") == {number}
    assert keep(desk, replace(one, title="The Bridge")) == number
    assert found(desk, "ferry") == set()
    assert found(desk, "sok bridge") == {number}


def keep(desk: Desk, comment: Submission) -> int:
    """Keep a comment of a site; return its number."""

    def act(connection: sa.Connection) -> int:
        kept = keep_revision(connection, rows_of(comment, 1))
        assert kept
        return kept.number

    return desk.store.write(act)
