"""The encoder as an ONNX graph with 8-bit weights, built node by node.

Activations are quantised with fixed scales, measured beforehand: a scale that depended on the batch
would let a text's neighbours change its score.
"""

from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from moderation.models.base import Floats
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.finetune.network import EPSILON, HEADS, Network

_CONTRIB = "com.microsoft"
LEVELS = 255
WEIGHT_LEVELS = 127
BLOCK = 32
"""Weights of a wordpiece's vector that have one scale, where they have 4 bits."""
TINY = 1e-6
STRENGTH = 0.7
"""The part of the width that weights take over. With 0.7 rounding cost threats 0.003 of AUC on dev,
with 0.5 and with none 0.005."""


class Ranges(NamedTuple):
    """The ranges of the inputs of a matrix product, by feature."""

    lows: Floats
    highs: Floats

    def factors(self, weights: Floats) -> Floats:
        """Return the numbers by which the inputs are divided, and the weights' columns multiplied.

        A few features of a transformer have inputs many times as wide as the others; with one scale
        for all, little would be left of the others. The factors divide the width between inputs and
        weights (SmoothQuant: Xiao et al., ICML 2023).
        """
        widest = np.maximum(np.maximum(-self.lows, self.highs), TINY)
        heaviest = np.maximum(np.abs(weights).max(axis=0), TINY)
        return (widest**STRENGTH / heaviest ** (1 - STRENGTH)).astype(np.float32)

    def after(self, factors: Floats) -> "Range":
        """Return the range of all inputs after the division."""
        return Range(float((self.lows / factors).min()), float((self.highs / factors).max()))


class Range(NamedTuple):
    """The range in which the inputs of a matrix product lie."""

    low: float
    high: float

    @property
    def scale(self) -> float:
        """The distance between two neighbouring levels; zero is always a level."""
        return (max(self.high, 0.0) - min(self.low, 0.0)) / LEVELS

    @property
    def zero(self) -> int:
        """The level of zero."""
        return round(-min(self.low, 0.0) / self.scale)


class _Graph:
    """The nodes and constants of a graph, added in order."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._count = 0

    def constant(self, value: object) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def constant_of_4_bits(self, values: Floats) -> str:
        name = f"c{len(self.constants)}"
        pairs = values.reshape(-1, 2).astype(np.uint8) & 15
        packed = (pairs[:, 0] | pairs[:, 1] << 4).astype(np.uint8)
        self.constants.append(
            helper.make_tensor(name, TensorProto.INT4, values.shape, packed.tobytes(), raw=True)
        )
        return name

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        self._count += 1
        name = f"n{self._count}"
        self.nodes.append(
            helper.make_node(kind, list(inputs), [name], name, domain=domain, **attributes)
        )
        return name


def quantise_rows(weights: Floats) -> tuple[Floats, Floats]:
    """Return 8-bit rows and their scales: ``rows * scales[:, None]`` is near the weights."""
    scales = np.abs(weights).max(axis=1) / WEIGHT_LEVELS + 1e-12
    return np.rint(weights / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def quantise_blocks(weights: Floats) -> tuple[Floats, Floats]:
    """Return 4-bit weights and their scales, one for `BLOCK` of a row.

    ``blocks * scales`` is near the weights, and the same for weights that come from 4 bits: the one
    that is farthest from 0 is at the lowest level, -8.

    Parameters
    ----------
    weights : array of shape (n_rows, n_columns)

    Returns
    -------
    blocks : array of shape (n_rows, n_columns)
        Whole numbers from -8 to 7.
    scales : array of shape (n_rows, n_columns / BLOCK)
    """
    blocks = weights.reshape(len(weights), -1, BLOCK)
    farthest = np.abs(blocks).argmax(axis=2)[..., None]
    scales = np.take_along_axis(blocks, farthest, axis=2) / -8
    scales = np.where(scales == 0, 1, scales)
    levels = np.clip(np.rint(blocks / scales), -8, 7)
    return levels.reshape(weights.shape).astype(np.int8), scales[..., 0].astype(np.float32)


def build_graph(network: Network, ranges: dict[str, Ranges]) -> bytes:
    """Return the graph's file.

    It takes ``ids`` of shape ``(batch, length)`` without padding, so that only windows of one
    length go together, and returns raw ``passages`` ``(batch, n_attributes)`` and ``words``
    ``(batch, length, n_attributes)``.

    Parameters
    ----------
    network : Network
    ranges : dict
        For each quantised product, by the name of its module, the ranges of its inputs.
    """
    state = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    graph = _Graph()
    x = _embed(graph, state, in_blocks=not network.words.weight.requires_grad)
    for number in range(len(network.layers)):
        x = _layer(graph, state, f"layers.{number}", x, ranges)
    _heads(graph, state, x, ranges["pool"])
    n = len(ATTRIBUTE_NAMES)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [helper.make_tensor_value_info("ids", TensorProto.INT32, ["batch", "length"])],
            [
                helper.make_tensor_value_info("passages", TensorProto.FLOAT, ["batch", n]),
                helper.make_tensor_value_info("words", TensorProto.FLOAT, ["batch", "length", n]),
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)],
        ir_version=9,
        producer_name="moderation",
    )
    return bytes(model.SerializeToString())


def _embed(graph: _Graph, state: dict[str, Floats], *, in_blocks: bool) -> str:
    """Add the sum of the vectors of wordpieces and places.

    Wordpieces that were not fine-tuned have 4 bits, the others 8.
    """
    ids = "ids"
    if in_blocks:
        blocks, scales = quantise_blocks(state["words.weight"])
        halves = graph.add(
            "GatherBlockQuantized",
            graph.constant_of_4_bits(blocks),
            ids,
            graph.constant(scales.astype(np.float16)),
            domain=_CONTRIB,
            gather_axis=0,
            quantize_axis=1,
            block_size=BLOCK,
        )
        vectors = graph.add("Cast", halves, to=TensorProto.FLOAT)
    else:
        rows, scales = quantise_rows(state["words.weight"])
        numbers = graph.add("Gather", graph.constant(rows), ids)
        vectors = graph.add(
            "Mul",
            graph.add("Cast", numbers, to=TensorProto.FLOAT),
            graph.add("Gather", graph.constant(scales[:, None]), ids),
        )
    length = graph.add("Shape", ids, start=1)
    zero, one = graph.constant(np.array([0], np.int64)), graph.constant(np.array([1], np.int64))
    places = graph.add("Slice", graph.constant(state["positions.weight"]), zero, length, zero, one)
    x = graph.add("Add", vectors, places)
    return graph.add(
        "LayerNormalization", x, graph.constant(state["norm.weight"]),
        graph.constant(state["norm.bias"]), axis=-1, epsilon=EPSILON,
    )  # fmt: skip


def _layer(
    graph: _Graph, state: dict[str, Floats], name: str, x: str, ranges: dict[str, Ranges]
) -> str:
    attended = _attention(graph, state, f"{name}.attend", x, ranges[f"{name}.attend"])
    merged = _product(graph, state, f"{name}.merge", attended, ranges[f"{name}.merge"])
    x = _add_and_normalise(graph, state, f"{name}.merge_norm", x, merged)
    wide = _product(graph, state, f"{name}.widen", x, ranges[f"{name}.widen"])
    wide = graph.add("Gelu", wide, domain=_CONTRIB)
    narrow = _product(graph, state, f"{name}.narrow", wide, ranges[f"{name}.narrow"])
    return _add_and_normalise(graph, state, f"{name}.narrow_norm", x, narrow)


def _attention(graph: _Graph, state: dict[str, Floats], name: str, x: str, limits: Ranges) -> str:
    factors = limits.factors(state[f"{name}.weight"])
    quantised, scale, zero = _quantise(graph, x, factors, limits.after(factors))
    weights, scales = quantise_rows(state[f"{name}.weight"] * factors)
    return graph.add(
        "QAttention",
        quantised,
        graph.constant(np.ascontiguousarray(weights.T)),
        graph.constant(state[f"{name}.bias"]),
        scale,
        graph.constant(scales),
        "",
        zero,
        graph.constant(np.zeros(len(scales), np.int8)),
        domain=_CONTRIB,
        num_heads=HEADS,
    )


def _product(graph: _Graph, state: dict[str, Floats], name: str, x: str, limits: Ranges) -> str:
    factors = limits.factors(state[f"{name}.weight"])
    quantised, scale, zero = _quantise(graph, x, factors, limits.after(factors))
    weights, scales = quantise_rows(state[f"{name}.weight"] * factors)
    return graph.add(
        "MatMulIntegerToFloat",
        quantised,
        graph.constant(np.ascontiguousarray(weights.T)),
        scale,
        graph.constant(scales),
        zero,
        graph.constant(np.zeros(len(scales), np.int8)),
        graph.constant(state[f"{name}.bias"]),
        domain=_CONTRIB,
    )


def _quantise(graph: _Graph, x: str, factors: Floats, limits: Range) -> tuple[str, str, str]:
    x = graph.add("Mul", x, graph.constant(1 / factors))
    scale = graph.constant(np.float32(limits.scale))
    zero = graph.constant(np.uint8(limits.zero))
    return graph.add("QuantizeLinear", x, scale, zero), scale, zero


def _add_and_normalise(
    graph: _Graph, state: dict[str, Floats], name: str, x: str, more: str
) -> str:
    return graph.add(
        "SkipLayerNormalization", x, more, graph.constant(state[f"{name}.weight"]),
        graph.constant(state[f"{name}.bias"]), domain=_CONTRIB, epsilon=EPSILON,
    )  # fmt: skip


def _heads(graph: _Graph, state: dict[str, Floats], x: str, limits: Ranges) -> None:
    first = graph.add("Gather", x, graph.constant(np.int64(0)), axis=1)
    mean = graph.add("ReduceMean", x, axes=[1], keepdims=0)
    both = graph.add("Concat", first, mean, axis=1)
    pooled = graph.add("Tanh", _product(graph, state, "pool", both, limits))
    _linear(graph, state, "passage_head", pooled, "passages")
    _linear(graph, state, "word_head", x, "words")


def _linear(
    graph: _Graph, state: dict[str, Floats], name: str, x: str, output: str | None = None
) -> str:
    weights = graph.constant(np.ascontiguousarray(state[f"{name}.weight"].T))
    result = graph.add(
        "Add", graph.add("MatMul", x, weights), graph.constant(state[f"{name}.bias"])
    )
    if output:
        graph.nodes[-1].output[0] = output
    return result
