"""Between which values the inputs of each matrix product lie, measured on texts."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from moderation.learning.encoder.reading import Window
from moderation.learning.finetune.graph import Range
from moderation.learning.finetune.network import Network

PRODUCTS = ("attend", "merge", "widen", "narrow", "pool")
STRIDE = 7
"""One value in so many is looked at."""

OUTSIDE = 1e-5
"""Share of the values on either side that a range leaves out; they are clipped."""


def measure_ranges(
    network: Network, windows: Sequence[Window], opening: tuple[int, int]
) -> dict[str, Range]:
    """Return the range of each product's inputs over some windows, by the product's name."""
    seen = defaultdict[str, list[Tensor]](list)
    hooks = [
        module.register_forward_pre_hook(_keeper(seen[name]))
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
    return {name: _range(torch.cat(values).numpy()) for name, values in seen.items()}


def _keeper(values: list[Tensor]) -> Any:
    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        # Begun elsewhere each time, or of one vector a window the same features would be left out.
        values.append(inputs[0].flatten()[len(values) % STRIDE :: STRIDE])

    return keep


def _range(values: np.ndarray[Any, Any]) -> Range:
    low, high = np.quantile(values, [OUTSIDE, 1 - OUTSIDE])
    return Range(float(low), float(high))
