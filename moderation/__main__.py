"""The command ``moderation``, by its own name or as ``python -m moderation``."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run a command; Ctrl-C ends it in silence, also while the commands are imported."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    from moderation.cli import main as run  # noqa: PLC0415  # half a second

    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _end(_: int, __: FrameType | None) -> None:
    # An exception could not be caught in the middle of every import.
    os._exit(130)


if __name__ == "__main__":
    main()
