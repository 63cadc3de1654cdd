"""The encoder reads all of a text, in windows that overlap but never add up to much more."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from moderation.models.wordpieces import (
    MAX_PIECES,
    Window,
    WordpieceReader,
    overlapping_windows,
)
from moderation.text.links import unspoken_runs
from moderation.text.normalise import normalise
from moderation.text.segmentation import SentenceCutter
from moderation.training import e5
from tests.models.wordpieces import SENTENCES, TOKENS, VOCABULARY, small_reader

READER = small_reader()
TOKENIZER = Tokenizer.from_str(VOCABULARY)

characters = st.characters(exclude_categories=["Cs"])
signs = st.sampled_from(["🐀", "🏴\u200d☠️", "🇰🇭", "👍🏽", "សួស្តី", "ខ្មែរ", "½", "ﷺ", "\u200b"])
pieces = st.one_of(st.text(characters, max_size=8), signs, st.sampled_from(["rats. ", "The b "]))
texts = st.lists(pieces, max_size=12).map("".join)


class Piece(NamedTuple):
    """A wordpiece and its offsets."""

    number: int
    start: int
    end: int
    word: int


def seen(windows: list[Window]) -> set[Piece]:
    return {Piece(*map(int, piece)) for window in windows for piece in zip(*window, strict=True)}


def tokens(window: Window) -> list[str]:
    return [TOKENS[number] for number in window.ids]


@settings(deadline=None, max_examples=60)
@given(texts, st.integers(1, 40))
def test_windows_cover_every_wordpiece_and_point_into_the_text(text: str, times: int) -> None:
    text *= times
    windows = READER.read(text)
    encoded = TOKENIZER.encode(normalise(text).text, add_special_tokens=False)
    found = seen(windows)
    assert {(p.number, p.word) for p in found} == set(
        zip(encoded.ids, encoded.word_ids, strict=True)
    )
    assert all(0 <= piece.start < piece.end <= len(text) for piece in found)
    assert all(len(window.ids) <= MAX_PIECES for window in windows)
    total = sum(len(window.ids) for window in windows)
    assert len(encoded.ids) <= total <= 2 * len(encoded.ids)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_runs_of_sentences_leave_no_gap_and_hold_at_most_twice_the_text(lengths: list[int]) -> None:
    ends = np.cumsum(lengths).tolist()
    runs = overlapping_windows(ends)
    assert runs[0][0] == 0
    assert runs[-1][1] == ends[-1]
    for (first, last), (then, after) in pairwise(runs):
        assert first < then <= last < after
    assert all(last - first <= MAX_PIECES for first, last in runs)
    assert sum(last - first for first, last in runs) <= 2 * ends[-1]


def test_neighbouring_sentences_are_seen_together() -> None:
    runs = overlapping_windows(list(range(30, 601, 30)))
    assert all(
        any(first <= at - 30 and at + 30 <= last for first, last in runs)
        for at in range(30, 571, 30)
    )


def test_a_word_keeps_its_place_behind_emoji_and_khmer() -> None:
    text = "🙏🏽 សួស្តី, the RİVER rats"
    (window,) = READER.read(text)
    words = [text[start:end] for start, end in zip(window.starts, window.ends, strict=True)]
    assert words[-4:] == ["the", "RİVER", "rat", "s"]
    assert tokens(window)[-3:] == ["river", "rat", "##s"]


def test_pieces_of_one_word_have_one_number() -> None:
    (window,) = READER.read("boating vermin")
    assert tokens(window) == ["boat", "##ing", "vermin"]
    assert window.words.tolist() == [0, 0, 1]


def test_a_disguised_word_is_read_plain_and_points_at_the_disguise() -> None:
    text = "such v3rm1n, v.e.r.m.i.n and vеrmin"
    (window,) = READER.read(text)
    found = [
        text[start:end]
        for piece, start, end in zip(tokens(window), window.starts, window.ends, strict=True)
        if piece == "vermin"
    ]
    assert found == ["v3rm1n", "v.e.r.m.i.n", "vеrmin"]


def test_a_text_without_wordpieces_is_one_empty_window() -> None:
    for text in ("", " \n", "\u200b\u200d"):
        (window,) = READER.read(text)
        assert len(window.ids) == len(window.words) == 0


SPOKEN = WordpieceReader(VOCABULARY, SentenceCutter(SENTENCES), spoken=True)


def test_links_tags_and_marks_are_left_out_and_what_is_left_keeps_its_place() -> None:
    text = "> the <b>rat</b> https://example.org/boat *damn* river"
    (window,) = SPOKEN.read(text)
    assert tokens(window) == ["the", "rat", "damn", "river"]
    assert [text[start:end] for start, end in zip(window.starts, window.ends, strict=True)] == [
        "the", "rat", "damn", "river",
    ]  # fmt: skip
    assert window.words.tolist() == [0, 1, 2, 3]


def test_a_bare_link_is_an_empty_text() -> None:
    (window,) = SPOKEN.read("https://example.org/rats")
    assert len(window.ids) == 0


@settings(deadline=None, max_examples=60)
@given(texts)
def test_a_text_without_links_or_marks_is_read_as_before(text: str) -> None:
    if not unspoken_runs(text):
        first, second = READER.read(text), SPOKEN.read(text)
        assert seen(first) == seen(second)


def test_a_composed_text_keeps_accents_and_its_spans_end_between_graphemes() -> None:
    """Words of scripts without blanks are pieces; no sign is cut off from its letter."""
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁Việt", "ខ្មែរ", "ខ្", "មែរ", "ដី", "!", "a"]
    reader = WordpieceReader(
        e5.tokenizer(
            [e5.UnigramPiece(piece, 0.0 if piece[0] == "<" else -1.0) for piece in pieces]
        ),
        SentenceCutter(SENTENCES),
        composed=True,
    )
    text = "Vie\u0302\u0323t ខ្\u200bមែរដី!"
    (window,) = reader.read(text)
    runs = [text[a:b] for a, b in zip(window.starts, window.ends, strict=True) if a < b]
    assert runs == ["Vie\u0302\u0323t", "ខ្\u200bមែរ", "ដី", "!"]
    assert len(set(window.words.tolist())) == len(runs)
