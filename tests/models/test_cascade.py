"""The cascade gives the encoder the texts that the fast tier is not sure of, and no others."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pytest

from moderation.models import cascade
from moderation.models.base import Floats, Judgement
from moderation.models.cascade import CascadeModel, CascadeState, is_sure
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.taxonomy import ATTRIBUTE_NAMES

N = len(ATTRIBUTE_NAMES)


class Fast:
    """Gives every attribute the number that the text consists of."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Score texts."""
        self.calls.append(list(texts))
        return np.array([[float(text)] * N for text in texts])


class Encoder:
    """Gives every text scores above 1, which differ from the fast tier's."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.lowest: Mapping[str, float] = {}

    def judge(self, texts: Sequence[str], lowest: Mapping[str, float]) -> list[Judgement]:
        """Judge texts."""
        self.calls.append(list(texts))
        self.lowest = lowest
        return [judged(1 + float(text)) for text in texts]


def judged(score: float) -> Judgement:
    return Judgement(dict.fromkeys(ATTRIBUTE_NAMES, score), (), ())


@pytest.fixture
def tiers() -> tuple[Fast, Encoder, CascadeModel]:
    fast, encoder = Fast(), Encoder()
    state = CascadeState(
        np.full(N, 0.1),
        np.full(N, 0.9),
        {"news": 0.5, "inflammatory": 0.4},
        {"inflammatory": 0.2},
    )
    model = CascadeModel(
        state, cast("FastModel", fast), cast("EncoderModel", encoder), {"id": "both@1"}
    )
    return fast, encoder, model


def test_only_what_the_fast_tier_is_unsure_of_reaches_the_encoder_and_order_is_kept(
    tiers: tuple[Fast, Encoder, CascadeModel],
) -> None:
    fast, encoder, model = tiers
    found = model.judge(["0.05", "0.5", "0.95", "0.2", "0.01"])
    assert encoder.calls == [["0.5", "0.2"]]
    assert found == [judged(score) for score in (0.05, 1.5, 0.95, 1.2, 0.01)]
    assert len(fast.calls) == 1


def test_each_tier_is_asked_once_a_chunk(
    tiers: tuple[Fast, Encoder, CascadeModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    fast, encoder, model = tiers
    texts = ["0.5", "0.05", "0.3", "0.4", "0.6"]
    whole = model.judge(texts)
    monkeypatch.setattr(cascade, "CHUNK", 2)
    fast.calls.clear()
    encoder.calls.clear()
    assert model.judge(texts) == whole
    assert fast.calls == [["0.5", "0.05"], ["0.3", "0.4"], ["0.6"]]
    assert encoder.calls == [["0.5"], ["0.3", "0.4"], ["0.6"]]


def test_nothing_to_judge_is_no_error(tiers: tuple[Fast, Encoder, CascadeModel]) -> None:
    assert tiers[2].judge([]) == []


def test_thresholds_and_id_are_the_cascades_own(
    tiers: tuple[Fast, Encoder, CascadeModel],
) -> None:
    model = tiers[2]
    assert (model.id, model.thresholds, model.review_thresholds) == (
        "both@1",
        {"news": 0.5, "inflammatory": 0.4},
        {"inflammatory": 0.2},
    )


def test_evidence_is_looked_for_from_where_the_cascade_makes_something_of_a_score(
    tiers: tuple[Fast, Encoder, CascadeModel],
) -> None:
    _, encoder, model = tiers
    model.judge(["0.5"])
    assert encoder.lowest == {"inflammatory": 0.2}


def test_one_doubtful_attribute_makes_a_text_doubtful() -> None:
    rows = np.array([[0.05, 0.05], [0.05, 0.5], [0.95, 0.05], [0.95, 0.95]])
    lows, highs = np.array([0.1, 0.1]), np.array([0.9, np.inf])
    assert is_sure(rows, lows, highs).tolist() == [True, False, True, False]
