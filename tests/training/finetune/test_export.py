"""The limits of evidence are those under which the words of dev are marked best."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import numpy as np

from moderation.models.base import Floats
from moderation.models.encoder import EncoderModel, EvidenceLimits, Words
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.training.finetune.export import Marked, best_limits

INSULT = ATTRIBUTE_NAMES.index("insult")
TEXT = "you are vermin my friend"


class Encoded(NamedTuple):
    """A text with scores that are given."""

    words: Words
    raw: Floats


class Given:
    """A model with given scores for each text: the passage's, then its words'."""

    def __init__(self, *scores: tuple[float, list[float]]) -> None:
        self.scores = scores

    def encode(self, texts: list[str]) -> Iterator[Encoded]:
        """Yield the texts' scores in turn."""
        starts, ends = np.array([0, 4, 8, 15, 18], np.int32), np.array([3, 7, 14, 17, 24], np.int32)
        for _, (passage, words) in zip(texts, self.scores, strict=True):
            values = np.zeros((5, len(ATTRIBUTE_NAMES)))
            values[:, INSULT] = words
            raw = np.full(len(ATTRIBUTE_NAMES), passage)
            yield Encoded(Words(starts, ends, values), raw)

    def calibrated(self, raw: Floats) -> Floats:
        """Return the scores as they are."""
        return raw


def limits_of(
    model: Given, right: list[set[int]], highest: tuple[float, ...] = (0.0,)
) -> EvidenceLimits:
    marked = Marked([TEXT] * len(right), right)
    passages = (PRESENT,) if len(highest) == 1 else (0.1, PRESENT)
    return best_limits(cast("EncoderModel", model), marked, "insult", highest, passages)


VERMIN = set(range(8, 14))


def test_the_word_limit_lies_between_right_and_wrong_words() -> None:
    first, second = (0.9, [0.2, 0, 0.9, 0, 0.4]), (0.9, [0, 0.2, 0.9, 0, 0.4])
    chosen = limits_of(Given(first, second), [VERMIN | set(range(18, 24))] * 2)
    assert 0.2 < max(chosen.word, chosen.share * 0.9) <= 0.4


def test_where_toxic_words_are_often_absent_only_high_ones_are_evidence() -> None:
    sure, weak = (0.9, [0.0, 0, 0.9, 0, 0]), (0.9, [0.0, 0, 0.4, 0, 0])
    chosen = limits_of(Given(sure, weak, sure, weak), [VERMIN, set()] * 2, (0.0, 0.2, 0.6, 0.95))
    assert chosen.highest == 0.6


def test_where_they_are_absent_from_mild_passages_these_are_passed_over() -> None:
    sure, mild = (0.9, [0.0, 0, 0.9, 0, 0]), (0.2, [0.0, 0, 0.9, 0, 0])
    chosen = limits_of(Given(sure, mild, sure, mild), [VERMIN, set()] * 2, (0.0, 0.6))
    assert chosen.passage == PRESENT


def test_a_label_always_has_evidence() -> None:
    weak = (0.01, [0.0, 0, 0.1, 0, 0])
    chosen = limits_of(Given(weak), [VERMIN])
    assert (chosen.highest, chosen.passage) == (0.0, PRESENT)
