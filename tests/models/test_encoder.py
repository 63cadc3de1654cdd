"""The encoder judges any text, alone or among others; its evidence is whole words."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models import encoder
from moderation.models.base import Floats, Ints
from moderation.models.encoder import (
    EncoderModel,
    EncoderSession,
    EvidenceLimits,
    WindowScores,
    Words,
    combine_windows,
    evidence_spans,
    merge_words,
    runs,
    sentence_scores,
)
from moderation.models.store import load_model
from moderation.models.wordpieces import Window
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from tests.conftest import ROOT
from tests.models.wordpieces import OPENING, TOKENS

SHIPPED = "encoder@2027.01"
TEXTS = ["the damn river", "", "🐀 ខ្មែរ", "mother has a boat. " * 90, "vermin", "the damn river"]
NONE = ["", " \n", "\u200b\u200d"]
HARMFUL, NEWS = ATTRIBUTE_NAMES.index("insult"), ATTRIBUTE_NAMES.index("news")


@pytest.fixture(scope="module")
def shipped() -> EncoderModel:
    model = load_model(SHIPPED, ROOT / "models", threads=1)
    assert isinstance(model, EncoderModel)
    return model


def test_a_text_is_judged_the_same_alone_and_among_others(
    small_model: EncoderModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [judgement for text in TEXTS for judgement in small_model.judge([text])]
    assert small_model.judge(TEXTS) == alone
    monkeypatch.setattr(encoder, "CHUNK", 2)
    assert small_model.judge(TEXTS) == alone


def test_texts_without_wordpieces_are_judged_and_have_no_evidence(
    small_model: EncoderModel,
) -> None:
    judgements = small_model.judge(NONE)
    assert len(judgements) == len(NONE)
    for judgement in judgements:
        assert set(judgement.scores) == set(ATTRIBUTE_NAMES)
        assert all(0 <= score <= 1 for score in judgement.scores.values())
        assert (judgement.spans, judgement.targets) == ((), ())
    assert small_model.judge([]) == []


@settings(deadline=None, max_examples=40)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_evidence_lies_in_the_text_in_order(small_model: EncoderModel, text: str) -> None:
    (judgement,) = small_model.judge([text])
    starts = [span.start for span in judgement.spans]
    assert starts == sorted(starts)
    assert all(0 <= span.start < span.end <= len(text) for span in judgement.spans)
    (encoded,) = small_model.encode([text])
    found = {span.attribute for span in judgement.spans}
    assert found == (set(map(str, FLAGGED)) if len(encoded.words.starts) else set())


def test_a_harm_counts_as_its_worst_window_and_news_as_the_mean() -> None:
    passages = np.zeros((2, len(ATTRIBUTE_NAMES)))
    passages[:, HARMFUL] = passages[:, NEWS] = [1, 5]
    raw = combine_windows(passages)
    assert (raw[HARMFUL], raw[NEWS]) == (5, 3)


def test_one_vile_sentence_in_a_comment_of_2000_words_is_found(shipped: EncoderModel) -> None:
    mild = "My mother sells noodles by the river, and the new bridge helps her. " * 80
    vile = "All Thai people are filthy vermin and must be driven out of our country."
    text = f"{mild}{vile} {mild}"
    assert len(text.split()) > 2000
    without, judgement = shipped.judge([mild + mild, text])
    assert judgement.scores["ethnic_hostility"] >= shipped.thresholds["ethnic_hostility"]
    assert without.scores["ethnic_hostility"] < shipped.review_thresholds["ethnic_hostility"]
    evident = [s for s in judgement.spans if s.attribute == "ethnic_hostility"]
    start = text.index(vile)
    hottest = max(evident, key=lambda span: span.score)
    assert start - 3 <= hottest.start <= start  # the full stop before it may be in it
    assert hottest.end == start + len(vile)
    assert all(abs(span.start - start) < 2 * len(vile) for span in evident)
    assert judgement.targets == ("Thai",)


LENGTHS = (0, 1, 1, 1, 4, 4, 4, 4, 4, 9, 30, 30, 30, 126, 126)


def window(length: int, seed: int) -> Window:
    ids = np.random.default_rng(seed).integers(4, len(TOKENS), length).astype(np.int32)
    places = np.arange(length, dtype=np.int32)
    return Window(ids, places, places + 1, places)


WINDOWS = [window(length, seed) for seed, length in enumerate(LENGTHS)]


@pytest.fixture(scope="module")
def network(small_encoder: Path) -> bytes:
    (file,) = small_encoder.glob("network-*.onnx")
    return file.read_bytes()


@pytest.fixture(scope="module")
def one_thread(network: bytes) -> EncoderSession:
    return EncoderSession(network, OPENING, 1)


@pytest.fixture(scope="module")
def alone(one_thread: EncoderSession) -> list[WindowScores]:
    return [scored for one in WINDOWS for scored in one_thread.score([one])]


def assert_same(found: list[WindowScores], right: list[WindowScores], most: float = 0.0) -> None:
    assert len(found) == len(right)
    for one, other in zip(found, right, strict=True):
        np.testing.assert_allclose(one.passage, other.passage, rtol=0, atol=most)
        np.testing.assert_allclose(one.words, other.words, rtol=0, atol=most)


def test_windows_differ_in_their_scores(alone: list[WindowScores]) -> None:
    assert len({tuple(scored.passage.tolist()) for scored in alone}) == len(WINDOWS)
    assert [len(scored.words) for scored in alone] == list(LENGTHS)


@settings(deadline=None, max_examples=25)
@given(indices=st.lists(st.integers(0, len(WINDOWS) - 1), max_size=25))
def test_any_grouping_gives_the_same_scores_bit_for_bit(
    one_thread: EncoderSession, alone: list[WindowScores], indices: list[int]
) -> None:
    found = one_thread.score([WINDOWS[index] for index in indices])
    assert_same(found, [alone[index] for index in indices])


def test_more_windows_than_go_through_at_once_give_the_same_scores(
    one_thread: EncoderSession, alone: list[WindowScores], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder, "BATCH_PIECES", 12)
    assert_same(one_thread.score(WINDOWS), alone)


def test_two_threads_give_the_same_scores(network: bytes, alone: list[WindowScores]) -> None:
    assert_same(EncoderSession(network, OPENING, 2).score(WINDOWS), alone, 1e-6)


TEXT = "they are vermin and thieves , my friend"


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int32)


def words(scores: list[float]) -> Words:
    starts, at = [], 0
    for word in TEXT.split():
        starts.append(at)
        at += len(word) + 1
    ends = [start + len(word) for start, word in zip(starts, TEXT.split(), strict=True)]
    count = len(scores)
    return Words(ints(*starts[:count]), ints(*ends[:count]), np.array([scores]).T)


def shown(scores: list[float], limits: EvidenceLimits) -> list[str]:
    return [TEXT[s.start : s.end] for s in evidence_spans(words(scores), 0, limits, "insult")]


HALF = EvidenceLimits(0.5)


@pytest.mark.parametrize(
    ("evident", "gap", "found"),
    [
        ([], 1, []),
        ([0, 0], 1, []),
        ([1, 1, 0, 0, 1], 1, [(0, 1), (4, 4)]),
        ([1, 0, 1, 0, 0, 1], 1, [(0, 2), (5, 5)]),
        ([1, 0, 1], 0, [(0, 0), (2, 2)]),
    ],
)
def test_runs_are_joined_over_small_gaps_only(
    evident: list[int], gap: int, found: list[tuple[int, int]]
) -> None:
    assert list(runs(np.array(evident, dtype=bool), gap)) == found


def test_words_over_the_threshold_are_evidence() -> None:
    assert shown([0, 0, 0.9, 0, 0.8, 0, 0, 0], HALF) == ["vermin and thieves"]
    assert shown([0.9, 0, 0, 0, 0.8, 0, 0, 0], HALF) == ["they", "thieves"]


def test_the_highest_word_is_evidence_where_none_reaches_the_threshold() -> None:
    assert shown([0, 0, 0.2, 0, 0.05, 0, 0, 0], HALF) == ["vermin"]
    assert shown([0.2, 0, 0, 0, 0.19, 0, 0, 0], HALF) == ["they", "thieves"]


def test_a_word_far_below_the_highest_is_no_evidence() -> None:
    scores = [0.9, 0, 0, 0, 0.4, 0, 0, 0]
    assert shown(scores, EvidenceLimits(0.1, share=0.5)) == ["they"]
    assert shown(scores, EvidenceLimits(0.1, share=0.3)) == ["they", "thieves"]


def test_nothing_is_evidence_where_the_highest_word_falls_short() -> None:
    scores = [0.2, 0, 0, 0, 0.6, 0, 0, 0]
    assert shown(scores, EvidenceLimits(0.5, highest=0.7)) == []
    assert shown(scores, EvidenceLimits(0.5, highest=0.6)) == ["thieves"]


def test_a_span_is_as_likely_as_its_highest_word() -> None:
    (span,) = evidence_spans(words([0, 0, 0.6, 0.7, 0.9, 0, 0, 0]), 0, HALF, "insult")
    assert (span.attribute, span.score) == ("insult", 0.9)


@given(st.lists(st.floats(0, 1), max_size=8), st.floats(0, 1))
def test_evidence_is_there_wherever_there_is_a_word_and_stays_inside_the_text(
    scores: list[float], threshold: float
) -> None:
    spans = list(evidence_spans(words(scores), 0, EvidenceLimits(threshold), "insult"))
    assert bool(spans) == bool(scores)
    assert all(0 <= span.start < span.end <= len(TEXT) for span in spans)
    assert all(one.end < other.start for one, other in pairwise(spans))


def test_a_word_scores_as_its_highest_piece_in_any_window() -> None:
    def column(*values: float) -> Floats:
        return np.array([values]).T

    first = Window(ints(1, 2), ints(0, 4), ints(4, 6), ints(0, 0))
    then = Window(ints(2, 3), ints(4, 7), ints(6, 9), ints(0, 1))
    none = np.zeros(1)
    found = merge_words(
        [first, then],
        [WindowScores(none, column(-9, 0)), WindowScores(none, column(-9, np.log(3)))],
    )
    assert (found.starts.tolist(), found.ends.tolist()) == ([0, 7], [6, 9])
    np.testing.assert_allclose(found.scores[:, 0], [0.5, 0.75])


def test_a_sentence_scores_as_its_highest_word_and_0_without_any() -> None:
    scores = sentence_scores(words([0.1, 0.2, 0.9, 0.3]), [(0, 8), (9, 19), (20, 30)], 0)
    assert scores == [0.2, 0.9, 0.0]
