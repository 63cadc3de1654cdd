"""Running the network: windows in, raw scores out, each window's own whatever stands beside it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import onnxruntime

from moderation.learning.arrays import Floats
from moderation.learning.encoder.reading import Window
from moderation.learning.steps import Steps, finish

BATCH_PIECES = 512
"""Wordpieces that go through the network at once; it changes no score.

It bounds memory: ONNX Runtime keeps what the largest batch needed, for each thread that judges at
the same time, some 30 KB a piece. More at once is no faster, for then less of it stays in the
processor's cache.
"""
STEP_PIECES = 128
"""Wordpieces that go through it in one step: one long window, or several short ones."""


class Scored(NamedTuple):
    """Raw scores (log-odds) of one window."""

    passage: Floats
    """Shape ``(n_attributes,)``."""
    words: Floats
    """Shape ``(n_pieces, n_attributes)``."""


class EncoderSession:
    """The network in ONNX Runtime.

    Parameters
    ----------
    network : bytes
        The graph, in the form ONNX.
    opening : (int, int)
        The wordpieces that open and close a window.
    threads : int
        Threads for one batch; 0 for as many as there are cores.
    """

    def __init__(self, network: bytes, opening: tuple[int, int], threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            network, options, providers=["CPUExecutionProvider"]
        )
        # It keeps the bytes in case other providers fail, and there are none.
        self._session._model_bytes = None
        self._opening = opening

    def score(self, windows: Sequence[Window]) -> list[Scored]:
        """Score windows, in order.

        Only windows of the same length go through together. So none is padded, and each goes
        through the same arithmetic whatever else is judged with it.
        """
        return finish(self.begin(windows, BATCH_PIECES))

    def begin(self, windows: Sequence[Window], pieces: int) -> Steps[list[Scored]]:
        """Score windows as `score` does, in steps of at most so many wordpieces."""
        scored: list[Scored | None] = [None] * len(windows)
        for indices in _groups(windows, pieces):
            passages, words = self._run([windows[index] for index in indices])
            for index, passage, some in zip(indices, passages, words, strict=True):
                scored[index] = Scored(passage, some)
            yield
        return [one for one in scored if one is not None]

    def _run(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        ids = np.empty((len(windows), len(windows[0].ids) + 2), dtype=np.int32)
        ids[:, 0], ids[:, -1] = self._opening
        ids[:, 1:-1] = [window.ids for window in windows]
        passages, words = self._session.run(["passages", "words"], {"ids": ids})
        return passages, words[:, 1:-1]


def _groups(windows: Sequence[Window], pieces: int) -> Iterator[list[int]]:
    by_length = defaultdict[int, list[int]](list)
    for index, window in enumerate(windows):
        by_length[len(window.ids)].append(index)
    for length, indices in by_length.items():
        most = max(1, pieces // (length + 2))
        for start in range(0, len(indices), most):
            yield indices[start : start + most]
