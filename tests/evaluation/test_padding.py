"""Decent sentences around a hostile one are measured at every place, and by themselves."""

from collections.abc import Sequence

import pytest

from moderation.evaluation.padding import LENGTHS, POSITIONS, padding
from moderation.labels.records import Example
from moderation.models.base import Judgement
from tests.evaluation.scripted import Scripted, judgement
from tests.tiny import records

EXAMPLES = [Example(**row) for row in records()]


class Diluted(Scripted):
    """Holds a text if the share of its characters that is hostile is high enough."""

    def __init__(self, least: float) -> None:
        super().__init__({}, hold=0.5, label=0.5)
        self.least = least
        self.seen: list[str] = []
        self.hostile = [e.text for e in EXAMPLES if e.evidence]

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Judge texts by what part of them is known to be hostile."""
        self.seen += texts
        shares = [
            max(len(bad) * (bad in text) / len(text) for bad in self.hostile) for text in texts
        ]
        return [judgement(float(share >= self.least and share > 0)) for share in shares]


def test_a_model_that_is_not_diluted_loses_nothing() -> None:
    found = padding(Diluted(0.0), EXAMPLES)
    assert (found.alone, found.padded, found.lost) == (1, 1, 0)
    assert found.decent == found.decent_together == 0


def test_a_model_that_looks_at_shares_loses_what_stands_among_much() -> None:
    model = Diluted(0.1)
    found = padding(model, EXAMPLES)
    assert found.alone == 1
    assert 0 < found.padded < 1
    assert found.lost == pytest.approx(found.alone - found.padded)


def test_the_hostile_text_stands_at_the_beginning_in_the_middle_and_at_the_end() -> None:
    model = Diluted(0.0)
    padding(model, EXAMPLES)
    bad = model.hostile[0]
    places = [text.index(bad) / len(text) for text in model.seen if bad in text and text != bad]
    assert len(places) == POSITIONS * len(LENGTHS)
    assert min(places) == 0
    assert max(places) > 0.7
    assert any(0.2 < place < 0.7 for place in places)
