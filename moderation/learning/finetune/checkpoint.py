"""A fine-tuned network on disk, so that what follows can be repeated without learning again."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from moderation.errors import InvalidInput
from moderation.files import storing, write_bytes
from moderation.learning.finetune.network import Network


def save_network(file: Path, network: Network, made_from: dict[str, Any]) -> None:
    """Write a network and what it was made from."""
    with storing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    write_bytes(file, save(weights, {"made_from": json.dumps(made_from)}))


def load_network(file: Path, network: Network, made_from: dict[str, Any]) -> Network:
    """Read into a network the weights that were made from the same.

    Parameters
    ----------
    file : Path
    network : Network
        Of the same shape; its weights are replaced.
    made_from : dict
        Labels, corpora, base and schedule, as a manifest has them.

    Raises
    ------
    InvalidInput
        If it cannot be read, or was made from something else.
    """
    try:
        with safe_open(file, "pt") as stored:
            notes = stored.metadata()
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InvalidInput(
            f"There is no fine-tuned network to go on with: {error}.",
            where=str(file),
            remedy="Run without --resume.",
        ) from None
    if json.loads(notes["made_from"]) != json.loads(json.dumps(made_from)):
        raise InvalidInput(
            "The network was made from other labels, corpora or choices.",
            where=str(file),
            remedy="Run without --resume.",
        )
    network.load_state_dict(weights)
    return network.eval()
