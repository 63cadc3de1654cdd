"""A process that appends lines to a spool; a test runs and kills this with ``python -m``.

Arguments: the folder. Each line's number is printed once the line has been acknowledged.
"""

import itertools
import sys
from pathlib import Path

from moderation.database.spool import Spool

if __name__ == "__main__":
    spool = Spool(Path(sys.argv[1]), 64 << 20, 1 << 16)
    for number in itertools.count():
        spool.append(f"line {number} ".encode() + b"x" * (number % 7 * 900))
        print(number, flush=True)  # noqa: T201  # the test reads it
