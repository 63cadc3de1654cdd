"""A machine of its own for a test, so that it can change the hosts file and trusted certificates.

These are copies there, and the machine's network is a loopback of its own.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

COPIED = ("/etc/hosts", "/etc/ssl/certs", "/usr/local/share/ca-certificates")
"""Files and folders that are copies in such a machine, where there are any."""

EMPTY = ("/var/log/nginx",)
"""Folders that are empty in such a machine, where there are any."""

# Ends when its standard input is closed, at the latest with the process that started it.
SETUP = """
set -e
ip link set lo up
while [ $# -gt 0 ]; do mount --bind "$1" "$2"; shift 2; done
echo ready
read -r _ || true
"""
TOOLS = ("unshare", "nsenter", "ip", "mount")


class Machine:
    """A machine of its own.

    Parameters
    ----------
    process : int
        The id of a process in it.
    """

    def __init__(self, process: int) -> None:
        self._enter = ["nsenter", f"--target={process}", "--mount", "--net"]
        if os.geteuid() != 0:
            self._enter += ["--user", "--preserve-credentials"]

    def command(self, words: Sequence[str], folder: Path) -> list[str]:
        """Return the command that runs another one in a folder, on this machine."""
        return [*self._enter, f"--wd={folder}", "--", *words]

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        variables: Mapping[str, str] | None = None,
        *,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; variables that name proxies or certificates are not passed on.

        Parameters
        ----------
        words : sequence of str
        folder : Path
        variables : mapping of str to str, optional
            Set besides those that the test runs with.
        check : bool
            Whether a command that fails is an error.
        """
        done = subprocess.run(
            self.command(words, folder),
            check=False,
            env=_own_variables() | dict(variables or {}),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    @contextmanager
    def running(self, words: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command until the end of the context."""
        process = subprocess.Popen(self.command(words, folder), env=_own_variables())
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Give a machine of its own whose copies are in a folder; skip the test where none can be made.

    That takes Linux, and the right to make namespaces.
    """
    missing = [name for name in TOOLS if not shutil.which(name)]
    if missing:
        pytest.skip(f"a machine of its own takes {', '.join(missing)}")
    unshare = ["unshare", "--mount", "--net"] + ["--map-root-user"] * (os.geteuid() != 0)
    holder = subprocess.Popen(
        [*unshare, "sh", "-c", SETUP, "sh", *_copies(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"no namespaces can be made here: {holder.stderr.read().strip()}")
        yield Machine(holder.pid)
    finally:
        holder.communicate(timeout=30)


def _copies(folder: Path) -> list[str]:
    """Copy what a machine has copies of; return each copy with the path that it stands for."""
    pairs = []
    for name in (*COPIED, *EMPTY):
        original, copy = Path(name), folder / name.strip("/").replace("/", "-")
        if not original.exists():
            continue
        if name in EMPTY:
            copy.mkdir()
        elif original.is_dir():
            shutil.copytree(original, copy, symlinks=True)
        else:
            shutil.copy(original, copy)
        pairs += [str(copy), name]
    return pairs


def _own_variables() -> dict[str, str]:
    told = ("proxy", "cert", "ca_bundle", "cainfo")
    return {
        name: value
        for name, value in os.environ.items()
        if not any(part in name.lower() for part in told)
    }
