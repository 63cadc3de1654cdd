"""On a real stream it counts how many decent comments are held, and how many bad ones are found."""

import math

import pytest

from moderation.evaluation.streams import stream_result
from moderation.taxonomy import Label
from tests.evaluation.scripted import Scripted

DECENT = [f"decent {number}" for number in range(100)]
BAD = [f"bad {number}" for number in range(10)]
LABELS = (
    [Label.CIVIL] * 90 + [Label.NEWS] * 10 + [Label.INFLAMMATORY] * 6 + [Label.ETHNIC_HOSTILITY] * 4
)


def judged_as(scores: dict[str, float]) -> Scripted:
    """Return a model that holds from .9 and labels from .7."""
    return Scripted(scores, hold=0.9, label=0.7)


def test_each_share_is_of_its_own_kind_of_comment() -> None:
    scores = dict.fromkeys(DECENT, 0.1) | {"decent 1": 0.95, "decent 2": 0.8, "decent 3": 0.71}
    scores |= dict.fromkeys(BAD, 0.92) | {"bad 0": 0.05, "bad 1": 0.75}
    found = stream_result(judged_as(scores), [*DECENT, *BAD], LABELS)
    assert (found.comments, found.flagged) == (110, 10)
    assert found.held_decent == 0.01
    assert found.labelled_decent == 0.03
    assert found.held_flagged == 0.8
    assert 0.85 < found.auc < 0.95


def test_found_is_what_lies_above_all_but_three_in_a_hundred_decent_ones() -> None:
    scores = dict.fromkeys(DECENT, 0.1) | {"decent 1": 0.95, "decent 2": 0.8, "decent 3": 0.71}
    scores |= dict.fromkeys(BAD, 0.72) | {"bad 0": 0.05}
    found = stream_result(judged_as(scores), [*DECENT, *BAD], LABELS)
    assert found.found == pytest.approx(0.9)


def test_a_stream_without_anything_bad_has_no_auc() -> None:
    found = stream_result(judged_as(dict.fromkeys(DECENT, 0.95)), DECENT, LABELS[:100])
    assert math.isnan(found.auc)
    assert math.isnan(found.found)
    assert found.held_decent == 1
