"""Scores added up without rows are those that rows would have, window by window."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models.base import HARMFUL, Floats
from moderation.models.ngrams import kernels
from moderation.models.ngrams.scorer import Scorer, TokenArrays, known_words, tokenise_texts
from moderation.models.ngrams.spelling import spell_texts
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.normalise import normalise
from moderation.text.segmentation import WINDOW_WORDS, tokenise, windows
from moderation.training.vectorizer import NgramHasher

WIDTH = len(ATTRIBUTE_NAMES)
HASHER = NgramHasher(n_features=2**12, word_weight=1.0)
RNG = np.random.default_rng(0)
WEIGHTS = RNG.integers(-127, 128, (2**12, WIDTH)).astype(np.int8)
SCALES, BIASES = RNG.uniform(0.01, 0.1, WIDTH), RNG.normal(size=WIDTH)
FREQUENT = ["the", "are", "they", "rice", ".", ","]

SCORER = Scorer(WEIGHTS, SCALES, BIASES, HASHER.char_ngrams, FREQUENT)

WORDS = [
    "the",
    "rats",
    "are",
    "khmer krom",
    "v3rmin",
    "y.u.o.n",
    "rice,",
    "សួស្តី",
    "end.",
    "no!",
    "\n",
]
comments = st.lists(st.sampled_from(WORDS), max_size=150).map(" ".join)


def by_rows(sentences: list[str]) -> Floats:
    """Score runs of words as a linear model over rows does."""
    return np.asarray(HASHER.transform(sentences) @ (WEIGHTS * SCALES) + BIASES)


def cut(text: str) -> TokenArrays:
    easy, hard, which = spell_texts([text])
    return tokenise_texts(hard if len(which) else easy, known_words())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS[:-3]), max_size=WINDOW_WORDS // 3).map(" ".join))
def test_a_short_text_scores_what_its_row_does(text: str) -> None:
    np.testing.assert_allclose(SCORER.raw([text]), by_rows([text]), atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS[:-3]), min_size=1, max_size=25), min_size=1, max_size=9)
)
def test_a_harm_is_the_worst_window_or_sentence_and_news_the_mean(parts: list[list[str]]) -> None:
    sentences = [" ".join(words) + " now." for words in parts]
    (found,) = SCORER.raw([" ".join(sentences)])
    every = [len(tokenise(normalise(sentence))) for sentence in sentences]
    whole = by_rows([" ".join(sentences[a:b]) for a, b in windows(every)])
    alone = by_rows(sentences) - kernels.SENTENCE_DISCOUNT
    worst = np.maximum(whole.max(axis=0), alone.max(axis=0))
    expected = np.where(HARMFUL, worst, whole.mean(axis=0))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(comments, min_size=1, max_size=5))
def test_a_text_scores_the_same_alone_and_among_others(texts: list[str]) -> None:
    alone = np.concatenate([SCORER.raw([text]) for text in texts])
    np.testing.assert_array_equal(SCORER.raw(texts), alone)


def test_a_text_scores_the_same_on_any_number_of_threads() -> None:
    texts = [f"the rats {number} are at the end. they y.u.o.n the rice" for number in range(2_000)]
    expected = SCORER.raw(texts)
    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(SCORER.raw, [texts] * 16):
            np.testing.assert_array_equal(found, expected)


@settings(max_examples=60, deadline=None)
@given(comments)
def test_frequent_words_change_no_score(text: str) -> None:
    without = Scorer(WEIGHTS, SCALES, BIASES, HASHER.char_ngrams, [])
    np.testing.assert_array_equal(SCORER.raw([text]), without.raw([text]))


@settings(max_examples=60, deadline=None)
@given(st.lists(comments, min_size=1, max_size=4))
def test_what_tokens_add_makes_up_a_sentences_score(sentences: list[str]) -> None:
    sequences = [tokenise(normalise(sentence)) for sentence in sentences]
    raw, shares = SCORER.explain(sequences)
    for sequence, one, some in zip(sequences, raw, shares, strict=True):
        assert len(some) == len(sequence)
        np.testing.assert_allclose(some.sum(axis=0) + BIASES, one, atol=1e-9)


@pytest.mark.parametrize("text", ["", "\n\n", "word " * 3_000, "x" * 9_000, "no. " * 2_000])
def test_any_length_has_a_score_and_as_many_windows_as_it_has_sentences_at_most(text: str) -> None:
    assert np.isfinite(SCORER.raw([text])).all()
    found = cut(text)
    sentences = np.count_nonzero(found.flags & 1)
    count = len(found.begins)
    n_windows = kernels.scores(
        found.bounds,
        found.flags,
        np.ones((count, WIDTH), np.int32),
        np.ones(count, np.int32),
        SCALES,
        BIASES,
        HARMFUL,
        np.empty((1, WIDTH)),
    )
    assert n_windows <= sentences
    assert sentences >= count // WINDOW_WORDS


def test_a_sentence_ends_with_a_line_with_full_stops_before_a_blank_and_after_sixty_tokens() -> (
    None
):
    def begin(text: str) -> list[int]:
        return np.flatnonzero(cut(text).flags & 1).tolist()

    assert begin("one two\nthree") == [0, 2]
    assert begin("one two?! three") == [0, 4]
    assert begin("one 2.5 three") == [0]
    assert begin("word " * 150) == [0, 60, 120]


def test_no_texts_have_no_scores() -> None:
    assert SCORER.raw([]).shape == (0, WIDTH)
    assert SCORER.explain([])[1] == []
