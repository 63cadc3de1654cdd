"""Judges that say of each text how long it is, at once or in steps."""

import threading
import time
from collections.abc import Callable, Sequence

from moderation.service.jobs import Steps
from moderation.taxonomy import Label
from moderation.verdict import Action, Verdict


class Judge:
    """Says of each text how long it is; remembers what it was given at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.calls: list[list[str]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, texts: Sequence[str]) -> list[Verdict]:
        """Judge, when the test lets it."""
        self.calls.append(list(texts))
        assert self.go_on.wait(20)
        time.sleep(self.seconds)
        if "failure" in texts:
            raise ValueError("cannot")
        return [
            Verdict(Label.CIVIL, Action.ALLOW, {"length": float(len(text))}, "m") for text in texts
        ]


class Stepwise(Judge):
    """Takes a step for each thousand characters of a text; remembers who took which."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.steps: list[str] = []
        self.before_step: Callable[[], object] = lambda: None

    def begin(self, texts: Sequence[str]) -> Steps:
        """Judge in steps."""
        yield
        for text in texts:
            for _ in range(0, len(text), 1_000):
                self.before_step()
                self.steps.append(text[:1])
                time.sleep(self.seconds)
                yield
        if "failure" in texts:
            raise ValueError("cannot")
        return [
            Verdict(Label.CIVIL, Action.ALLOW, {"length": float(len(text))}, "m") for text in texts
        ]


def lengths(verdicts: list[Verdict]) -> list[float]:
    return [verdict.scores["length"] for verdict in verdicts]
