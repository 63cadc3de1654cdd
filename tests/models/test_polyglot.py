"""A text is judged by the model that knows its language, and all scores have one scale."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.models.base import Judgement, label_of, reaches_any
from moderation.models.encoder import EncoderModel
from moderation.models.polyglot import PolyglotModel, PolyglotState
from moderation.models.store import load_model, save_model
from moderation.models.store.models import component_of
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.document import Document, Steps

ENGLISH = PolyglotState(
    {"news": 0.5, "inflammatory": 0.6, "ethnic_hostility": 0.7},
    {"inflammatory": 0.4, "ethnic_hostility": 0.8},
)
OTHERS = PolyglotState(
    {"news": 0.9, "inflammatory": 0.3, "ethnic_hostility": 0.2},
    {"inflammatory": 0.1, "ethnic_hostility": 0.5},
)


class Encoder:
    """Gives every attribute of a text the number that it ends with."""

    def __init__(self, languages: Sequence[str], limits: PolyglotState) -> None:
        self.manifest: dict[str, Any] = {"languages": list(languages)}
        self.thresholds, self.review_thresholds = limits
        self.calls: list[str] = []

    def begin(self, texts: Sequence[str], lowest: Mapping[str, float]) -> Steps[list[Judgement]]:
        """Judge texts."""
        self.calls += texts
        assert set(lowest) == set(self.review_thresholds)
        yield
        scores = [float(text.rsplit(" ", 1)[1]) for text in texts]
        return [Judgement(dict.fromkeys(ATTRIBUTE_NAMES, one), (), ()) for one in scores]


def polyglot(
    english: PolyglotState = ENGLISH, others: PolyglotState = OTHERS
) -> tuple[PolyglotModel, Encoder, Encoder]:
    """Return a polyglot and the two models that it asks."""
    one, other = Encoder(["en"], english), Encoder(["en", "km", "th"], others)
    model = PolyglotModel(
        english,
        cast("EncoderModel", one),
        cast("EncoderModel", other),
        {"id": "both@1", "languages": ["en", "km", "th"]},
    )
    return model, one, other


def text(language: str | None, score: float) -> Document:
    """Return a text in a language that gets a score."""
    return Document.in_language(f"{language} {score}", language)


def test_a_text_is_judged_by_the_model_that_knows_its_language_and_answers_keep_their_order() -> (
    None
):
    model, english, others = polyglot()
    texts = [text("th", 0.95), text("en", 0.1), text(None, 0.2), text("km", 0.01)]
    judgements = model.judge(texts)
    assert english.calls == texts[1:3]
    assert others.calls == [texts[0], texts[3]]
    assert [j.scores["toxicity"] for j in judgements] == [0.95, 0.1, 0.2, 0.01]


def test_a_text_in_a_language_that_neither_knows_is_not_judged() -> None:
    model, english, others = polyglot()
    verdicts = Moderator(model, Policy.load(None)).judge([text("fi", 0.9), text("th", 0.0)])
    assert [verdict.judged for verdict in verdicts] == [False, True]
    assert english.calls == []
    assert others.calls == [text("th", 0.0)]


@given(st.floats(0, 1), st.sampled_from([(ENGLISH, OTHERS), (OTHERS, ENGLISH)]))
def test_a_text_is_labelled_and_held_just_where_the_model_of_its_language_would_do_so(
    score: float, limits: tuple[PolyglotState, PolyglotState]
) -> None:
    english, others = limits
    # A score at the very threshold may be rounded to either side.
    known = {*others.thresholds.values(), *others.review_thresholds.values()}
    if any(abs(score - limit) < 1e-6 for limit in known):
        return
    model, _, _ = polyglot(english, others)
    (judgement,) = model.judge([text("km", score)])
    alone = dict.fromkeys(ATTRIBUTE_NAMES, score)
    assert label_of(judgement.scores, model.thresholds) == label_of(alone, others.thresholds)
    assert reaches_any(judgement.scores, model.review_thresholds) == reaches_any(
        alone, others.review_thresholds
    )


def test_a_higher_score_stays_higher() -> None:
    model, _, _ = polyglot()
    scores = [step / 50 for step in range(51)]
    judgements = model.judge([text("km", score) for score in scores])
    for name in ATTRIBUTE_NAMES:
        moved = [judgement.scores[name] for judgement in judgements]
        assert moved == sorted(moved)
        assert all(0 <= score <= 1 for score in moved)


def test_thresholds_that_stand_the_other_way_round_hold_for_review() -> None:
    """Both cannot be met then, and the hold for review is the one that is kept."""
    turned = PolyglotState(OTHERS.thresholds | {"inflammatory": 0.05}, OTHERS.review_thresholds)
    model, _, _ = polyglot(ENGLISH, turned)
    below, above = model.judge([text("km", 0.099), text("km", 0.101)])
    limit = ENGLISH.review_thresholds["inflammatory"]
    assert below.scores["inflammatory"] < limit < above.scores["inflammatory"]


def test_a_polyglot_is_loaded_with_its_parts(small_encoder: Path, tmp_path: Path) -> None:
    part = load_model(small_encoder, small_encoder.parent)
    component = component_of(part, small_encoder).model_dump()
    manifest = {
        "id": "both@1",
        "tier": "polyglot",
        "languages": ["en", "km"],
        "parts": {"english": component, "others": component},
    }
    save_model(tmp_path / "both@1", PolyglotState(*ENGLISH), manifest, "card")
    model = load_model(tmp_path / "both@1", small_encoder.parent, threads=1)
    assert isinstance(model, PolyglotModel)
    assert model.others.id == "small@1"
    sentence = "the mother by the river"
    assert model.judge([sentence])[0].scores == part.judge([sentence])[0].scores


def test_a_polyglot_without_one_of_its_parts_is_refused_by_its_name(
    small_encoder: Path, tmp_path: Path
) -> None:
    component = component_of(load_model(small_encoder, tmp_path), small_encoder).model_dump()
    manifest = {"id": "both@1", "tier": "polyglot", "parts": {"english": component}}
    save_model(tmp_path / "both@1", PolyglotState(*ENGLISH), manifest, "card")
    with pytest.raises(Exception, match="others"):
        load_model(tmp_path / "both@1", small_encoder.parent)
