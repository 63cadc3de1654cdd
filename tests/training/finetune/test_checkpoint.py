"""A checkpoint is used only by a run that would make the same network."""

from pathlib import Path

import pytest
import torch

from moderation.errors import InvalidInput
from moderation.training.finetune.train import load_network, save_network
from tests.training.finetune.small import small_network

MADE_FROM = {"training": {"sha256": "1234", "schedule": {"epochs": 3}, "pair": (1, 2)}}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "reports" / "kept.safetensors"
    save_network(file, small_network(), MADE_FROM)
    return file


def test_weights_are_read_as_they_were_written(kept: Path) -> None:
    written = small_network()
    read = load_network(kept, small_network(seed=1), MADE_FROM)
    for name, value in written.state_dict().items():
        assert torch.equal(read.state_dict()[name], value)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_a_network_made_from_other_labels_is_refused_and_nothing_changes(kept: Path) -> None:
    network = small_network(seed=1)
    other = {"training": {**MADE_FROM["training"], "sha256": "5678"}}
    with pytest.raises(InvalidInput, match="made from other labels") as caught:
        load_network(kept, network, other)
    assert "without --resume" in str(caught.value)
    assert torch.equal(network.pool.weight, small_network(seed=1).pool.weight)


@pytest.mark.parametrize("content", [None, b"", b"no tensors here"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "kept.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidInput, match="without --resume") as caught:
        load_network(file, small_network(), MADE_FROM)
    assert str(file) in str(caught.value)
