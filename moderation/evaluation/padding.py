"""Padding: whether decent sentences around a hostile one hide it, or add up to hostility."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from moderation.evaluation.metrics import mean
from moderation.labels.records import Example
from moderation.models.base import Judge, reaches_any
from moderation.taxonomy import FLAGGED

TEXTS = 75
"""Hostile texts that are padded, and decent texts that are made of several."""
MAX_CHARACTERS = 200
"""Characters of a hostile text, and of each decent one around it, at most."""
POSITIONS = 5
"""Places of the hostile text, from the beginning to the end."""
LENGTHS = (4, 8, 16)
"""Decent texts around it."""


class Padding(NamedTuple):
    """Shares of texts that go to review."""

    alone: float
    """Of hostile texts as they stand."""
    padded: float
    """Of the same between decent ones, at all positions and lengths."""
    decent: float
    """Of decent texts as they stand."""
    decent_together: float
    """Of as many texts of 16 decent ones each."""

    @property
    def lost(self) -> float:
        """The recall that padding costs."""
        return self.alone - self.padded


def padding(model: Judge, examples: Sequence[Example], seed: int = 0) -> Padding:
    """Measure what decent sentences around a text change.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        Short ones are used: flagged ones that the model holds as they stand come first, so that
        there is something to lose.
    seed : int
        It draws the decent texts.
    """
    rng = random.Random(seed)  # noqa: S311  # it draws texts
    short = [example for example in examples if len(example.text) <= MAX_CHARACTERS]
    harmless = [example.text for example in short if not any(example.attributes.values())]
    flagged = [example.text for example in short if example.label in FLAGGED]
    rng.shuffle(flagged)
    held = dict(zip(flagged, _held(model, flagged), strict=True))
    hostile = sorted(flagged, key=lambda text: not held[text])[:TEXTS]
    padded = [
        _between(text, rng.choices(harmless, k=length), position)
        for text in hostile
        for length in LENGTHS
        for position in range(POSITIONS)
    ]
    decent = rng.sample(harmless, min(TEXTS, len(harmless)))
    together = [" ".join(rng.choices(harmless, k=LENGTHS[-1])) for _ in decent]
    return Padding(*(mean(_held(model, texts)) for texts in (hostile, padded, decent, together)))


def _between(text: str, around: Sequence[str], position: int) -> str:
    at = round(position * len(around) / (POSITIONS - 1))
    return " ".join([*around[:at], text, *around[at:]])


def _held(model: Judge, texts: Sequence[str]) -> list[bool]:
    return [reaches_any(j.scores, model.review_thresholds) for j in model.judge(texts)]
