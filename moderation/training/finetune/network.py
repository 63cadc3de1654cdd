"""The encoder as a PyTorch module: BERT's layers, with a head for passages and one for words."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from moderation.errors import InvalidInput
from moderation.files import storing, write_bytes
from moderation.taxonomy import ATTRIBUTE_NAMES

HEADS = 12
POSITIONS = 128
EPSILON = 1e-12

_NETWORK, _OPTIMISER = "network.", "optimiser."


class Scores(NamedTuple):
    """Raw scores (log-odds)."""

    passages: Tensor
    """Shape ``(batch, n_attributes)``."""
    words: Tensor
    """Shape ``(batch, length, n_attributes)``."""


class Dropout(nn.Module):
    """Drops whole features of a passage: the same for all of its wordpieces."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with some features at zero and the others larger, while training."""
        if not self.training or not self.share:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.ndim - 2), x.shape[-1]) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share))


class Layer(nn.Module):
    """One layer: attention and a feed-forward part, each added and then normalised."""

    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.attend = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.merge_norm = nn.LayerNorm(width, eps=EPSILON)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.narrow_norm = nn.LayerNorm(width, eps=EPSILON)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return each wordpiece's vector after attention to those that `mask` allows."""
        batch, length, width = x.shape
        split = self.attend(x).view(batch, length, 3, HEADS, width // HEADS)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        # Written out, because the fused form takes twice the time when training on a CPU.
        weights = query @ key.transpose(2, 3) / (width // HEADS) ** 0.5 + mask
        attended = weights.softmax(dim=3).to(value.dtype) @ value
        merged = self.merge(attended.transpose(1, 2).reshape(batch, length, width))
        x = self.merge_norm(x + self.dropout(merged))
        inner = functional.gelu(self.widen(x))
        normed: Tensor = self.narrow_norm(x + self.dropout(self.narrow(inner)))
        return normed


class Network(nn.Module):
    """The encoder with its two heads.

    Parameters
    ----------
    vocabulary_size : int
    layers : int
    width : int
        Of each wordpiece's vector.
    inner : int
        Of the feed-forward parts.
    dropout : float
    """

    def __init__(
        self,
        vocabulary_size: int,
        layers: int = 6,
        width: int = 384,
        inner: int = 1536,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary_size, width)
        self.positions = nn.Embedding(POSITIONS, width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(Layer(width, inner, dropout) for _ in range(layers))
        self.pool = nn.Linear(2 * width, width)
        self.passage_head = nn.Linear(width, len(ATTRIBUTE_NAMES))
        self.word_head = nn.Linear(width, len(ATTRIBUTE_NAMES))

    def forward(self, ids: Tensor, lengths: Tensor) -> Scores:
        """Score windows.

        Parameters
        ----------
        ids : Tensor of shape (batch, length)
            Wordpieces, from the opening to the closing one; anything after that.
        lengths : Tensor of shape (batch,)
            The number of wordpieces of each window.
        """
        places = torch.arange(ids.shape[1])
        x = self.dropout(self.norm(self.words(ids) + self.positions(places)))
        present = places < lengths[:, None]
        mask = torch.zeros(present.shape, dtype=x.dtype).masked_fill(~present, -1e4)[
            :, None, None, :
        ]
        for layer in self.layers:
            x = layer(x, mask)
        mean = (x * present[:, :, None]).sum(1) / lengths[:, None]
        pooled = torch.tanh(self.pool(torch.cat([x[:, 0], mean], dim=1)))
        return Scores(self.passage_head(self.dropout(pooled)), self.word_head(x))


class Checkpoint(NamedTuple):
    """The file of a network that is being fine-tuned, with its optimiser.

    A run that was killed goes on from the last epoch that was finished, and ends with the weights
    that it would have had.
    """

    file: Path
    made_from: dict[str, Any]
    """Labels, corpora, base and schedule, as in a manifest."""

    def write(self, network: Network, optimiser: torch.optim.Optimizer, epochs: int) -> None:
        """Write a network and its optimiser after some epochs; an older file is replaced."""
        tensors = {f"{_NETWORK}{name}": value for name, value in network.state_dict().items()}
        for number, values in optimiser.state_dict()["state"].items():
            tensors |= {f"{_OPTIMISER}{number}.{name}": value for name, value in values.items()}
        metadata = {"made_from": json.dumps(self.made_from), "epochs": str(epochs)}
        with storing(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(
            self.file, save({name: value.contiguous() for name, value in tensors.items()}, metadata)
        )

    def read(self, network: Network, optimiser: torch.optim.Optimizer) -> int:
        """Read a network and its optimiser, and return the epochs behind them; 0 without a file.

        Raises
        ------
        InvalidInput
            If the file cannot be read, or was made from other things.
        """
        if not self.file.exists():
            return 0
        try:
            with safe_open(self.file, "pt") as stored:
                metadata = stored.metadata() or {}
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise InvalidInput(
                f"There is no fine-tuned network to go on with: {error}.",
                where=str(self.file),
                remedy="Run without --resume.",
            ) from None
        if metadata.get("made_from") != json.dumps(self.made_from):
            raise InvalidInput(
                "The network was made from other labels, corpora or choices.",
                where=str(self.file),
                remedy="Run without --resume.",
            )
        network.load_state_dict(_part(tensors, _NETWORK))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _part(tensors, _OPTIMISER).items():
            number, _, kind = name.partition(".")
            state.setdefault(int(number), {})[kind] = value
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
        return int(metadata["epochs"])


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
