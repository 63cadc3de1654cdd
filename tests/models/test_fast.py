"""The fast tier: its stored weights, its start, and the words that it shows as evidence."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from moderation.models.fast import FastModel, evident_sentences, trim
from moderation.models.store import load_model
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.normalise import normalise
from moderation.text.segmentation import Sentence, tokenise
from moderation.training.fit import as_bytes, frequent_words
from tests.conftest import ROOT

TEXTS = [
    "The Chinese are vermin, drive them out!",
    "My mother sold rice.",
    "Police said on Monday.",
]


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> FastModel:
    found = load_model(tiny_model, tiny_model.parent)
    assert isinstance(found, FastModel)
    return found


def test_judgements_have_the_scores_that_arrays_have(model: FastModel) -> None:
    rows = model.probabilities(TEXTS)
    assert rows.shape == (len(TEXTS), len(ATTRIBUTE_NAMES))
    for row, judgement in zip(rows, model.judge(TEXTS), strict=True):
        assert list(judgement.scores.values()) == row.tolist()


def test_weights_are_kept_as_bytes_in_a_file_that_processes_share(model: FastModel) -> None:
    assert model.state.weights.dtype == np.int8
    assert not model.state.weights.flags.owndata


def test_rounded_weights_are_within_half_a_step_of_what_was_learned() -> None:
    learned = np.random.default_rng(0).normal(size=(50, 3)) * [1, 10, 0]
    weights, scales = as_bytes(learned)
    assert np.abs(weights * scales - learned).max() <= scales.max() / 2 + 1e-6
    assert np.abs(weights[:, :2]).max(axis=0).tolist() == [127, 127]
    assert not weights[:, 2].any()


def test_frequent_words_come_most_frequent_first_without_names_of_peoples() -> None:
    texts = ["The rice, the Thai rice and the river", "the сад"]
    assert frequent_words(texts, 3) == ["the", "rice", ","]
    assert "thai" not in frequent_words(texts, 99)


def test_importing_the_package_does_not_load_the_compiler() -> None:
    program = "import sys, moderation; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


TEXT = "Well, they are vermin, my friend."
TOKENS = tokenise(normalise(TEXT))
SENTENCE = Sentence(0, len(TEXT), TOKENS)


def test_sentences_over_the_threshold_are_evidence_else_the_highest_one() -> None:
    assert evident_sentences(np.array([0.1, 0.9, 0.6]), 0.5) == [1, 2]
    assert evident_sentences(np.array([0.1, 0.3, 0.2]), 0.5) == [1]


def test_a_doubtful_sentence_is_no_evidence_beside_a_certain_one() -> None:
    assert evident_sentences(np.array([0.7, 0.999]), 0.5) == [1]
    assert evident_sentences(np.array([0.7, 0.9]), 0.5) == [0, 1]
    assert evident_sentences(np.array([1.0, 1.0]), 0.5) == [0, 1]


@pytest.mark.parametrize(
    ("slack", "kept"), [(0.0, "they are vermin"), (9.0, "Well, they are vermin, my friend.")]
)
def test_evidence_is_cut_where_words_no_longer_speak_for_it(slack: float, kept: str) -> None:
    contributions = np.array([-1, -1, 1, 0.5, 5, -2, -1, -1, -1], dtype=float)
    start, end = trim(SENTENCE, contributions, slack)
    assert TEXT[start:end] == kept


def test_a_sentence_of_signs_alone_is_its_own_evidence() -> None:
    assert trim(Sentence(2, 4, []), np.array([]), 0.5) == (2, 4)
