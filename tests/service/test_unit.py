"""The service runs under the very restrictions of the systemd unit in the documentation."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT, skip_or_fail
from tests.service.fakes import is_ready, wait_until

pytestmark = pytest.mark.slow

NOBODY = "65534"
HOMES = ("/home", "/root", "/run/user")
TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # they are hidden
STATE, CACHE = "/var/lib", "/var/cache"
SETTINGS = f"{STATE}/moderation.toml"

WITHOUT_EFFECT = {"Description", "After", "WantedBy"} | {
    *("User", "ExecStart", "ExecReload", "KillMode", "TimeoutStopSec", "Restart", "Environment"),
}
"""Directives that take nothing away from the service, or that the test heeds by itself."""


def hidden(folders: tuple[str, ...], mode: str) -> str:
    """Hide folders, but for what the interpreter and the package consist of."""
    lines = [
        f"mount -t tmpfs -o mode={mode} tmpfs {each}" for each in folders if Path(each).exists()
    ]
    parts = (sys.prefix, sys.base_prefix, str(ROOT), *sys.path)
    needed = {Path(each).resolve() for each in parts}
    for number, path in enumerate(sorted(needed)):
        if path.is_dir() and str(path).startswith(tuple(f"{each}/" for each in folders)):
            stash, place = f"{STATE}/stash/{number}", shlex.quote(str(path))
            lines.insert(0, f"mkdir -p {stash}; mount --bind {place} {stash}")
            lines.append(f"mkdir -p {place}; mount --bind {stash} {place}")
    return "\n".join(lines)


def directory(path: str) -> str:
    return f"mkdir {path}; chown {NOBODY}:{NOBODY} {path}; mount --bind {path} {path}"


READ_ONLY = rf"""
cut -d' ' -f5 /proc/self/mountinfo | while read -r place; do case $place in
/proc*|/sys*|/dev*|{STATE}/moderation|{CACHE}/moderation|/tmp|/var/tmp) ;;
*) mount -o remount,bind,ro "$place" 2>/dev/null || ! test -e "$place" ;;
esac; done
"""

EMULATED: dict[str, Callable[[str], str]] = {
    "StateDirectory": lambda name: directory(f"{STATE}/{name}"),
    "CacheDirectory": lambda name: f"mount -t tmpfs tmpfs {CACHE}\n{directory(f'{CACHE}/{name}')}",
    "CacheDirectoryMode": lambda mode: f"chmod {mode} {CACHE}/*",
    "ProtectHome=yes": lambda _: hidden(HOMES, "0755"),
    "PrivateTmp=yes": lambda _: hidden(TEMPORARY, "1777"),
    "ProtectSystem=strict": lambda _: READ_ONLY,
    "NoNewPrivileges=yes": lambda _: "user=--no-new-privs",
}
"""Shell commands that do the same as systemd for a directive, in the order of execution."""


def documented() -> tuple[dict[str, list[str]], dict[str, object]]:
    """Return the unit's directives, and the settings file beside it."""
    text = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    section = text.split("\n## systemd\n", 1)[1].split("\n## ", 1)[0]
    unit, settings = re.findall(r"```(?:ini|toml)\n(.*?)```", section, re.DOTALL)
    directives: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE):
        directives.setdefault(name, []).append(value)
    return directives, tomllib.loads(settings)


def restricted(port: int) -> str:
    """Return a shell program that takes from itself what the unit takes, and then serves."""
    directives, settings = documented()
    said = {name: values[0] for name, values in directives.items() if name not in WITHOUT_EFFECT}
    said |= {f"{name}={value}": value for name, value in said.items()}
    acts = [act(said[name]) for name, act in EMULATED.items() if name in said]
    assert len(acts) == len(said) // 2, "the test has to do what systemd does for each"
    environment = dict(value.split("=", 1) for value in directives["Environment"])
    assert environment.pop("MODERATION_CONFIG").startswith("/etc/")
    environment |= {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/moderation",
        "STATE_DIRECTORY": f"{STATE}/moderation",
        "PYTHONPATH": str(ROOT),
        "MODERATION_CONFIG": SETTINGS,
        "MODERATION_PORT": str(port),
        # One is enough here: each would compile the kernels for itself.
        "MODERATION_WORKERS": "1",
    }
    if "CacheDirectory" in directives:
        environment["CACHE_DIRECTORY"] = f"{CACHE}/moderation"
    file = "\n".join(f"{name} = {value!r}" for name, value in settings.items() if name != "policy")
    command = [
        *("env", "-i", *(f"{name}={value}" for name, value in environment.items())),
        *(sys.executable, "-m", "moderation"),
    ]
    _, *serve = directives["ExecStart"][0].split()
    setpriv = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups $user"
    return "\n".join(
        [
            "set -eu; umask 022; user=",
            f"mount -t tmpfs -o mode=0755 tmpfs {STATE}",
            f"printf %s {shlex.quote(file)} > {SETTINGS}",
            *acts,
            "cd /",
            f"for each in {STATE} {CACHE} /usr /home; do",
            f"if {setpriv} touch $each/x 2>/dev/null; then exit 9; fi; done",
            f"{setpriv} {shlex.join([*command, 'keys', 'create', 'test'])}",
            f"exec {setpriv} {shlex.join([*command, *serve])}",
        ]
    )


def test_the_documented_unit_can_judge(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("systemd is Linux's")
    if os.geteuid() != 0:
        skip_or_fail("only root can take away what systemd takes")
    outside = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*outside, "mount", "-t", "tmpfs", "tmpfs", STATE], check=False).returncode:
        skip_or_fail("this system has no mount namespaces")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    output = tmp_path / "output"
    with output.open("wb") as out:
        command = [*outside, "sh", "-c", restricted(port)]
        service = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:

            def answers() -> bool:
                assert service.poll() is None, output.read_text("utf-8")
                try:
                    return is_ready(client)
                except httpx.TransportError:
                    return False

            wait_until(answers, seconds=240)
            found = re.search(r"mod_[\w-]+", output.read_text("utf-8"))
            assert found
            headers = {"Authorization": f"Bearer {found[0]}"}
            reply = client.post("/v1/score", json={"text": "You idiot!"}, headers=headers)
        assert reply.is_success
        assert reply.json()["verdicts"][0]["label"] == "inflammatory"
        kernels = Path(f"/proc/{service.pid}/root{CACHE}/moderation/kernels")
        assert any(path.suffix == ".kernel" for path in kernels.iterdir())
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(60)
    written = output.read_text("utf-8")
    assert "not kept" not in written
    assert "Traceback" not in written
