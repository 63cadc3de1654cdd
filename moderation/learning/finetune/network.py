"""The encoder as a PyTorch module: BERT's layers, with a head for passages and one for words."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from moderation.learning.finetune.base import Base
from moderation.taxonomy import ATTRIBUTE_NAMES

HEADS = 12
POSITIONS = 128
EPSILON = 1e-12


class Scores(NamedTuple):
    """Raw scores (log-odds)."""

    passages: Tensor
    """Shape ``(batch, n_attributes)``."""
    words: Tensor
    """Shape ``(batch, length, n_attributes)``."""


class Dropout(nn.Module):
    """Drops whole features of a passage: one random number serves all its wordpieces."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with some features at zero and the others larger, when it learns."""
        if not self.training or not self.share:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.ndim - 2), x.shape[-1]) >= self.share
        return x * (kept.to(x.dtype) / (1 - self.share))


class Layer(nn.Module):
    """One layer: attention and a feed-forward part, each normalised after it is added."""

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
        """Return each wordpiece's vector after it has heard the others that `mask` lets it hear."""
        batch, length, width = x.shape
        split = self.attend(x).view(batch, length, 3, HEADS, width // HEADS)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        # Written out, because the fused form takes twice the time on a CPU when it learns.
        closeness = query @ key.transpose(2, 3) / (width // HEADS) ** 0.5 + mask
        heard = closeness.softmax(dim=3).to(value.dtype) @ value
        merged = self.merge(heard.transpose(1, 2).reshape(batch, length, width))
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
            Wordpieces, from the opening sign to the closing one, then anything.
        lengths : Tensor of shape (batch,)
            How many of them count.
        """
        places = torch.arange(ids.shape[1])
        x = self.dropout(self.norm(self.words(ids) + self.positions(places)))
        there = places < lengths[:, None]
        mask = torch.zeros(there.shape, dtype=x.dtype).masked_fill(~there, -1e4)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        mean = (x * there[:, :, None]).sum(1) / lengths[:, None]
        pooled = torch.tanh(self.pool(torch.cat([x[:, 0], mean], dim=1)))
        return Scores(self.passage_head(self.dropout(pooled)), self.word_head(x))


def pretrained(base: Base, *, seed: int = 0, dropout: float = 0.1) -> Network:
    """Return a network that starts from pretrained weights, its heads from the seed."""
    torch.manual_seed(seed)
    given = base.weights
    network = Network(len(given["embeddings.word_embeddings.weight"]), dropout=dropout)
    state = network.state_dict()
    state["words.weight"] = given["embeddings.word_embeddings.weight"]
    # All wordpieces are of the first segment, whose vector is added once and for all.
    state["positions.weight"] = (
        given["embeddings.position_embeddings.weight"][:POSITIONS]
        + given["embeddings.token_type_embeddings.weight"][0]
    )
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = given[f"embeddings.LayerNorm.{kind}"]
        for number in range(len(network.layers)):
            old, new = f"encoder.layer.{number}", f"layers.{number}"
            state[f"{new}.attend.{kind}"] = torch.cat(
                [given[f"{old}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            )
            for ours, theirs in (
                ("merge", "attention.output.dense"),
                ("merge_norm", "attention.output.LayerNorm"),
                ("widen", "intermediate.dense"),
                ("narrow", "output.dense"),
                ("narrow_norm", "output.LayerNorm"),
            ):
                state[f"{new}.{ours}.{kind}"] = given[f"{old}.{theirs}.{kind}"]
    network.load_state_dict(state)
    return network
