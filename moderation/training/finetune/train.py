"""Fine-tuning the encoder, from labels and corpora to a model in its place.

It learns from our own examples, from judged texts of corpora, and from the other texts of these,
with the values that the judgements and the scores of a teacher, an older encoder, foretell.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console

from moderation.corpora import CorpusText
from moderation.models.encoder import EncoderModel, EncoderState
from moderation.models.store.states import as_stored
from moderation.models.wordpieces import WordpieceReader
from moderation.text.segmentation import SentenceCutter, learn_sentences
from moderation.training.data import taught_values
from moderation.training.finetune.checkpoint import Checkpoint
from moderation.training.finetune.data import Lessons, corpus_lesson, judged_lesson, own_lesson
from moderation.training.finetune.export import empty_state, export
from moderation.training.finetune.fit import Schedule, fit_network
from moderation.training.finetune.network import Base, pretrained, read_base
from moderation.training.judged import Odds
from moderation.training.pipeline import (
    Candidate,
    Destination,
    Material,
    RunOutcome,
    check_place,
    describe,
    progress,
    put_in_place,
)


class Start(NamedTuple):
    """The pretrained network and the schedules of a fine-tuning run."""

    wheel: Path
    """The wheel that holds the pretrained network."""
    schedule: Schedule = Schedule()
    teacher: EncoderModel | None = None
    """The encoder whose scores help to foretell how texts would be judged; None for none."""
    resume: bool = False
    """True to go on from the last finished epoch of an earlier run on the same data."""


def train_encoder(
    place: Destination, start: Start, material: Material, console: Console
) -> RunOutcome:
    """Fine-tune the encoder and put it in place, unless it fails the gate and there is an old one.

    The networks are kept beside the report after each epoch, since they take longest to make.

    Parameters
    ----------
    place : Destination
    start : Start
    material : Material
    console : Console

    Raises
    ------
    InvalidGate, InvalidInput, InvalidModel
    """
    check_place(place)
    base = read_base(start.wheel)
    with progress(console) as step:
        empty = start_state(base, material)
        reader = WordpieceReader(
            base.vocabulary, SentenceCutter(empty.sentences), spoken=empty.spoken
        )
        manifest = describe(
            "encoder",
            place,
            material,
            material.corpora.train,
            ("nltk", "numpy", "onnxruntime", "scikit-learn", "tokenizers", "torch"),
        )
        manifest["base"] = base.origin
        manifest["training"] |= {
            "schedule": start.schedule._asdict(),
            "teacher": start.teacher and start.teacher.id,
            "seed": start.schedule.seed,
        }
        file = place.report.with_suffix(".safetensors")
        checkpoint = Checkpoint(file, {"base": base.origin, "training": manifest["training"]})
        if not start.resume:
            file.unlink(missing_ok=True)
        lessons = lessons_of(material, _taught_by(start.teacher, material, step))
        network = fit_network(
            pretrained(base, seed=start.schedule.seed),
            lessons,
            reader,
            empty.opening,
            start.schedule,
            step,
            checkpoint,
        )
        exported = export(network, lessons, empty, material, step)
        manifest["rounding"] = {name: round(lost, 5) for name, lost in exported.lost.items()}
        state = EncoderState(**as_stored(exported.state._asdict()))
        model = EncoderModel(state, exported.network, manifest)
        candidate = Candidate(model, exported.network)
        return put_in_place(candidate, place, material, console, step)


def _taught_by(
    teacher: EncoderModel | None, material: Material, step: Callable[[str], None]
) -> list[CorpusText]:
    """Return the texts of corpora that were not judged, with the values to learn."""
    corpora = material.corpora
    if teacher is None or not corpora.unmasked:
        return corpora.train
    step(f"asking {teacher.id}")
    judged = corpora.judged_of("train")
    odds = Odds(
        teacher.raw_scores([one.text for one in judged]),
        teacher.raw_scores([text.text for text in corpora.unmasked]),
    )
    return taught_values(corpora, judged, odds)


def start_state(base: Base, material: Material) -> EncoderState:
    """Return the state in which only sentence boundaries are learned."""
    numbers = json.loads(base.vocabulary)["model"]["vocab"]
    train = [example.text for example in material.examples if example.split == "train"]
    return empty_state(
        base.vocabulary, (numbers["[CLS]"], numbers["[SEP]"]), learn_sentences(train)
    )


def lessons_of(material: Material, taught: list[CorpusText]) -> Lessons:
    """Return all lessons.

    Parameters
    ----------
    material : Material
    taught : list of CorpusText
        The texts of `material.corpora.unmasked`, with the values to learn.
    """
    others = map(corpus_lesson, taught, material.corpora.unmasked)
    return Lessons(
        [own_lesson(example) for example in material.examples if example.split == "train"],
        [judged_lesson(one) for one in material.corpora.judged_of("train")],
        [lesson for lesson in others if not np.isnan([*lesson.values, lesson.flagged]).all()],
    )
