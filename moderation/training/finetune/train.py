"""Fine-tuning the encoder, from labels and corpora to a model in its place.

It learns from our own examples, from judged texts of corpora, and from the other texts of these,
with the values that the judgements and the scores of a teacher, an older encoder, foretell. All
attributes are learned at once, each from the texts in which it is known.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from rich.console import Console
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from moderation.corpora import CorpusText
from moderation.models.encoder import EncoderModel, EncoderState
from moderation.models.store.states import as_stored
from moderation.models.wordpieces import MAX_PIECES, WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED
from moderation.text.segmentation import SentenceCutter, learn_sentences
from moderation.training.data import taught_values
from moderation.training.finetune.data import (
    MAX_SURROUNDED,
    SURROUNDED,
    Lesson,
    Lessons,
    TrainingWindow,
    batches,
    corpus_lesson,
    judged_lesson,
    own_lesson,
    surround,
    training_windows,
    vary,
)
from moderation.training.finetune.export import empty_state, export
from moderation.training.finetune.network import Checkpoint, Network, Scores
from moderation.training.finetune.pretrained import MINILM, Base, BaseWheel, pretrained, read_base
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

_FLAGGED = [ATTRIBUTE_NAMES.index(label) for label in FLAGGED]
MAX_GRADIENT = 1.0


class Schedule(NamedTuple):
    """Hyperparameters of fine-tuning."""

    epochs: int = 3
    own_repeats: int = 2
    """Repetitions of an example of our own in an epoch, each in another variation."""
    judged_repeats: int = 2
    """Repetitions of a judged text of a corpus."""
    corpora_texts: int = 45_000
    """Other texts of corpora in an epoch, drawn anew for each."""
    english_texts: int = 0
    """Examples and judged texts in English in an epoch, drawn anew, for other languages."""
    rate: float = 1.5e-4
    """Highest learning rate; it rises over the first steps and then falls to 0."""
    warm: float = 0.06
    decay: float = 0.01
    batch_pieces: int = 4096
    words_weight: float = 0.5
    """Weight of the loss over words; the loss over passages has 1."""
    flagged_weight: float = 1.0
    seed: int = 0


MULTILINGUAL = Schedule(
    epochs=2,
    own_repeats=3,
    corpora_texts=30_000,
    rate=2e-4,
    english_texts=16_000,
)
"""The hyperparameters of the multilingual network."""


class Batch(NamedTuple):
    """Windows of a batch, padded to one length."""

    ids: Tensor
    lengths: Tensor
    values: Tensor
    flagged: Tensor
    words: Tensor


class Readers(NamedTuple):
    """The readers of texts to learn from."""

    short: WordpieceReader
    """Cuts as the model will, for texts of which each window's values are known."""
    long: WordpieceReader
    """Keeps a text together as far as it can, for those of which only the whole is known."""

    @classmethod
    def of(cls, state: EncoderState) -> Self:
        """Return the readers for a model of that state."""
        cutter = SentenceCutter(state.sentences)
        short, long = (
            WordpieceReader(
                state.vocabulary,
                cutter,
                spoken=state.spoken,
                length=length,
                composed=state.composed,
            )
            for length in (state.window, MAX_PIECES)
        )
        return cls(short, long)

    def windows(self, lesson: Lesson) -> Iterator[TrainingWindow]:
        """Yield a lesson's windows."""
        return training_windows(lesson, self.short if lesson.is_located else self.long)


class Start(NamedTuple):
    """The pretrained network and the schedules of a fine-tuning run."""

    wheel: Path
    """The wheel that holds the pretrained network."""
    source: BaseWheel = MINILM
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
    base = read_base(start.wheel, start.source)
    with progress(console) as step:
        empty = start_state(base, material)
        readers = Readers.of(empty)
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
            readers,
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
    examples = [*material.english, *material.examples]
    sentences = learn_sentences(example.text for example in examples if example.split == "train")
    if base.composed:
        sentences["scripts"] = True
    return empty_state(base.vocabulary, base.opening, sentences, composed=base.composed)


def lessons_of(material: Material, taught: list[CorpusText]) -> Lessons:
    """Return all lessons.

    Parameters
    ----------
    material : Material
    taught : list of CorpusText
        The texts of `material.corpora.unmasked`, with the values to learn.
    """
    others = map(corpus_lesson, taught, material.corpora.unmasked)
    lessons = Lessons(
        [own_lesson(example) for example in material.examples if example.split == "train"],
        [judged_lesson(one) for one in material.corpora.judged_of("train")],
        [lesson for lesson in others if not np.isnan([*lesson.values, lesson.flagged]).all()],
    )
    if not material.english:
        return lessons
    english = [own_lesson(example) for example in material.english if example.split == "train"]
    return lessons._replace(judged=[], english=[*english, *lessons.judged])


def fit_network(  # noqa: PLR0913, PLR0917  # a network, its data, its input, and how
    network: Network,
    lessons: Lessons,
    readers: Readers,
    opening: tuple[int, int],
    schedule: Schedule,
    step: Callable[[str], None],
    checkpoint: Checkpoint | None = None,
) -> Network:
    """Fine-tune a network in place and return it, ready to judge.

    Parameters
    ----------
    network : Network
    lessons : Lessons
    readers : Readers
    opening : (int, int)
        The wordpieces that open and close a window.
    schedule : Schedule
    step : callable
        Called with a description of the current step, for a progress display.
    checkpoint : Checkpoint, optional
        Written after each epoch; if it is there, fine-tuning goes on from it.

    Raises
    ------
    InvalidInput
        If the checkpoint cannot be used.
    """
    optimiser = torch.optim.AdamW(_groups(network, schedule), lr=schedule.rate, fused=True)
    done = checkpoint.read(network, optimiser) if checkpoint else 0
    for epoch in range(done, schedule.epochs):
        step(f"epoch {epoch + 1} of {schedule.epochs}: varying texts")
        network.train()
        # Seeded by the epoch, so that a run that goes on is the same as one that never stopped.
        torch.manual_seed(schedule.seed * 1000 + epoch)
        windows = list(_epoch(lessons, readers, schedule, epoch))
        rng = np.random.default_rng([schedule.seed, epoch])
        in_batches = list(batches(windows, rng, schedule.batch_pieces))
        losses = _train_epoch(network, optimiser, in_batches, opening, schedule, epoch)
        for number, loss in enumerate(losses, start=1):
            if number % 100 == 0:
                step(
                    f"epoch {epoch + 1} of {schedule.epochs}: {number} of "
                    f"{len(in_batches)} batches, loss {loss:.4f}"
                )
        if checkpoint:
            checkpoint.write(network, optimiser, epoch + 1)
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
    named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    decaying = [p for name, p in named if p.ndim > 1 and "words" not in name]
    others = [p for name, p in named if p.ndim <= 1 or "words" in name]
    return [
        {"params": decaying, "weight_decay": schedule.decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _epoch(
    lessons: Lessons, readers: Readers, schedule: Schedule, epoch: int
) -> Iterator[TrainingWindow]:
    """Yield the windows of one epoch: the lessons chosen for it, most of them varied."""
    rng = random.Random(schedule.seed * 1000 + epoch)  # noqa: S311  # it varies texts
    for part, repeats in (
        (lessons.own, schedule.own_repeats),
        (lessons.judged, schedule.judged_repeats),
    ):
        decent = [lesson.text for lesson in part if _is_decent(lesson)]
        for lesson in part:
            yield from readers.windows(lesson)
            for _ in range(repeats - 1):
                varied = surround(lesson, decent, rng) if rng.random() < SURROUNDED else lesson
                yield from readers.windows(varied if varied is not lesson else vary(lesson, rng))
    for part, texts in (
        (lessons.corpora, schedule.corpora_texts),
        (lessons.english, schedule.english_texts),
    ):
        for lesson in rng.sample(part, min(texts, len(part))):
            yield from readers.windows(vary(lesson, rng))


def _is_decent(lesson: Lesson) -> bool:
    """Tell whether a text is short, does no harm and is no news."""
    return len(lesson.text) <= MAX_SURROUNDED and not np.any(lesson.values > 0)


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
