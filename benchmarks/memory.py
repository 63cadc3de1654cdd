"""Memory of a serving process: the service is started, judges comments, and is measured.

First come 2,000 ordinary comments; then a request of 12 comments of 4,000 emoji each, which the
encoder reads as some 250 windows apiece.

python benchmarks/memory.py
"""

import json
import os
import random
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PORT = 8765
TEXTS = [f"Comment {n}: the ferry was late again and nobody said why." for n in range(200)]
EMOJI = [chr(point) for point in (*range(0x1F600, 0x1F650), *range(0x1F300, 0x1F5FF))]
HEAVY = 12
CHARACTERS = 4_000
REST_SECONDS = 15
"""Longer than the service takes to release unused memory."""


def main() -> None:
    """Print the resident memory of the process that serves, in MB, before and after each load."""
    command = [sys.executable, "-m", "moderation", "serve", "--port", str(PORT)]
    chance = random.Random(1)  # noqa: S311  # it makes texts, not secrets
    heavy = ["".join(chance.choices(EMOJI, k=CHARACTERS)) for _ in range(HEAVY)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) as server:  # noqa: S603  # ours
        try:
            _wait()
            _tell("ready", server.pid)
            for _ in range(10):
                _post(TEXTS)
            _tell("after 2,000 comments", server.pid)
            _post(heavy)
            _tell(f"after {HEAVY} comments of {CHARACTERS} emoji", server.pid)
            time.sleep(REST_SECONDS)
            _tell(f"after {REST_SECONDS} seconds of rest", server.pid)
        finally:
            server.terminate()


def _tell(when: str, process: int) -> None:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    now, most = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("VmRSS", "VmHWM"))
    if now and most:
        print(f"{when}: {int(now[1]) / 1000:.0f} MB (at most {int(most[1]) / 1000:.0f} MB)")


def _wait() -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz"):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("The service did not become ready.")


def _post(texts: list[str]) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/v1/score",
        json.dumps({"texts": texts}, ensure_ascii=False).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310  # our own server
        reply.read()


if __name__ == "__main__":
    main()
