"""A network small enough to fine-tune within a test, and texts for it."""

import numpy as np
import torch

from moderation.models.base import Floats
from moderation.models.encoder import EncoderModel
from moderation.models.wordpieces import Window
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.finetune.data import Lesson
from moderation.training.finetune.export import empty_state, measure_ranges
from moderation.training.finetune.network import HEADS, Network
from moderation.training.finetune.onnx_graph import Ranges, build_graph
from tests.models.wordpieces import OPENING, SENTENCES, TOKENS, VOCABULARY, WORDS, small_reader

INSULT = ATTRIBUTE_NAMES.index("insult")
TEXTS = (
    "the river",
    "vermin",
    "mother, the damn boat!",
    "the rats eat the noodles in the boat by the river",
    "",
)


def small_network(seed: int = 0, width: int = 2 * HEADS, layers: int = 1) -> Network:
    """Return a network with random weights; the same for the same seed."""
    torch.set_num_threads(1)  # with so little to do, more of them only wait for each other
    torch.manual_seed(seed)
    network = Network(len(TOKENS), layers=layers, width=width, inner=2 * width, dropout=0.0)
    network.eval()
    return network


def windows() -> list[Window]:
    """Return windows of several lengths, enough to measure ranges on."""
    reader = small_reader()
    texts = [*TEXTS, *(" ".join(WORDS[:8] * 9)[at : at + 3 * at] for at in range(1, 60))]
    return [window for text in texts for window in reader.read(text)]


def ranges_of(network: Network) -> dict[str, Ranges]:
    """Return the ranges of the inputs of a network's matrix products."""
    return measure_ranges(network, windows(), OPENING)


def encoder_of(network: Network, ranges: dict[str, Ranges]) -> EncoderModel:
    """Return a model that runs a network's graph."""
    state = empty_state(VOCABULARY, OPENING, SENTENCES)
    graph = build_graph(network, ranges)
    return EncoderModel(state, graph, {"id": "small@1", "tier": "encoder"}, threads=1)


def lesson(word: str, *, bad: bool) -> Lesson:
    """Return a sentence with a word that is an insult or none."""
    text = f"the {word} by the river"
    marks = ((4, 4 + len(word), INSULT),) if bad else ()
    return Lesson(text, only(INSULT, float(bad)), np.nan, marks, (INSULT,))


def only(column: int, value: float) -> Floats:
    """Return values of which one is known."""
    values = np.full(len(ATTRIBUTE_NAMES), np.nan)
    values[column] = value
    return values
