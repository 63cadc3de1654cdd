"""A batch run in a process of its own, with the fake judge: for tests that end processes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from moderation.batch import Backend, Options, run_batch
from moderation.batch.progress import progress_listener
from moderation.batch.run import Stopped
from moderation.cli import fail
from moderation.errors import ModerationError
from moderation.settings import Settings
from tests.batch.fakes import FakeSource


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line says, or these words instead of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--shard-pages", type=int, default=2)
    parser.add_argument("--scheduler")
    given = parser.parse_args(arguments)
    backend = Backend(given.jobs, given.scheduler)
    options = Options(backend, given.shard_pages)
    source = FakeSource(seconds=given.seconds)
    try:
        with progress_listener() as listener:
            run_batch(given.inputs, given.out, source, Settings(), options, listener)
    except Stopped:
        return 130
    except ModerationError as error:
        fail(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
