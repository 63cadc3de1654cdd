"""A checkpoint is used only by a run that would make the same network."""

from pathlib import Path

import pytest
import torch

from moderation.errors import InvalidInput
from moderation.training.finetune.network import Checkpoint, Network
from tests.training.finetune.small import small_network

MADE_FROM = {"training": {"sha256": "1234", "schedule": {"epochs": 3}, "pair": (1, 2)}}


def optimiser_of(network: Network) -> torch.optim.Optimizer:
    return torch.optim.AdamW(network.parameters(), lr=0.1)


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoint:
    checkpoint = Checkpoint(tmp_path / "reports" / "kept.safetensors", MADE_FROM)
    network = small_network()
    optimiser = optimiser_of(network)
    network.pool.weight.sum().backward()
    optimiser.step()
    checkpoint.write(network, optimiser, 2)
    return checkpoint


def test_weights_and_optimiser_are_read_as_they_were_written(kept: Checkpoint) -> None:
    first, second = small_network(), small_network(seed=1)
    optimisers = [optimiser_of(first), optimiser_of(second)]
    assert kept.read(first, optimisers[0]) == kept.read(second, optimisers[1]) == 2
    for name, value in first.state_dict().items():
        assert torch.equal(second.state_dict()[name], value)
    for optimiser in optimisers:
        (state,) = optimiser.state_dict()["state"].values()
        assert state["step"] == 1
        assert (state["exp_avg"] != 0).any()
    assert [path.name for path in kept.file.parent.iterdir()] == [kept.file.name]


def test_without_a_file_a_run_begins_at_the_beginning(tmp_path: Path) -> None:
    network = small_network()
    checkpoint = Checkpoint(tmp_path / "none.safetensors", MADE_FROM)
    assert checkpoint.read(network, optimiser_of(network)) == 0


def test_a_network_made_from_other_labels_is_refused_and_nothing_changes(kept: Checkpoint) -> None:
    network = small_network(seed=1)
    other = kept._replace(made_from={"training": {**MADE_FROM["training"], "sha256": "5678"}})
    with pytest.raises(InvalidInput, match="made from other labels") as caught:
        other.read(network, optimiser_of(network))
    assert "without --resume" in str(caught.value)
    assert torch.equal(network.pool.weight, small_network(seed=1).pool.weight)


@pytest.mark.parametrize("content", [b"", b"no tensors here"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    checkpoint = Checkpoint(tmp_path / "kept.safetensors", MADE_FROM)
    checkpoint.file.write_bytes(content)
    network = small_network()
    with pytest.raises(InvalidInput, match="without --resume") as caught:
        checkpoint.read(network, optimiser_of(network))
    assert str(checkpoint.file) in str(caught.value)
