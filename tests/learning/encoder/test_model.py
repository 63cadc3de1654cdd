"""The encoder tier judges any text, long or empty, alone or among others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.learning.encoder import model as encoder
from moderation.learning.encoder.model import EncoderModel, combine
from moderation.learning.store import load_model
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from tests.conftest import ROOT

SHIPPED = "encoder@2026.12"
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
    (read,) = small_model.read([text])
    found = {span.attribute for span in judgement.spans}
    assert found == (set(map(str, FLAGGED)) if len(read.words.starts) else set())


def test_a_harm_counts_as_its_worst_window_and_news_as_the_mean() -> None:
    passages = np.zeros((2, len(ATTRIBUTE_NAMES)))
    passages[:, HARMFUL] = passages[:, NEWS] = [1, 5]
    raw = combine(passages)
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
