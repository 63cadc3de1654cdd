"""Sentences cover the words of a text, in order, with offsets; windows cover the sentences."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moderation.text.segmentation import (
    MAX_WORDS,
    WINDOW_WORDS,
    SentenceCutter,
    learn_sentences,
    windows,
)

CUTTER = SentenceCutter(
    learn_sentences(["The road is closed. Mr. Som said so. It will open soon."])
)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_sentences_are_in_order_and_leave_out_only_blanks(text: str) -> None:
    at = 0
    for start, end in CUTTER.spans(text):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


def test_a_title_does_not_end_a_sentence_and_a_line_break_does() -> None:
    text = "Mr. Som left. We stayed\nalone"
    assert [text[a:b] for a, b in CUTTER.spans(text)] == ["Mr. Som left.", "We stayed", "alone"]


def test_a_run_without_an_end_is_cut_so_that_nothing_hides_in_it() -> None:
    text = "word " * (3 * MAX_WORDS)
    assert [len(text[a:b].split()) for a, b in CUTTER.spans(text)] == [MAX_WORDS] * 3


def test_what_was_learned_is_the_same_for_the_same_texts() -> None:
    texts = ["The U.N. met. It ended.", "Gen. Som spoke. He left."]
    assert learn_sentences(texts) == learn_sentences(texts)


@given(st.lists(st.integers(0, 80), min_size=1, max_size=40))
def test_windows_cover_every_sentence_and_stay_short(lengths: list[int]) -> None:
    found = windows(lengths)
    assert {i for first, last in found for i in range(first, last)} == set(range(len(lengths)))
    assert len(found) <= len(lengths)
    for first, last in found:
        assert last - first == 1 or sum(max(n, 1) for n in lengths[first:last]) <= WINDOW_WORDS
    for (first, last), (then, after) in pairwise(found):
        assert first < then
        assert last < after


def test_a_short_text_is_one_window() -> None:
    assert windows([5, 7, 2]) == [(0, 3)]


def test_sentences_end_at_the_marks_of_other_scripts_for_models_that_read_them() -> None:
    cutter = SentenceCutter(learn_sentences(["It will open soon."]) | {"scripts": True})
    for text in (
        "ទឹក ស្អាត។|ភូមិ យើង ល្អ៕",
        "他来了。|“我走了。”|好！",
        "ရေကြည်။|ကောင်းတယ်။",
        "กรุงเทพฯ ร้อน ฯ|พรุ่งนี้ ฝนตก",
        "هل جاء؟|نعم",
        "वह आया।|ठीक है।",
    ):
        sentences = text.split("|")
        joined = " ".join(sentences) if " " in text else "".join(sentences)
        assert [joined[a:b] for a, b in cutter.spans(joined)] == sentences
    assert CUTTER.spans("他来了。我走了。") == [(0, 8)]
