"""Estimates of the wait for a turn, from the queue and the pace so far."""

from collections.abc import Iterable
from itertools import pairwise

LEARNING = 0.05
"""The weight of the last measurement against those before it."""


class Pace:
    """Seconds for a unit of work, measured as the work is done.

    Parameters
    ----------
    seconds, amount : float, optional
        A first guess: seconds for so much work.
    """

    def __init__(self, seconds: float = 0.0, amount: float = 0.0) -> None:
        self._seconds = seconds
        self._amount = amount

    def measure(self, seconds: float, amount: float) -> None:
        """Learn how long some work took."""
        # Sums, and no mean of paces: a large batch says more than a single text.
        self._seconds += seconds - LEARNING * self._seconds
        self._amount += amount - LEARNING * self._amount

    def of(self, amount: float) -> float:
        """Return the seconds that so much work takes; 0 before anything is known."""
        return amount * self._seconds / self._amount if self._amount else 0.0


def seconds_left(started: float, expected: float, now: float) -> float:
    """Return the time that is left of a run; one that is overdue takes as long again.

    Nothing is said where nothing was expected, because no pace was known.
    """
    return abs(started + expected - now) if expected else 0.0


def time_to_turn(threads: Iterable[float], ahead: float) -> float:
    """Return the seconds until a thread is free for a newcomer.

    Parameters
    ----------
    threads : iterable of float
        For each thread, the seconds until it has done what it is doing; one at least.
    ahead : float
        Seconds of work that wait for the same threads and come first; it is thought of as divisible
        at will.
    """
    free = sorted(threads)
    for count, (earlier, later) in enumerate(pairwise(free), 1):
        room = (later - earlier) * count
        if ahead <= room:
            return earlier + ahead / count
        ahead -= room
    return free[-1] + ahead / len(free)
