"""Export of a fine-tuned network as a model: quantised, calibrated, with thresholds chosen on dev.

The quantised graph has fixed scales, so the range of the inputs of each matrix product is measured
on texts beforehand.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from moderation.errors import InvalidModel
from moderation.evaluation.metrics import auc_where_known, character_f1
from moderation.labels.records import Example
from moderation.models.base import HOSTILITY, Floats
from moderation.models.encoder import (
    EncoderModel,
    EncoderState,
    EvidenceLimits,
    combine_windows,
    evidence_spans,
    sentence_scores,
)
from moderation.models.wordpieces import Window, WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, PRESENT, Label
from moderation.text.document import Document
from moderation.text.segmentation import SentenceCutter
from moderation.training.calibration import calibrate
from moderation.training.data import Dataset, Labelled
from moderation.training.finetune.data import Lessons
from moderation.training.finetune.network import Network
from moderation.training.finetune.onnx_graph import Ranges, build_graph
from moderation.training.fit import fit_targets
from moderation.training.pipeline import Material

PRODUCTS = ("attend", "merge", "widen", "narrow", "pool")
"""Modules whose inputs are quantised."""
SAMPLE = 1600
"""Texts on which ranges are measured, half of them of our own."""
BATCH = 32
"""Windows that go through the network at once."""
MAX_LOST = 0.005
"""AUC that rounding weights and activations to 8 bits may cost any attribute on dev."""
TOXICITY = "toxicity"

WINDOW = 56
"""Wordpieces that a model judges together: two or three sentences, so that what stands before one
is seen. Of hostile texts held alone, 87 % were still held between decent ones on dev, with 126
80 %; with 28 it was 90 %, but texts made of 16 decent ones were held 14 points more often."""

_GRID = [round(step / 20, 2) for step in range(1, 20)]
_SHARES = (0.2, 0.3, 0.5, 0.7)
_HIGHEST = (0.0, *_GRID)
_PASSAGES = (0.05, 0.1, 0.2, 0.3, PRESENT)


class Exported(NamedTuple):
    """A model's network and state."""

    network: bytes
    state: EncoderState
    lost: dict[str, float]
    """AUC that rounding cost on dev, by attribute."""


def export(
    network: Network,
    lessons: Lessons,
    empty: EncoderState,
    material: Material,
    step: Callable[[str], None],
) -> Exported:
    """Quantise a network, calibrate it, and choose its thresholds.

    Parameters
    ----------
    network : Network
    lessons : Lessons
        The lessons that it learned from; ranges are measured on some of them.
    empty : EncoderState
        Vocabulary, special wordpieces and sentence boundaries; the rest is not learned yet.
    material : Material
        Dev is for calibration, our own train examples for targets; marked words of the corpora's
        dev texts choose the threshold of a toxic word.
    step : callable
        Called with a description of the next step.
    """
    reader = WordpieceReader(
        empty.vocabulary,
        SentenceCutter(empty.sentences),
        spoken=empty.spoken,
        length=empty.window,
        composed=empty.composed,
    )
    step("measuring ranges")
    graph = build_graph(
        network, measure_ranges(network, _sample_windows(lessons, reader), empty.opening)
    )
    dev = material.calibrating
    step("comparing with what was not rounded")
    lost = rounding_loss(network, EncoderModel(empty, graph, {}), reader, dev)
    step("calibrating on dev")
    state = empty._replace(**calibrate(EncoderModel(empty, graph, {}).raw_scores(dev.texts), dev))
    step("choosing from when a word is evidence")
    state = _choose_evidence(EncoderModel(state, graph, {}), material)
    step("learning targets")
    state = _fit_targets(EncoderModel(state, graph, {}), material.examples)
    return Exported(graph, state, lost)


def empty_state(
    vocabulary: str,
    opening: tuple[int, int],
    sentences: dict[str, object],
    *,
    composed: bool = False,
) -> EncoderState:
    """Return the state of a model that has a network and nothing else yet."""
    ones = np.ones(len(ATTRIBUTE_NAMES))
    return EncoderState(
        packed_vocabulary=zlib.compress(vocabulary.encode(), 9),
        opening=opening,
        slopes=ones,
        offsets=0 * ones,
        thresholds=dict.fromkeys(map(str, LABELLING), 0.5),
        review_thresholds=dict.fromkeys(map(str, FLAGGED), 0.5),
        evidence={},
        sentences=sentences,
        target_weights=np.zeros(0),
        target_bias=0.0,
        spoken=True,
        window=WINDOW,
        composed=composed,
    )


def measure_ranges(
    network: Network, windows: Sequence[Window], opening: tuple[int, int]
) -> dict[str, Ranges]:
    """Return the ranges of each product's inputs over some windows, by the product's name."""
    inputs = defaultdict[str, list[Tensor]](list)
    hooks = [
        module.register_forward_pre_hook(_collector(inputs[name]))
        for name, module in network.named_modules()
        if name.split(".")[-1] in PRODUCTS
    ]
    first, last = opening
    with torch.no_grad():
        for window in windows:
            ids = torch.tensor([[first, *window.ids.tolist(), last]])
            network(ids, torch.tensor([ids.shape[1]]))
    for hook in hooks:
        hook.remove()
    return {
        name: Ranges(lows.min(0).values.numpy(), highs.max(0).values.numpy())
        for name, extremes in inputs.items()
        for lows, highs in [torch.stack(extremes).unbind(1)]
    }


def rounding_loss(
    network: Network, model: EncoderModel, reader: WordpieceReader, dev: Labelled
) -> dict[str, float]:
    """Return the AUC that the 8-bit graph loses against the network, by attribute.

    Raises
    ------
    InvalidModel
        If an attribute loses more than `MAX_LOST`.
    """
    exact = raw_scores(network, reader, model.state.opening, dev.texts)
    rounded = model.raw_scores(dev.texts)
    lost = {
        name: auc_where_known(exact[:, column], known) - auc_where_known(rounded[:, column], known)
        for column, (name, known) in enumerate(zip(ATTRIBUTE_NAMES, dev.values.T, strict=True))
    }
    worst = max(lost, key=lambda name: lost[name])
    if lost[worst] > MAX_LOST:
        raise InvalidModel(
            f"Rounding to 8 bits costs {worst} {lost[worst]:.4f} of its AUC on dev, and "
            f"{MAX_LOST} may be lost.",
            remedy="Widen the ranges, or leave the products with the widest inputs unrounded.",
        )
    return lost


def raw_scores(
    network: Network, reader: WordpieceReader, opening: tuple[int, int], texts: Sequence[str]
) -> Floats:
    """Return the scores of the network as PyTorch runs it, shape ``(n_texts, n_attributes)``."""
    windows = [
        (number, torch.tensor([opening[0], *window.ids.tolist(), opening[1]]))
        for number, text in enumerate(texts)
        for window in reader.read(text)
    ]
    windows.sort(key=lambda pair: len(pair[1]))
    passages: list[list[Floats]] = [[] for _ in texts]
    with torch.no_grad():
        for start in range(0, len(windows), BATCH):
            batch = windows[start : start + BATCH]
            ids = pad_sequence([pieces for _, pieces in batch], batch_first=True)
            scores = network(ids, torch.tensor([len(pieces) for _, pieces in batch]))
            for (number, _), passage in zip(batch, scores.passages.numpy(), strict=True):
                passages[number].append(passage)
    return np.array([combine_windows(np.array(of_text)) for of_text in passages])


class Marked(NamedTuple):
    """Texts of which it is known what is evidence for an attribute."""

    texts: list[str]
    right: list[set[int]]
    """The characters that are evidence, by text."""


def _choose_evidence(model: EncoderModel, material: Material) -> EncoderState:
    """Choose, by attribute, the limits with the best character F1 on dev.

    Of a label all flagged texts have evidence. Toxic words are also looked for in comments in which
    annotators found none; there nothing is right.
    """
    evidence: dict[str, EvidenceLimits] = {}
    for name in FLAGGED:
        examples = [example for example in material.dev.examples if example.label is name]
        marked = Marked(
            [example.text for example in examples],
            [positions((run.start, run.end) for run in e.evidence) for e in examples],
        )
        evidence[str(name)] = best_limits(model, marked, str(name), (0.0,), (PRESENT,))
    asked = [text for text in material.corpora.held_out if text.marked]
    if asked:
        marked = Marked(
            [text.text for text in asked],
            [
                positions((s.start, s.end) for s in text.spans if s.attribute == TOXICITY)
                for text in asked
            ],
        )
        evidence[TOXICITY] = best_limits(model, marked, TOXICITY, _HIGHEST, _PASSAGES)
    return model.state._replace(evidence=evidence)


def best_limits(
    model: EncoderModel,
    marked: Marked,
    name: str,
    highest: Sequence[float],
    passages: Sequence[float],
) -> EvidenceLimits:
    """Return the limits of an attribute with the best mean character F1.

    Parameters
    ----------
    model : EncoderModel
    marked : Marked
    name : str
        The attribute.
    highest, passages : sequence of float
        What `EvidenceLimits` of those names may be; with one passage score, evidence is looked for
        in every text.
    """
    column = ATTRIBUTE_NAMES.index(name)
    encoded = list(model.encode(marked.texts))
    words = [text.words for text in encoded]
    tops = np.array([of_text.scores[:, column].max(initial=0) for of_text in words])
    scores = model.calibrated(np.array([text.raw for text in encoded]))[:, column]
    nothing = np.array([character_f1(right, set()) for right in marked.right])
    chosen, best = EvidenceLimits(PRESENT), -1.0
    for word, share in product(_GRID, _SHARES):
        limits = EvidenceLimits(word, share)
        something = np.array(
            [
                character_f1(
                    right,
                    positions(
                        (s.start, s.end) for s in evidence_spans(of_text, column, limits, name)
                    ),
                )
                for right, of_text in zip(marked.right, words, strict=True)
            ]
        )
        for top, passage in product(highest, passages):
            shown = (tops >= top) & ((scores >= passage) | (len(passages) == 1))
            f1 = float(np.where(shown, something, nothing).mean())
            if f1 > best:
                chosen, best = EvidenceLimits(word, share, top, passage), f1
    return chosen


def positions(runs: Iterable[tuple[int, int]]) -> set[int]:
    """Return the positions of all characters in some runs."""
    return {index for start, end in runs for index in range(start, end)}


def _fit_targets(model: EncoderModel, examples: Sequence[Example]) -> EncoderState:
    hostile = [
        example
        for example in Dataset.of(examples, "train").examples
        if example.label is Label.ETHNIC_HOSTILITY
    ]
    cutter = SentenceCutter(model.state.sentences)
    passages = []
    for example, encoded in zip(hostile, model.encode([e.text for e in hostile]), strict=True):
        sentences = Document(example.text).sentences(cutter)
        offsets = [(sentence.start, sentence.end) for sentence in sentences]
        scores = sentence_scores(encoded.words, offsets, HOSTILITY)
        passages.append((sentences, scores, example.targets))
    finder = fit_targets(passages, seed=0)
    return model.state._replace(target_weights=finder.weights, target_bias=finder.bias)


def _sample_windows(lessons: Lessons, reader: WordpieceReader) -> list[Window]:
    rng = np.random.default_rng(0)
    return [
        window
        for part in (lessons.own, [*lessons.judged, *lessons.corpora])
        for index in rng.permutation(len(part))[: SAMPLE // 2]
        for window in reader.read(part[index].text)
    ]


def _collector(extremes: list[Tensor]) -> Any:
    """Return a hook that adds the lowest and highest inputs of a module, by feature, to a list."""

    def collect(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        rows = inputs[0].flatten(end_dim=-2)
        extremes.append(torch.stack([rows.min(0).values, rows.max(0).values]))

    return collect
