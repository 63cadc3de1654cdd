"""Fine-tuning the encoder, from labels and corpora to a model in its place.

Two networks are fine-tuned. The first, the teacher, learns from our own examples, from some of the
judged texts and from what these foretell of the others. What it then says of all texts, together
with the rest of the judgements, gives the values from which the second learns, which is shipped.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console

from moderation.corpora import CorpusText
from moderation.models.encoder import EncoderModel, EncoderState
from moderation.models.store.states import as_stored
from moderation.models.wordpieces import WordpieceReader
from moderation.splits import Shares, split_by_hash
from moderation.text.segmentation import SentenceCutter, learn_sentences
from moderation.training.data import taught_values
from moderation.training.finetune.checkpoint import Checkpoint
from moderation.training.finetune.data import Lessons, corpus_lesson, judged_lesson, own_lesson
from moderation.training.finetune.export import empty_state, export, raw_scores
from moderation.training.finetune.fit import Schedule, fit_network
from moderation.training.finetune.network import Base, Network, pretrained, read_base
from moderation.training.judged import Judged, Odds
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

_FOR_TEACHER: Shares = (("train", 0.3), ("dev", 0.7))
"""Of the judged train texts, the share that the teacher learns from. The others tell how far it can
be believed on texts that it has not seen."""


class Start(NamedTuple):
    """The pretrained network and the schedules of a fine-tuning run."""

    wheel: Path
    """The wheel that holds the pretrained network."""
    schedule: Schedule = Schedule()
    teacher: Schedule | None = None
    """The teacher's; None to learn without one."""
    resume: bool = False
    """True to go on from the last finished epoch of an earlier run on the same data."""


class Run(NamedTuple):
    """All that both networks of a run have in common."""

    base: Base
    empty: EncoderState
    reader: WordpieceReader
    made_from: dict[str, Any]
    folder: Path
    """The folder of the checkpoints."""
    name: str
    step: Callable[[str], None]

    def fit(self, part: str, lessons: Lessons, schedule: Schedule) -> Network:
        """Fine-tune one of the networks, or go on with it."""
        made_from = {**self.made_from, "part": part, "schedule": schedule._asdict()}
        file = self.folder / f"{self.name}.{part}.safetensors"
        return fit_network(
            pretrained(self.base, seed=schedule.seed),
            lessons,
            self.reader,
            self.empty.opening,
            schedule,
            lambda message: self.step(f"{part}: {message}"),
            Checkpoint(file, made_from),
        )

    def forget(self) -> None:
        """Delete the checkpoints of earlier runs."""
        for file in self.folder.glob(f"{self.name}.*.safetensors"):
            file.unlink()


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
            "teacher": start.teacher and start.teacher._asdict(),
            "seed": start.schedule.seed,
        }
        made_from = {"base": base.origin, "training": manifest["training"]}
        run = Run(base, empty, reader, made_from, place.report.parent, place.report.stem, step)
        if not start.resume:
            run.forget()
        taught = material.corpora.train
        if start.teacher:
            taught = _taught_by(run, start.teacher, material)
        lessons = lessons_of(material, material.corpora.judged_of("train"), taught)
        network = run.fit("encoder", lessons, start.schedule)
        exported = export(network, lessons, empty, material, step)
        manifest["rounding"] = {name: round(lost, 5) for name, lost in exported.lost.items()}
        state = EncoderState(**as_stored(exported.state._asdict()))
        model = EncoderModel(state, exported.network, manifest)
        candidate = Candidate(model, exported.network)
        return put_in_place(candidate, place, material, console, step)


def _taught_by(run: Run, schedule: Schedule, material: Material) -> list[CorpusText]:
    """Fine-tune the teacher, and return the corpora's texts with the values that it teaches."""
    corpora = material.corpora
    seen, unseen = shared_out(corpora.judged_of("train"))
    teacher = run.fit("teacher", lessons_of(material, seen, corpora.train), schedule)
    run.step("asking the teacher")
    texts = [judged.text for judged in unseen] + [text.text for text in corpora.unmasked]
    odds = raw_scores(teacher, run.reader, run.empty.opening, texts)
    return taught_values(corpora, unseen, Odds(odds[: len(unseen)], odds[len(unseen) :]))


def shared_out(judged: list[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Return the judged texts from which a teacher learns, and those that it never sees."""
    shares = [split_by_hash(one.of_corpus.id, _FOR_TEACHER) == "train" for one in judged]
    return (
        [one for one, mine in zip(judged, shares, strict=True) if mine],
        [one for one, mine in zip(judged, shares, strict=True) if not mine],
    )


def start_state(base: Base, material: Material) -> EncoderState:
    """Return the state in which only sentence boundaries are learned."""
    numbers = json.loads(base.vocabulary)["model"]["vocab"]
    train = [example.text for example in material.examples if example.split == "train"]
    return empty_state(
        base.vocabulary, (numbers["[CLS]"], numbers["[SEP]"]), learn_sentences(train)
    )


def lessons_of(material: Material, judged: list[Judged], taught: list[CorpusText]) -> Lessons:
    """Return all lessons.

    Parameters
    ----------
    material : Material
    judged : list of Judged
        Texts to learn from as they were judged.
    taught : list of CorpusText
        The texts of `material.corpora.unmasked`, with the values to learn.
    """
    others = map(corpus_lesson, taught, material.corpora.unmasked)
    return Lessons(
        [own_lesson(example) for example in material.examples if example.split == "train"],
        [judged_lesson(one) for one in judged],
        [lesson for lesson in others if not np.isnan([*lesson.values, lesson.flagged]).all()],
    )
