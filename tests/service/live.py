"""Serve the fake model in a process of its own; a test runs this with ``python -m``.

Arguments: port, workers, and a file: while it is there, no model can be loaded. The serving
processes import this module too, so they get the same model.
"""

import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from moderation.errors import InvalidModel
from moderation.models.base import Judgement
from moderation.moderator import Moderator
from moderation.service import engine
from moderation.service.server import serve
from moderation.settings import Settings
from tests.service.fakes import FakeModel, fake_moderator

SLOW = "take your time"


loads = itertools.count(1)


class LiveModel(FakeModel):
    """Takes a second over `SLOW`, and fails, quoting the text, on what holds "failure".

    Its version counts the times that this process has loaded it.
    """

    def __init__(self) -> None:
        self.id = f"fake@{next(loads)}"

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Apply the rule, slowly or not at all."""
        if SLOW in texts:
            time.sleep(1)
        if any("failure" in text for text in texts):
            raise ValueError(f"cannot judge {texts}")
        return super().judge(texts)


def load(*_: object, **__: object) -> Moderator:
    """Load the model, if it is not damaged."""
    if Path(sys.argv[3]).exists():
        raise InvalidModel("The model is damaged.", where="here", remedy="Fetch it again.")
    return fake_moderator(LiveModel())


# In the serving processes alone: the test that starts them imports this module for `SLOW`.
if __name__ in {"__main__", "__mp_main__"}:
    Moderator.load = load  # type: ignore[method-assign]
    engine.PAUSES = (0.1, 0.1)

if __name__ == "__main__":
    serve(Settings(port=int(sys.argv[1]), workers=int(sys.argv[2]), log_level="debug"))
