"""Training data repeats no held-out text, and has no harm that its corpus labels one-sidedly."""

import math
from pathlib import Path

import pytest

from moderation.corpora import CorpusState, CorpusText
from moderation.labels.records import read_examples
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.data import gather, mask_one_sided

pytestmark = pytest.mark.slow

INSULT, NEWS = ATTRIBUTE_NAMES.index("insult"), ATTRIBUTE_NAMES.index("news")


def text(source: str, **said: float) -> CorpusText:
    values = tuple(said.get(name, math.nan) for name in ATTRIBUTE_NAMES)
    return CorpusText("some words", values, source, "1", "train")


def test_a_harm_that_a_corpus_knows_one_way_only_is_made_unknown() -> None:
    (alone,) = mask_one_sided([text("davidson", insult=0.0, news=0.0)])
    assert math.isnan(alone.values[INSULT])
    assert alone.values[NEWS] == 0
    both = mask_one_sided([text("davidson", insult=0.0), text("davidson", insult=1.0)])
    assert [one.values[INSULT] for one in both] == [0, 1]


def test_ordinary_writing_teaches_what_is_harmless() -> None:
    (ordinary,) = mask_one_sided([text("wikinews", insult=0.0)])
    assert ordinary.values[INSULT] == 0


def test_a_folder_that_is_not_there_gives_nothing_and_says_so(
    tiny_labels: Path, tmp_path: Path
) -> None:
    gathered = gather(tmp_path / "none", read_examples(tiny_labels), tiny_labels)
    assert gathered.train == gathered.held_out == []
    assert set(gathered.states.values()) == {CorpusState.ABSENT}
    assert "corpora used: none; absent: davidson" in gathered.summary()


@pytest.fixture
def real(shared: Path, tiny_labels: Path) -> tuple[set[str], set[str]]:
    gathered = gather(shared / "corpora", read_examples(tiny_labels), tiny_labels)
    assert 0 < gathered.leaks < 5_000
    assert {one.split for one in gathered.train} == {"train"}
    assert {one.split for one in gathered.held_out} == {"dev"}
    assert sum(one.source == "templates" for one in gathered.train) < len(gathered.train) / 4
    return {one.text for one in gathered.train}, {one.text for one in gathered.held_out}


def test_nothing_that_measures_trains(real: tuple[set[str], set[str]]) -> None:
    train, held_out = real
    assert len(train) > 50_000
    assert not train & held_out
