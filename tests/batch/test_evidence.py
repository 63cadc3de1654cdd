"""What holds for evidence cut into pieces, and for hidden signs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moderation.batch.report.evidence import Segment, split_evidence
from moderation.batch.report.visible import visible_pieces, visible_text
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Span

SPANS = st.lists(
    st.builds(
        Span,
        start=st.integers(-3, 30),
        end=st.integers(-3, 30),
        attribute=st.sampled_from(ATTRIBUTE_NAMES),
        score=st.just(0.5),
    ),
    max_size=8,
)


@given(st.text(max_size=25), SPANS)
def test_every_character_carries_the_attributes_of_the_spans_over_it(
    text: str, spans: list[Span]
) -> None:
    segments = split_evidence(text, spans)
    assert "".join(segment.text for segment in segments) == text
    carried = [segment.attributes for segment in segments for _ in segment.text]
    assert carried == [
        tuple(
            name
            for name in ATTRIBUTE_NAMES
            if any(span.attribute == name and span.start <= at < span.end for span in spans)
        )
        for at in range(len(text))
    ]
    assert all(one.attributes != two.attributes for one, two in pairwise(segments))


def test_nested_and_overlapping_spans_are_cut_where_they_meet() -> None:
    spans = [Span(0, 6, "insult", 0.9), Span(2, 4, "threat", 0.9), Span(5, 8, "threat", 0.9)]
    assert split_evidence("abcdefghi", spans) == [
        Segment("ab", ("insult",)),
        Segment("cd", ("insult", "threat")),
        Segment("e", ("insult",)),
        Segment("f", ("insult", "threat")),
        Segment("gh", ("threat",)),
        Segment("i", ()),
    ]


@given(st.text())
def test_no_hidden_sign_stays_hidden_and_no_other_is_lost(text: str) -> None:
    pieces = list(visible_pieces(text))
    joined = "".join(piece.text for piece in pieces)
    assert joined.split() == text.split() or "".join(joined.split()) == "".join(text.split())
    assert all(piece.code == f"U+{ord(piece.text):04X}" for piece in pieces if piece.code)
    assert "\u202e" not in visible_text(text)


def test_the_joiners_of_khmer_and_of_emoji_are_left_alone() -> None:
    text = "ក\u200cខ 👩\u200d👧"
    assert [piece.text for piece in visible_pieces(text)] == [text]
