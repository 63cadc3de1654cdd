"""Evidence is the words that speak for a score."""

import numpy as np
import pytest

from moderation.learning.evidence import evident_sentences, trim
from moderation.learning.reading import Sentence
from moderation.text.normalise import normalise
from moderation.text.tokens import tokens

TEXT = "Well, they are vermin, my friend."
TOKENS = tokens(normalise(TEXT))
SENTENCE = Sentence(0, len(TEXT), TOKENS)


def test_sentences_over_the_threshold_are_evidence_else_the_hottest_one() -> None:
    assert evident_sentences(np.array([0.1, 0.9, 0.6]), 0.5) == [1, 2]
    assert evident_sentences(np.array([0.1, 0.3, 0.2]), 0.5) == [1]


def test_a_lukewarm_sentence_is_no_evidence_beside_a_hot_one() -> None:
    assert evident_sentences(np.array([0.7, 0.999]), 0.5) == [1]
    assert evident_sentences(np.array([0.7, 0.9]), 0.5) == [0, 1]
    assert evident_sentences(np.array([1.0, 1.0]), 0.5) == [0, 1]


@pytest.mark.parametrize(
    ("slack", "kept"), [(0.0, "they are vermin"), (9.0, "Well, they are vermin, my friend.")]
)
def test_evidence_is_cut_where_words_no_longer_speak_for_it(slack: float, kept: str) -> None:
    shares = np.array([-1, -1, 1, 0.5, 5, -2, -1, -1, -1], dtype=float)
    start, end = trim(SENTENCE, shares, slack)
    assert TEXT[start:end] == kept


def test_a_sentence_of_signs_alone_is_its_own_evidence() -> None:
    assert trim(Sentence(2, 4, []), np.array([]), 0.5) == (2, 4)
