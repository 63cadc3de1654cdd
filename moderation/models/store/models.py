"""Loading and saving models, whatever their tier."""

from pathlib import Path
from typing import Any, Protocol

from moderation.errors import InvalidModel
from moderation.models.base import Judge
from moderation.models.cascade import CascadeModel, CascadeState
from moderation.models.encoder import EncoderModel, EncoderState
from moderation.models.fast import FastModel, FastState
from moderation.models.polyglot import PolyglotModel, PolyglotState
from moderation.models.store.arrays import read_arrays, read_joblib, write_arrays
from moderation.models.store.manifest import (
    FORMAT,
    MANIFEST,
    Component,
    Manifest,
    digest,
    find_folder,
    is_expected,
    read_manifest,
    verified,
    write_folder,
)
from moderation.models.store.states import (
    TIERS,
    State,
    StoredState,
    build_state,
    split_state,
)
from moderation.taxonomy import ATTRIBUTE_NAMES

_TRIAL_TEXT = "."
_OTHER_FILE = b"location"
"""The key under which a graph names another file that holds some of its numbers; ours have none."""
_ALL_LIMITS = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)


class Model(Judge, Protocol):
    """A model of any tier."""

    @property
    def id(self) -> str:
        """``name@version``."""

    @property
    def manifest(self) -> dict[str, Any]:
        """The model's origin and its figures."""


def load_model(
    name: str | Path, shipped: Path, threads: int = 0, expected: str | None = None
) -> Model:
    """Load a model by its id or from its folder.

    Nothing in a folder is ever run, whoever made it.

    Parameters
    ----------
    name : str or Path
        ``name@version`` of a model in `shipped`, or the path of a model's folder.
    shipped : Path
        The folder of the models that came with the installation.
    threads : int
        Threads that the encoder uses for one batch; 0 for as many as there are cores.
    expected : str, optional
        The SHA-256 of its manifest, where only that very model will do.

    Raises
    ------
    InvalidModel
        If there is no such model, a file of it is damaged or is not the one its manifest was
        written for, or it was made for another version of this project.
    """
    folder = find_folder(name, shipped)
    manifest = read_manifest(folder, shipped)
    if expected is not None and not is_expected(manifest, expected):
        raise InvalidModel(
            f"This is another {manifest.id}: the SHA-256 of its manifest is {manifest.sha256}, "
            f"and {expected} is expected.",
            where=str(folder / MANIFEST),
            remedy="Restore that model.",
        )
    return _load(folder, manifest, shipped, threads)


def _load(folder: Path, manifest: Manifest, shipped: Path, threads: int) -> Model:
    if manifest.tier in TIERS:
        match _read_state(folder, manifest):
            case FastState() as state:
                return _fast(folder, manifest, state)
            case EncoderState() as state:
                return _encoder(folder, manifest, state, threads)
            case CascadeState() as state:
                fast = _load_part(folder, manifest, "fast", "fast", shipped, threads)
                encoder = _load_part(folder, manifest, "encoder", "encoder", shipped, threads)
                if isinstance(fast, FastModel) and isinstance(encoder, EncoderModel):
                    return CascadeModel(state, fast, encoder, manifest.values)
            case PolyglotState() as state:
                english = _load_part(folder, manifest, "english", "encoder", shipped, threads)
                others = _load_part(folder, manifest, "others", "encoder", shipped, threads)
                if isinstance(english, EncoderModel) and isinstance(others, EncoderModel):
                    return PolyglotModel(state, english, others, manifest.values)
    raise InvalidModel(
        f"The tier {manifest.tier!r} or one of its parts is unknown.",
        where=str(folder / MANIFEST),
        remedy="Install the version that its manifest names, or train it again.",
    )


def _read_state(folder: Path, manifest: Manifest) -> State:
    arrays = verified(folder, manifest, "arrays")
    try:
        if manifest.format == FORMAT:
            values = verified(folder, manifest, "state")[:]
            return build_state(manifest.tier, StoredState(read_arrays(arrays), values))
        return build_state(manifest.tier, split_state(read_joblib(arrays)))
    except (ValueError, TypeError, RecursionError) as error:
        raise _damaged(folder, manifest, error) from None


def _fast(folder: Path, manifest: Manifest, state: FastState) -> FastModel:
    try:
        return FastModel(state, manifest.values)
    except ValueError as error:
        raise _damaged(folder, manifest, error) from None


def _encoder(folder: Path, manifest: Manifest, state: EncoderState, threads: int) -> EncoderModel:
    network = verified(folder, manifest, "network")
    if network.find(_OTHER_FILE) >= 0:
        raise _damaged(folder, manifest, ValueError("its network names another file"))
    try:
        model = EncoderModel(state, network[:], manifest.values, threads)
        # A graph can be sound and not be that of an encoder.
        model.judge([_TRIAL_TEXT], _ALL_LIMITS)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # its libraries raise many kinds
        raise _damaged(folder, manifest, error) from None
    return model


def _damaged(folder: Path, manifest: Manifest, error: Exception) -> InvalidModel:
    lines = str(error).splitlines()
    return InvalidModel(
        f"{manifest.id} is damaged: {lines[0][:300] if lines else type(error).__name__}.",
        where=str(folder),
        remedy="Restore its files or train the model again.",
    )


def _load_part(  # a part, and where to look for it
    folder: Path, manifest: Manifest, name: str, tier: str, shipped: Path, threads: int
) -> Model:
    part = manifest.parts.get(name)
    if part is None:
        raise InvalidModel(
            f"The manifest names no part {name!r}.",
            where=str(folder / MANIFEST),
            remedy=f"Restore the file or run `python train.py --{manifest.tier}`.",
        )
    beside = folder.parent / part.id
    part_folder = beside if (beside / MANIFEST).is_file() else find_folder(part.id, shipped)
    part_manifest = read_manifest(part_folder, shipped)
    if not is_expected(part_manifest, part.sha256):
        raise InvalidModel(
            f"{manifest.id} was made with another {part.id}: the SHA-256 of its manifest is "
            f"{part_manifest.sha256}, and {part.sha256} is expected.",
            where=str(part_folder / MANIFEST),
            remedy=f"Restore that model, or run `python train.py --{manifest.tier}`.",
        )
    if part_manifest.tier != tier:
        # Otherwise a cascade could be made of cascades without end.
        raise InvalidModel(
            f"The tier {manifest.tier!r} or one of its parts is unknown.",
            where=str(folder / MANIFEST),
            remedy="Install the version that its manifest names, or train it again.",
        )
    return _load(part_folder, part_manifest, shipped, threads)


def component_of(model: Model, folder: Path) -> Component:
    """Return the entry for a model and its folder in the manifest of what it is a part of."""
    return Component(id=model.id, sha256=digest(folder / MANIFEST))


def save_model(
    folder: Path, state: State, manifest: dict[str, Any], card: str, network: bytes | None = None
) -> None:
    """Write a model; a reader finds either the old one whole or the new one whole.

    Parameters
    ----------
    folder : Path
        An older model in it is replaced.
    state : FastState, EncoderState, CascadeState or PolyglotState
    manifest : dict
        The entries for its files are added.
    card : str
        The model card, in Markdown.
    network : bytes, optional
        The encoder's graph.

    Raises
    ------
    InvalidModel
        If the state could not be loaded again; nothing is written then.
    """
    stored = split_state(state._asdict())
    try:
        build_state(manifest["tier"], stored)
    except ValueError as error:
        raise InvalidModel(f"The model is not whole: {error}.", where=str(folder)) from None
    files = {"arrays.safetensors": write_arrays(stored.arrays), "state.json": stored.values}
    if network is not None:
        files["network.onnx"] = network
    write_folder(folder, files, manifest, card)
