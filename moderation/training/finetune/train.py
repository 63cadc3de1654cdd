"""Fine-tuning: many attributes at once, each learned from the texts that say something of it."""

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
from moderation.models.store.states import plain
from moderation.models.wordpieces import WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from moderation.text.sentences import SentenceCutter, learn_sentences
from moderation.training.finetune.data import (
    Lesson,
    TrainingWindows,
    batches,
    corpus_lesson,
    lines_of,
    own_lesson,
    vary,
)
from moderation.training.finetune.export import empty_state, finish
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

# FOLDED checkpoint: A fine-tuned network on disk, so that what follows can be repeated without
# learning again.


def save_network(file: Path, network: Network, made_from: dict[str, Any]) -> None:
    """Write a network and what it was made from."""
    with storing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    write_bytes(file, save(weights, {"made_from": json.dumps(made_from)}))


def load_network(file: Path, network: Network, made_from: dict[str, Any]) -> Network:
    """Read into a network the weights that were made from the same.

    Parameters
    ----------
    file : Path
    network : Network
        Of the same shape; its weights are replaced.
    made_from : dict
        Labels, corpora, base and schedule, as a manifest has them.

    Raises
    ------
    InvalidInput
        If it cannot be read, or was made from something else.
    """
    try:
        with safe_open(file, "pt") as stored:
            notes = stored.metadata()
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InvalidInput(
            f"There is no fine-tuned network to go on with: {error}.",
            where=str(file),
            remedy="Run without --resume.",
        ) from None
    if json.loads(notes["made_from"]) != json.loads(json.dumps(made_from)):
        raise InvalidInput(
            "The network was made from other labels, corpora or choices.",
            where=str(file),
            remedy="Run without --resume.",
        )
    network.load_state_dict(weights)
    return network.eval()


_FLAGGED = [ATTRIBUTE_NAMES.index(label) for label in FLAGGED]
MAX_GRADIENT = 1.0


class Schedule(NamedTuple):
    """How the encoder is fine-tuned."""

    epochs: int = 3
    own_repeats: int = 4
    """How often an epoch shows an example of our own, each time varied anew."""
    rate: float = 1.5e-4
    """Highest learning rate; it rises over the first steps and falls to nothing."""
    warm: float = 0.06
    decay: float = 0.01
    batch_pieces: int = 4096
    words_weight: float = 0.5
    """How much the loss over words counts beside the loss over passages."""
    flagged_weight: float = 1.0
    seed: int = 0


class Batch(NamedTuple):
    """Windows side by side."""

    ids: Tensor
    lengths: Tensor
    values: Tensor
    flagged: Tensor
    words: Tensor


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
        Told what is done, for a progress display.
    """
    torch.manual_seed(schedule.seed)
    optimiser = torch.optim.AdamW(_groups(network, schedule), lr=schedule.rate, fused=True)
    network.train()
    for epoch in range(schedule.epochs):
        step(f"epoch {epoch + 1} of {schedule.epochs}: varying texts")
        lines = list(_epoch(lessons, reader, schedule, epoch))
        rng = np.random.default_rng([schedule.seed, epoch])
        some = list(batches(lines, rng, schedule.batch_pieces))
        losses = _learn(network, optimiser, some, opening, schedule, epoch)
        for number, loss in enumerate(losses, start=1):
            if number % 100 == 0:
                step(
                    f"epoch {epoch + 1} of {schedule.epochs}: {number} of {len(some)} batches, "
                    f"loss {loss:.4f}"
                )
    return network.eval()


def _learn(
    network: Network,
    optimiser: torch.optim.Optimizer,
    some: Sequence[Sequence[TrainingWindows]],
    opening: tuple[int, int],
    schedule: Schedule,
    epoch: int,
) -> Iterator[float]:
    """Learn from each batch and yield the loss, averaged over the last hundred or so."""
    mean = 0.0
    for number, chosen in enumerate(some):
        done = (epoch + number / len(some)) / schedule.epochs
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * _rate(done, schedule.warm)
        optimiser.zero_grad()
        loss = _loss(network, collate(chosen, opening), schedule)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT)
        optimiser.step()
        mean += (loss.item() - mean) / min(number + 1, 100)
        yield mean


def _rate(share: float, warm: float) -> float:
    return share / warm if share < warm else max(0.0, (1 - share) / (1 - warm))


def _groups(network: Network, schedule: Schedule) -> list[dict[str, object]]:
    """Weights shrink; biases, norms and the vectors of rare wordpieces do not."""
    named = list(network.named_parameters())
    shrunk = [p for name, p in named if p.ndim > 1 and "words" not in name]
    kept = [p for name, p in named if p.ndim <= 1 or "words" in name]
    return [
        {"params": shrunk, "weight_decay": schedule.decay},
        {"params": kept, "weight_decay": 0.0},
    ]


def _epoch(
    lessons: Sequence[Lesson], reader: WordpieceReader, schedule: Schedule, epoch: int
) -> Iterator[TrainingWindows]:
    rng = random.Random(schedule.seed * 1000 + epoch)  # noqa: S311  # it varies texts
    for lesson in lessons:
        for repeat in range(schedule.own_repeats if lesson.own else 1):
            first = repeat == 0 and lesson.own
            yield from lines_of(lesson if first else vary(lesson, rng), reader)


def collate(lines: Sequence[TrainingWindows], opening: tuple[int, int]) -> Batch:
    """Lay windows side by side, each between its opening and closing sign."""
    first, last = opening
    ids = [torch.tensor([first, *line.window.ids.tolist(), last]) for line in lines]
    edge = np.full((1, len(ATTRIBUTE_NAMES)), np.nan)
    words = [torch.tensor(np.concatenate([edge, line.words, edge])) for line in lines]
    return Batch(
        pad_sequence(ids, batch_first=True),
        torch.tensor([len(one) for one in ids]),
        torch.tensor(np.array([line.values for line in lines])).float(),
        torch.tensor([line.flagged for line in lines]).float(),
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


def _cross_entropy(raw: Tensor, right: Tensor) -> Tensor:
    known = ~right.isnan()
    if not known.any():
        return raw.sum() * 0
    return functional.binary_cross_entropy_with_logits(raw[known], right[known])


def _flagged_loss(raw: Tensor, batch: Batch) -> Tensor:
    """Return the loss of "at least one flagged label holds", where no more than that is known."""
    open_values = batch.values[:, _FLAGGED].isnan().any(dim=1)
    known = ~batch.flagged.isnan() & open_values
    if not known.any():
        return raw.sum() * 0
    none_holds = -functional.softplus(raw[known]).sum(dim=1)
    one_holds = torch.log(-torch.expm1(none_holds.clamp(max=-1e-6)))
    right = batch.flagged[known]
    return -(right * one_holds + (1 - right) * none_holds).mean()


# FOLDED run: A fine-tuning run, from a pretrained network, the labelled set and the corpora to a
# model.


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
