"""Whoever pins an older model gets the scores that it gave when it was shipped."""

import pytest

from moderation.models.store import load_model
from tests.conftest import ROOT

TEXTS = (
    "The mayor answered our letter within a week.",
    "You are a brainless clown and nobody asked you.",
    "> These people are rats, <b>all</b> of them, see https://example.org/rats",
)
SCORES = {
    "fast@2026.12": [(0.192, 0.014), (0.995, 0.007), (0.908, 0.344)],
    "encoder@2026.12": [(0.024, 0.010), (0.822, 0.029), (0.771, 0.135)],
    "cascade@2026.12": [(0.024, 0.010), (0.822, 0.029), (0.771, 0.135)],
}
"""Toxicity and ethnic hostility of each text, measured when these models were shipped."""
PROCESSORS = 0.01
"""The difference that the rounding of another kind of processor may make."""


@pytest.mark.parametrize("name", SCORES)
def test_an_older_model_scores_as_it_did(name: str) -> None:
    judged = load_model(name, ROOT / "models").judge(TEXTS)
    found = [(one.scores["toxicity"], one.scores["ethnic_hostility"]) for one in judged]
    assert found == [pytest.approx(pair, abs=PROCESSORS) for pair in SCORES[name]]
