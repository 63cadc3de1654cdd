"""Long work in short steps, so that other work can be done between them.

A function that judges in steps is a generator: it yields after each bounded piece of work, and
returns what it found. Whoever runs it decides what happens between the steps.
"""

from collections.abc import Generator
from typing import TypeVar

Found = TypeVar("Found")
Steps = Generator[None, None, Found]


def finish(steps: Steps[Found]) -> Found:
    """Take all the steps that are left, without a pause, and return what they found."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found
