"""Loading and saving models, whatever their tier."""

from pathlib import Path
from typing import Any, NamedTuple, Protocol

import joblib

from moderation.errors import InvalidModel
from moderation.learning.cascade import CascadeModel, CascadeState
from moderation.learning.encoder.model import EncoderModel, EncoderState
from moderation.learning.fast import FastModel, FastState
from moderation.learning.judgement import Judge
from moderation.learning.store.files import (
    MANIFEST,
    digest,
    find_folder,
    plain,
    read_manifest,
    verified,
    write_folder,
)

State = FastState | EncoderState | CascadeState


class Model(Judge, Protocol):
    """What a model of any tier offers."""

    @property
    def id(self) -> str:
        """``name@version``."""

    @property
    def manifest(self) -> dict[str, Any]:
        """Where the model came from and what it scored."""


class Part(NamedTuple):
    """A model that another is made of."""

    id: str
    sha256: str
    """Of its manifest, which holds the hashes of its files."""


def load_model(name: str | Path, shipped: Path, threads: int = 0) -> Model:
    """Load a model by its id or from its folder.

    Parameters
    ----------
    name : str or Path
        ``name@version`` of a model in `shipped`, or the path of a model's folder.
    shipped : Path
        The folder of the models that came with the installation.
    threads : int
        Threads that the encoder uses for one batch; 0 for as many as there are cores.

    Raises
    ------
    InvalidModel
        If there is no such model, a file of it is not the one its manifest was written for, or it
        was made for another version of this project.
    """
    folder = find_folder(name, shipped)
    manifest = read_manifest(folder, shipped)
    values = joblib.load(verified(folder, manifest, "arrays"), mmap_mode="r")
    match manifest["tier"]:
        case "fast":
            return FastModel(FastState(**values), manifest)
        case "encoder":
            network = verified(folder, manifest, "network")
            return EncoderModel(EncoderState(**values), network, manifest, threads)
        case "cascade":
            fast = _part(folder, manifest, "fast", shipped, threads)
            encoder = _part(folder, manifest, "encoder", shipped, threads)
            if isinstance(fast, FastModel) and isinstance(encoder, EncoderModel):
                return CascadeModel(CascadeState(**values), fast, encoder, manifest)
    raise InvalidModel(
        f"The tier {manifest['tier']!r} or one of its parts is unknown.",
        where=str(folder / MANIFEST),
        remedy="Install the version that its manifest names, or train it again.",
    )


def _part(folder: Path, manifest: dict[str, Any], tier: str, shipped: Path, threads: int) -> Model:
    part = Part(**manifest["parts"][tier])
    beside = folder.parent / part.id
    place = beside if (beside / MANIFEST).is_file() else find_folder(part.id, shipped)
    if (place / MANIFEST).is_file() and (found := digest(place / MANIFEST)) != part.sha256:
        raise InvalidModel(
            f"{manifest['id']} was made with another {part.id}: the SHA-256 of its manifest is "
            f"{found}, and {part.sha256} is expected.",
            where=str(place / MANIFEST),
            remedy="Restore that model, or run `python train.py --cascade`.",
        )
    return load_model(place, shipped, threads)


def part_of(model: Model, folder: Path) -> Part:
    """Return how a cascade's manifest names a model that is in a folder."""
    return Part(model.id, digest(folder / MANIFEST))


def save_model(
    folder: Path, state: State, manifest: dict[str, Any], card: str, network: bytes | None = None
) -> None:
    """Write a model so that a reader finds either the old one whole or the new one whole.

    Parameters
    ----------
    folder : Path
        Where to; an older model there is replaced.
    state : FastState, EncoderState or CascadeState
    manifest : dict
        What its files are is added to it.
    card : str
        The model card, in Markdown.
    network : bytes, optional
        The encoder's graph.
    """
    arrays = plain(state._asdict())
    files = {"arrays.joblib": lambda path: joblib.dump(arrays, path)}
    if network is not None:
        files["network.onnx"] = lambda path: path.write_bytes(network)
    write_folder(folder, files, manifest, card)
