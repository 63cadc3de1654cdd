"""Telling texts that nearly repeat others."""

from typing import Any

import numpy as np

from moderation.desk.queue.sketch import bands_of, runs_of

NEAR = 0.7
"""Texts that share so much of their runs of words say the same."""

Runs = np.ndarray[tuple[Any, ...], np.dtype[np.uint32]]


class Repeats:
    """The texts that were seen, to tell what nearly repeats one; it keeps sketches, no text."""

    def __init__(self) -> None:
        self._runs: list[Runs] = []
        self._bands: dict[int, list[int]] = {}

    def is_new(self, text: str) -> bool:
        """Whether a text says something else than all before it; it is seen from then on."""
        runs = np.array(sorted(runs_of(text)), np.uint32)
        bands = bands_of(text)
        near = {place for band in bands for place in self._bands.get(band, ())}
        if any(_share(runs, self._runs[place]) >= NEAR for place in near):
            return False
        for band in bands:
            self._bands.setdefault(band, []).append(len(self._runs))
        self._runs.append(runs)
        return True


def _share(one: Runs, other: Runs) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
