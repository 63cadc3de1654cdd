"""Hostile text, as a page shows it, and evidence in it."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.display import PAGE_CHARACTERS, inert, page_of, pieces_of
from moderation.verdict import Span

SPANS = st.lists(
    st.builds(
        Span,
        st.integers(-3, 60),
        st.integers(-3, 80),
        st.sampled_from(["insult", "threat"]),
        st.just(0.9),
    ),
    max_size=5,
)
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u200e\u200f\u2028\u202a\u202e"
    "\u2060\u2061\u2064\u2065\u2066\u2069\u206a\u206f\u2800\u3164\ufeff\uffa0\ufff0\ufff9\ufffb"
    "\U0001bca0\U0001d173\U000e0001\U000e0020\U000e0fff"
)
"""Characters that nobody sees, each of another kind."""
STACKING = "\u0301\u0e47\u20dd\u17d2\u0951"
"""Marks that are drawn over or under the letter before them."""
TROUBLE = "\u202e\u2066\u200f\u2028\ufeff\u0007\x1b\U000e0041"


@given(st.text(max_size=60), SPANS)
def test_pieces_make_up_the_whole_text_in_order(text: str, spans: list[Span]) -> None:
    at = 0
    for piece in pieces_of(text, spans, 0, len(text)):
        assert piece.start == at
        if not piece.odd:
            assert piece.text == text[at : at + piece.length]
        at += piece.length
    assert at == len(text)


@given(st.text(min_size=1, max_size=60), SPANS)
def test_each_character_is_marked_with_just_the_evidence_over_it(
    text: str, spans: list[Span]
) -> None:
    for piece in pieces_of(text, spans, 0, len(text)):
        for at in range(piece.start, piece.start + piece.length):
            over = {span.attribute for span in spans if span.start <= at < span.end}
            assert piece.attributes == tuple(name for name in ATTRIBUTE_NAMES if name in over)


@given(st.text(alphabet="abc ", max_size=60), SPANS)
def test_neighbours_differ_in_their_evidence(text: str, spans: list[Span]) -> None:
    pieces = list(pieces_of(text, spans, 0, len(text)))
    assert all(one.attributes != two.attributes for one, two in pairwise(pieces))


def test_nested_and_overlapping_spans_are_cut_where_they_meet() -> None:
    spans = [Span(0, 6, "insult", 0.9), Span(2, 4, "threat", 0.9), Span(5, 8, "threat", 0.9)]
    assert [(piece.text, piece.attributes) for piece in pieces_of("abcdefghi", spans, 0, 9)] == [
        ("ab", ("insult",)),
        ("cd", ("insult", "threat")),
        ("e", ("insult",)),
        ("f", ("insult", "threat")),
        ("gh", ("threat",)),
        ("i", ()),
    ]


@given(st.text(alphabet=st.characters() | st.sampled_from(TROUBLE), max_size=60))
def test_no_character_that_changes_others_is_shown_as_itself(text: str) -> None:
    shown = "".join(piece.text for piece in pieces_of(text, (), 0, len(text)))
    assert not set(shown) & set(TROUBLE)
    assert not set(inert(text, 80)) & set(TROUBLE)


def test_a_character_that_is_not_shown_is_named() -> None:
    odd = [piece.text for piece in pieces_of("a\u202eb\x07c\rd", (), 0, 7) if piece.odd]
    assert odd == ["RLO", "U+0007", "CR"]


def test_line_ends_of_any_kind_are_line_ends() -> None:
    pieces = list(pieces_of("a\r\nb", (), 0, 4))
    assert "".join(piece.text for piece in pieces) == "a\nb"
    assert [piece.start for piece in pieces] == [0, 1, 2]


def test_khmer_and_emoji_keep_the_joiners_they_are_written_with() -> None:
    text = "ខ្មែរ\u200bភាសា 👩\u200d👩\u200d👧"
    assert [piece.text for piece in pieces_of(text, (), 0, len(text))] == [text]


def test_letters_are_not_buried_under_marks() -> None:
    shown = inert("a" + "\u0301" * 500, 600)
    assert len(shown) < 10


def test_a_million_characters_come_in_parts_that_name_where_the_evidence_is() -> None:
    text = "word " * 200_000
    spans = [
        Span(0, 4, "insult", 0.9),
        Span(PAGE_CHARACTERS - 2, PAGE_CHARACTERS + 2, "insult", 0.9),
        Span(5 * PAGE_CHARACTERS, 5 * PAGE_CHARACTERS + 4, "threat", 0.9),
    ]
    first, last = page_of(text, spans), page_of(text, spans, 10**6)
    assert first.of == last.number == 125
    assert first.marked == (1, 2, 6)
    assert (first.start, first.end, last.end) == (0, PAGE_CHARACTERS, len(text))
    joined = "".join(
        piece.text
        for number in range(1, first.of + 1)
        for piece in page_of(text, spans, number).pieces
    )
    assert joined == text


def test_evidence_beyond_the_text_is_left_out() -> None:
    part = page_of("short", [Span(2, 99_999, "insult", 0.9), Span(99_998, 99_999, "insult", 0.9)])
    assert part.marked == (1,)
    assert [piece.attributes for piece in part.pieces] == [(), ("insult",)]


@pytest.mark.parametrize("character", UNSEEN, ids=lambda each: f"U+{ord(each):04X}")
def test_no_character_that_nobody_sees_is_shown_as_itself(character: str) -> None:
    (piece,) = (piece for piece in pieces_of(f"a{character}b", (), 0, 3) if piece.odd)
    assert piece.text
    assert piece.text != character
    assert inert(f"a{character}b", 10) == "ab"


@pytest.mark.parametrize("mark", STACKING, ids=lambda each: f"U+{ord(each):04X}")
@pytest.mark.parametrize("between", ["", "\u200d", "\u200b"])
def test_no_marks_of_any_script_are_stacked_high(mark: str, between: str) -> None:
    shown = inert("a" + (mark + between) * 300, 900)
    assert shown.count(mark) <= 4


def test_a_variation_selector_stands_behind_what_it_varies_and_nowhere_else() -> None:
    whole = "❤\ufe0f 葛\U000e0100"
    assert [piece.text for piece in pieces_of(whole, (), 0, len(whole))] == [whole]
    hidden = "a\ufe0f\ufe0f\U000e0101\U000e0102 \ufe0e\n\ufe0f"
    assert inert(hidden, 20) == "a\ufe0f \n"


def test_thousands_of_spans_are_cut_in_no_time() -> None:
    text = "ab" * (PAGE_CHARACTERS // 2)
    spans = [Span(at, PAGE_CHARACTERS, "insult", 0.9) for at in range(0, PAGE_CHARACTERS, 8)]
    spans += [Span(at, at + 1, "threat", 0.9) for at in range(0, PAGE_CHARACTERS, 2)]
    begun = time.perf_counter()
    assert len(page_of(text, spans).pieces) == PAGE_CHARACTERS
    assert time.perf_counter() - begun < 5
