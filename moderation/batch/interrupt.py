"""Ctrl-C: once to stop between two shards, twice to stop at once."""

import signal
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Self


class Interrupt:
    """Watches for Ctrl-C while it is entered.

    Attributes
    ----------
    asked : bool
        Whether somebody wants the run to stop.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Self:
        # Only the main thread may say what a signal does; elsewhere nobody presses Ctrl-C.
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupted(self, _: int, __: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
