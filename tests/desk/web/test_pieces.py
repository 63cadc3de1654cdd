"""Hostile text: what a page makes of it."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.desk.web.showing.pieces import PART, cut, inert, part_of
from moderation.verdict import Span

SPANS = st.lists(
    st.builds(
        Span,
        st.integers(0, 60),
        st.integers(0, 80),
        st.sampled_from(["insult", "threat"]),
        st.just(0.9),
    ),
    max_size=5,
)
TROUBLE = "\u202e\u2066\u200f\u2028\ufeff\u0007\x1b\U000e0041"


@given(st.text(max_size=60), SPANS)
def test_pieces_make_up_the_whole_text_in_order(text: str, spans: list[Span]) -> None:
    at = 0
    for piece in cut(text, spans, 0, len(text)):
        assert piece.start == at
        if not piece.odd:
            assert piece.text == text[at : at + piece.length]
        at += piece.length
    assert at == len(text)


@given(st.text(min_size=1, max_size=60), SPANS)
def test_each_character_is_marked_with_just_the_evidence_over_it(
    text: str, spans: list[Span]
) -> None:
    for piece in cut(text, spans, 0, len(text)):
        for at in range(piece.start, piece.start + piece.length):
            over = {span.attribute for span in spans if span.start <= at < span.end}
            assert set(piece.attributes) == over


@given(st.text(alphabet=st.characters() | st.sampled_from(TROUBLE), max_size=60))
def test_no_character_that_changes_others_is_shown_as_itself(text: str) -> None:
    shown = "".join(piece.text for piece in cut(text, (), 0, len(text)))
    assert not set(shown) & set(TROUBLE)
    assert not set(inert(text, 80)) & set(TROUBLE)


def test_a_character_that_is_not_shown_is_named() -> None:
    odd = [piece.text for piece in cut("a\u202eb\x07c\rd", (), 0, 7) if piece.odd]
    assert odd == ["RLO", "U+0007", "CR"]


def test_line_ends_of_any_kind_are_line_ends() -> None:
    pieces = list(cut("a\r\nb", (), 0, 4))
    assert "".join(piece.text for piece in pieces) == "a\nb"
    assert [piece.start for piece in pieces] == [0, 1, 2]


def test_khmer_and_emoji_keep_the_joiners_they_are_written_with() -> None:
    text = "ខ្មែរ\u200bភាសា 👩\u200d👩\u200d👧"
    assert [piece.text for piece in cut(text, (), 0, len(text))] == [text]


def test_letters_are_not_buried_under_marks() -> None:
    shown = inert("a" + "\u0301" * 500, 600)
    assert len(shown) < 10


def test_a_million_characters_come_in_parts_that_name_where_the_evidence_is() -> None:
    text = "word " * 200_000
    spans = [
        Span(0, 4, "insult", 0.9),
        Span(PART - 2, PART + 2, "insult", 0.9),
        Span(5 * PART, 5 * PART + 4, "threat", 0.9),
    ]
    first, last = part_of(text, spans), part_of(text, spans, 10**6)
    assert first.of == last.number == 125
    assert first.marked == (1, 2, 6)
    assert (first.start, first.end, last.end) == (0, PART, len(text))
    joined = "".join(
        piece.text
        for number in range(1, first.of + 1)
        for piece in part_of(text, spans, number).pieces
    )
    assert joined == text


def test_evidence_beyond_the_text_is_left_out() -> None:
    part = part_of("short", [Span(2, 99_999, "insult", 0.9), Span(99_998, 99_999, "insult", 0.9)])
    assert part.marked == (1,)
    assert [piece.attributes for piece in part.pieces] == [(), ("insult",)]
