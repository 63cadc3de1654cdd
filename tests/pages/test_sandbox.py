"""The sandbox shields its caller from hostile pages."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moderation.errors import UnreadablePage
from moderation.pages.sandbox import PageLimits, Sandbox, SandboxError, SandboxErrorKind
from tests.conftest import ROOT
from tests.service.fakes import wait_until

LIMITS = PageLimits(seconds=5, memory=512 << 20)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits are POSIX limits")


def read(page: str) -> str:
    """Do what a page says; stands in for a reader."""
    if page == "refuse":
        raise UnreadablePage("no page", where="here", remedy="mend it")
    if page == "fail":
        raise ValueError("a text that is not to be told")
    if page == "hang":
        time.sleep(600)
    if page == "print":
        os.write(2, b"a text that is not to be told")
    return page.upper()


def test_results_and_refusals_come_through_and_other_errors_by_name_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sandbox = Sandbox(read, LIMITS)
    try:
        assert sandbox.call("page") == "PAGE"
        with pytest.raises(UnreadablePage) as refused:
            sandbox.call("refuse")
        assert str(refused.value) == "here: no page mend it"
        with pytest.raises(SandboxError) as failed:
            sandbox.call("fail")
        assert failed.value.kind is SandboxErrorKind.CRASH
        assert str(failed.value) == "Reading the page failed (ValueError)."
        process = sandbox.process
        assert sandbox.call("print") == "PRINT"
        assert sandbox.process is process
        assert capfd.readouterr() == ("", "")
    finally:
        sandbox.close()


def test_processes_end_with_the_one_that_started_them_even_while_a_page_hangs() -> None:
    program = (
        "import pickle, time\n"
        "from moderation.pages.sandbox import PageLimits, Sandbox\n"
        "from tests.pages.test_sandbox import read\n"
        "sandboxes = [Sandbox(read, PageLimits(0.5, 512 << 20)) for _ in range(2)]\n"
        "sandboxes[0].start()\n"
        "sandboxes[1].start().send_bytes(pickle.dumps('hang'))\n"
        "print(*(each.process.pid for each in sandboxes), flush=True)\n"
        "time.sleep(600)"
    )
    command = [sys.executable, "-c", program]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    children = [int(pid) for pid in parent.stdout.readline().split()]
    assert len([pid for pid in children if is_running(pid)]) == 2
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    wait_until(lambda: not any(map(is_running, children)), seconds=30)


def is_running(pid: int) -> bool:
    """Tell whether such a process runs."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


def test_nothing_in_the_working_folder_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    for name in ("lxml", "numpy", "pickle"):
        (tmp_path / f"{name}.py").write_text(f"open({str(marker)!r}, 'w')\nraise SystemExit")
    program = (
        f"import sys; sys.path.append({str(ROOT)!r})\n"
        "from moderation.pages import read_html\n"
        "from moderation.pages.sandbox import PageLimits, Sandbox\n"
        "sandbox = Sandbox(read_html, PageLimits(30, 512 << 20))\n"
        "print(sandbox.call(b'<h1>Bridge</h1><p>Open.</p>').title)\n"
        "sandbox.close()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "Bridge"
    assert not marker.exists()
