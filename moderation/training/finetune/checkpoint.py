"""Checkpoints of fine-tuning: a network after some epochs, and the state of its optimiser.

A run that was killed goes on from the last epoch that was finished, and ends with the weights that
it would have had.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from moderation.errors import InvalidInput
from moderation.files import storing, write_bytes
from moderation.training.finetune.network import Network

_NETWORK, _OPTIMISER = "network.", "optimiser."


class Checkpoint(NamedTuple):
    """The file of a network that is being fine-tuned."""

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
