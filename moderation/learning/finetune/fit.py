"""Fine-tuning: many attributes at once, each learned from the texts that say something of it."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from moderation.learning.encoder.reading import WordpieceReader
from moderation.learning.finetune.augment import vary
from moderation.learning.finetune.examples import Lesson, TrainingWindows, batches, lines_of
from moderation.learning.finetune.network import Network, Scores
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED

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
