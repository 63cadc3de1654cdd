"""Fine-tuning learns from texts and from marked words, and the same from the same seed."""

from pathlib import Path

import numpy as np
import pytest
import torch

from moderation.corpora import CorpusText
from moderation.corpora.corpus import values_of
from moderation.models.encoder import WindowScores, merge_words
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from moderation.training.data import Gathered
from moderation.training.finetune.data import Lesson, Lessons, training_windows
from moderation.training.finetune.network import Checkpoint, Network
from moderation.training.finetune.train import Readers, Schedule, collate, fit_network, lessons_of
from moderation.training.pipeline import Material
from tests.models.wordpieces import OPENING, small_reader
from tests.training.finetune.small import (
    INSULT,
    lesson,
    only,
    small_network,
)

READER = small_reader()
READERS = Readers(READER, READER)
SCHEDULE = Schedule(epochs=4, rate=1e-2, batch_pieces=128)
LESSONS = [lesson(word, bad=bad) for word, bad in (("vermin", True), ("boat", False))] * 40
FLAGGED_COLUMNS = [ATTRIBUTE_NAMES.index(label) for label in FLAGGED]


def fit(lessons: list[Lesson], seed: int = 0) -> tuple[Network, list[str]]:
    told: list[str] = []
    network = small_network(seed)
    schedule = SCHEDULE._replace(seed=seed)
    found = fit_network(network, Lessons([], [], lessons), READERS, OPENING, schedule, told.append)
    return found, told


@pytest.fixture(scope="module")
def learned() -> Network:
    return fit(LESSONS)[0]


def score(network: Network, text: str) -> WindowScores:
    (window,) = READER.read(text)
    ids = torch.tensor([[OPENING[0], *window.ids.tolist(), OPENING[1]]])
    with torch.no_grad():
        scores = network(ids, torch.tensor([ids.shape[1]]))
    return WindowScores(scores.passages[0].numpy(), scores.words[0, 1:-1].numpy())


def test_texts_of_which_nothing_is_known_are_no_lessons(tiny_material: Material) -> None:
    silent, rude = (
        CorpusText("the boat", values_of(**said), "goemotions", "1", "train")
        for said in ({}, {"toxicity": 1.0})
    )
    corpora = Gathered([silent, rude], [silent, rude], [], [], {}, 0)
    material = tiny_material._replace(corpora=corpora)
    lessons = lessons_of(material, corpora.train)
    assert [lesson.values.tolist() for lesson in lessons.corpora] == [
        pytest.approx(rude.values, nan_ok=True)
    ]


def test_two_words_are_told_apart(learned: Network) -> None:
    bad = score(learned, "the vermin by the river").passage[INSULT]
    good = score(learned, "the boat by the river").passage[INSULT]
    assert bad > 2
    assert good < -2


def test_the_word_that_was_marked_is_found(learned: Network) -> None:
    text = "the vermin by the river"
    words = merge_words(READER.read(text), [score(learned, text)])
    assert text[words.starts[1] : words.ends[1]] == "vermin"
    assert words.scores[:, INSULT].argmax() == 1
    assert words.scores[1, INSULT] > 0.5 > np.delete(words.scores[:, INSULT], 1).max()


def test_the_same_seed_gives_the_same_weights_and_another_one_others(learned: Network) -> None:
    again, told = fit(LESSONS)
    mine, theirs = learned.state_dict(), again.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())
    assert told[0] == "epoch 1 of 4: varying texts"
    other, _ = fit(LESSONS[:8], seed=1)
    assert not torch.equal(other.pool.weight, learned.pool.weight)


def test_a_text_known_only_as_flagged_raises_one_of_the_flagged_labels() -> None:
    unknown = only(INSULT, np.nan)
    lessons = [
        Lesson("the vermin by the river", unknown, 1.0),
        Lesson("the boat by the river", unknown, 0.0),
    ]
    found, _ = fit(lessons * 120)
    bad = score(found, lessons[0].text).passage[FLAGGED_COLUMNS]
    good = score(found, lessons[1].text).passage[FLAGGED_COLUMNS]
    assert bad.max() > 1
    assert good.max() < -1


def test_of_windows_side_by_side_only_what_is_known_counts() -> None:
    lines = [line for one in LESSONS[:2] for line in training_windows(one, READER)]
    batch = collate(lines, OPENING)
    assert batch.ids[:, 0].tolist() == [OPENING[0]] * 2
    assert batch.lengths.tolist() == [len(line.window.ids) + 2 for line in lines]
    assert batch.words[:, 0].isnan().all()
    assert not batch.words[0, 2, INSULT].isnan()


def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    lessons = Lessons([], LESSONS[:20], [])
    whole = small_network()
    fit_network(whole, lessons, READERS, OPENING, SCHEDULE, print)
    checkpoint = Checkpoint(tmp_path / "kept.safetensors", {})

    def killed(message: str) -> None:
        if message.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_network(small_network(), lessons, READERS, OPENING, SCHEDULE, killed, checkpoint)
    again: list[str] = []
    found = fit_network(
        small_network(seed=1), lessons, READERS, OPENING, SCHEDULE, again.append, checkpoint
    )
    assert again[0] == "epoch 3 of 4: varying texts"
    theirs = found.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in whole.state_dict().items())
