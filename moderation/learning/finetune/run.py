"""A fine-tuning run, from a pretrained network, the labelled set and the corpora to a model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console

from moderation.learning.encoder.model import EncoderModel, EncoderState
from moderation.learning.encoder.reading import WordpieceReader
from moderation.learning.finetune.base import Base, read_base
from moderation.learning.finetune.checkpoint import load_network, save_network
from moderation.learning.finetune.examples import Lesson, corpus_lesson, own_lesson
from moderation.learning.finetune.finish import empty_state, finish
from moderation.learning.finetune.fit import Schedule, fit_network
from moderation.learning.finetune.network import Network, pretrained
from moderation.learning.store.states import plain
from moderation.learning.training.place import (
    Candidate,
    Destination,
    Material,
    RunOutcome,
    describe,
    put_in_place,
)
from moderation.learning.training.run import check_place, progress
from moderation.text.sentences import SentenceCutter, learn_sentences


class Start(NamedTuple):
    """What fine-tuning starts from, and how it is done."""

    wheel: Path
    """The wheel that holds the pretrained network."""
    schedule: Schedule = Schedule()
    resume: bool = False
    """Whether to take the network that an earlier run fine-tuned from the same, and go on."""


def train_encoder(
    place: Destination, start: Start, material: Material, console: Console
) -> RunOutcome:
    """Fine-tune the encoder and put it in place, unless it would replace one and fails the gate.

    The fine-tuned network is kept beside the report, as the dearest thing there is.

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
    base, schedule = read_base(start.wheel), start.schedule
    with progress(console) as step:
        empty = start_state(base, material)
        reader = WordpieceReader(base.vocabulary, SentenceCutter(empty.sentences))
        manifest = describe(
            "encoder",
            place,
            material,
            material.corpora.train,
            ("nltk", "numpy", "onnxruntime", "tokenizers", "torch"),
        )
        manifest["base"] = base.origin
        manifest["training"] |= {"schedule": schedule._asdict(), "seed": schedule.seed}
        made_from = {"base": base.origin, "training": manifest["training"]}
        kept = place.report.with_suffix(".safetensors")
        lessons = lessons_of(material)
        if start.resume:
            network = load_network(kept, pretrained(base), made_from)
        else:
            network = mean_of(
                [
                    fit_network(
                        pretrained(base, seed=schedule.seed),
                        some,
                        reader,
                        empty.opening,
                        schedule,
                        step,
                    )
                    for some in (without_harmless(lessons), lessons)
                ]
            )
            save_network(kept, network, made_from)
        held_out = material.corpora.held_out
        finished = finish(network, lessons, empty, material.examples, held_out, step)
        manifest["rounding"] = {name: round(lost, 5) for name, lost in finished.lost.items()}
        state = EncoderState(**plain(finished.state._asdict()))
        model = EncoderModel(state, finished.network, manifest)
        candidate = Candidate(model, finished.network)
        return put_in_place(candidate, place, material, console, step)


def mean_of(networks: Sequence[Network]) -> Network:
    """Return the last network with the mean of all their weights.

    Networks fine-tuned from one start, which differ in what they learned, do together what none of
    them does alone (Wortsman et al., 2022).
    """
    states = [network.state_dict() for network in networks]
    networks[-1].load_state_dict(
        {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    )
    return networks[-1]


def without_harmless(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Return the lessons without "not flagged" where it is a corpus that says so.

    A network that learns from these finds far more of what is flagged, and holds most of what is
    merely coarse; one that learns from all is the other way round. Their mean is better than both.
    """
    return [one if one.own or one.flagged == 1 else one._replace(flagged=np.nan) for one in lessons]


def start_state(base: Base, material: Material) -> EncoderState:
    """Return the state before anything is learned but where sentences end."""
    numbers = json.loads(base.vocabulary)["model"]["vocab"]
    train = [example.text for example in material.examples if example.split == "train"]
    return empty_state(
        base.vocabulary, (numbers["[CLS]"], numbers["[SEP]"]), learn_sentences(train)
    )


def lessons_of(material: Material) -> list[Lesson]:
    """Return what there is to learn: our own train examples, then the corpora's."""
    own = [own_lesson(example) for example in material.examples if example.split == "train"]
    corpora = material.corpora
    others = map(corpus_lesson, corpora.train, corpora.said)
    return [*own, *(one for one in others if not np.isnan([*one.values, one.flagged]).all())]
