"""Texts judged in steps get the same verdicts as at once, to the last bit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models.cascade import CascadeModel, CascadeState
from moderation.models.encoder import STEP_PIECES, EncoderModel, EncoderSession, WindowScores
from moderation.models.fast import FastModel
from moderation.models.wordpieces import Window
from moderation.moderator import Moderator
from moderation.policy import Policy, WordLists
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.document import STEP_CHARACTERS, Document, Steps, finish
from tests.tiny import records

SENTENCES = [record["text"] for record in records()]
LONG = " ".join(SENTENCES) * 4
GERMAN = "Die Gemeinde sollte ihre Rechnungen vor Montag veröffentlichen."
TEXTS = [*SENTENCES[:12], LONG, "🐀 ខ្មែរ " * 40, "th3 T h a i " * 300, LONG.replace("e", "é")]
WORDS = Policy(
    name="lists",
    review={"inflammatory": "model", "ethnic_hostility": "model"},
    words=WordLists(review=("river",), block=("filthy pig",)),
)

wild = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
pieces = st.lists(st.one_of(st.sampled_from(SENTENCES), wild), min_size=1, max_size=40)
texts = st.lists(
    pieces.map(" ".join).filter(lambda text: bool(text.strip())), min_size=1, max_size=4
)


@pytest.fixture(scope="module")
def fast(tiny_moderator: Moderator) -> FastModel:
    model = tiny_moderator.model
    assert isinstance(model, FastModel)
    return model


@pytest.fixture(scope="module")
def cascade(fast: FastModel, small_model: EncoderModel) -> CascadeModel:
    """Return a cascade whose fast tier is sure of some of the sentences above."""
    middle = np.median(fast.probabilities(SENTENCES), axis=0)
    lows, highs = middle * 1.5, np.full(len(ATTRIBUTE_NAMES), np.inf)
    state = CascadeState(lows, highs, fast.thresholds, fast.review_thresholds)
    return CascadeModel(state, fast, small_model, {"id": "both@1"})


@pytest.fixture(scope="module", params=["fast", "small_model", "cascade"])
def moderator(request: pytest.FixtureRequest) -> Moderator:
    """Return a moderator of each tier in turn, with word lists."""
    return Moderator(request.getfixturevalue(request.param), WORDS)


@settings(deadline=None, max_examples=25)
@given(texts=texts)
def test_in_steps_every_tier_says_what_it_says_at_once(
    moderator: Moderator, texts: list[str]
) -> None:
    assert finish(moderator.begin(texts)) == moderator.judge(texts)


@pytest.mark.parametrize("name", ["fast@2026.12", "encoder@2026.12", "cascade@2026.12"])
def test_in_steps_the_shipped_models_say_what_they_say_at_once(name: str) -> None:
    shipped = Moderator.load(name, threads=1)
    found = finish(shipped.begin(TEXTS))
    assert found == shipped.judge(TEXTS)
    assert any(verdict.spans and verdict.targets for verdict in found)


def test_two_texts_in_steps_between_each_other_do_not_mix(moderator: Moderator) -> None:
    steps = [moderator.begin([text]) for text in TEXTS]
    found = dict[int, object]()
    while len(found) < len(TEXTS):
        for place, each in enumerate(steps):
            if place not in found:
                try:
                    next(each)
                except StopIteration as end:
                    found[place] = end.value[0]
    assert [found[place] for place in range(len(TEXTS))] == moderator.judge(TEXTS)


def test_a_model_that_cannot_pause_is_judged_with_all_the_same(fast: FastModel) -> None:
    class Whole:
        id, manifest = fast.id, fast.manifest
        thresholds, review_thresholds = fast.thresholds, fast.review_thresholds
        judge = staticmethod(fast.judge)

    moderator = Moderator(Whole(), WORDS)
    assert finish(moderator.begin(TEXTS)) == Moderator(fast, WORDS).judge(TEXTS)


def test_no_step_of_the_network_is_longer_than_one_long_window(
    small_model: EncoderModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment of 50,000 characters is not judged in one run of seconds."""
    sizes: list[int] = []
    run = EncoderSession._run

    def counted(self: EncoderSession, windows: list[Window]) -> object:
        sizes.append(sum(len(window.ids) + 2 for window in windows))
        return run(self, windows)

    monkeypatch.setattr(EncoderSession, "_run", counted)
    text = (LONG * 5)[:50_000]
    steps = small_model.begin([text, *SENTENCES])
    between = [len(sizes) for _ in steps]
    assert max(sizes) <= STEP_PIECES
    # At most one run from one pause to the next.
    assert max(np.diff([0, *between])) == 1
    assert len(sizes) > 100


def test_a_long_text_is_read_in_steps(fast: FastModel) -> None:
    cutter = fast._cutter
    text = (LONG * 5)[:50_000]

    def counted(steps: Steps[list[object]]) -> tuple[int, list[object]]:
        count = 0
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return count, end.value
            count += 1

    count, found = counted(Document(text).begin_sentences(cutter))  # type: ignore[arg-type]
    assert found == Document(text).sentences(cutter)
    assert 50_000 / STEP_CHARACTERS / 2 < count <= 50_000 / STEP_CHARACTERS


def test_what_is_not_judged_to_the_end_costs_no_more(
    small_model: EncoderModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    score = EncoderSession.begin

    def counted(
        self: EncoderSession, windows: list[Window], pieces: int
    ) -> Steps[list[WindowScores]]:
        begun.append(len(windows))
        return score(self, windows, pieces)

    monkeypatch.setattr(EncoderSession, "begin", counted)
    steps = Moderator(small_model, WORDS).begin([LONG])
    next(steps)
    steps.close()
    assert begun == []


def test_what_the_model_does_not_know_keeps_its_place_and_is_never_shown_to_it(
    moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = SENTENCES[:12]
    mixed = [each for text in english for each in (GERMAN, text)]
    asked: list[str] = []
    for name in ("judge", "begin"):
        method = getattr(moderator.model, name)

        def noting(texts: Sequence[str], *more: Any, method: Any = method) -> Any:
            asked.extend(texts)
            return method(texts, *more)

        monkeypatch.setattr(moderator.model, name, noting)
    found = moderator.judge(mixed)
    assert finish(moderator.begin(mixed)) == found
    assert GERMAN not in asked
    assert set(english) <= set(asked)
    assert found[1::2] == moderator.judge(english)
    for verdict in found[::2]:
        assert (verdict.judged, verdict.label, verdict.language) == (False, None, "de")
        assert (verdict.scores, verdict.spans, verdict.targets) == ({}, (), ())
        assert verdict.reasons == ("language",)
    assert finish(moderator.begin([GERMAN])) == moderator.judge([GERMAN])
