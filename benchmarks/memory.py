"""Memory of a serving process: the service is started, judges comments, and is measured.

python benchmarks/memory.py
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PORT = 8765
TEXTS = [f"Comment {n}: the ferry was late again and nobody said why." for n in range(200)]


def main() -> None:
    """Print the resident memory of the process that serves, after 2,000 comments, in MB."""
    command = [sys.executable, "-m", "moderation", "serve", "--port", str(PORT)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ) as server:  # noqa: S603  # ours
        try:
            _wait()
            for _ in range(10):
                _post(TEXTS)
            status = Path(f"/proc/{server.pid}/status").read_text("ascii")
        finally:
            server.terminate()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    print(f"{int(found[1]) / 1000:.0f} MB" if found else "unknown")


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
        json.dumps({"texts": texts}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310  # our own server
        reply.read()


if __name__ == "__main__":
    main()
