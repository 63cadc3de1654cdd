"""Nothing leaves the machine: no connection, no question to a name server, no stranger's files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from moderation.models.ngrams.numba_cache import CHOSEN, kernel_folder
from tests.conftest import ROOT, skip_or_fail

pytestmark = pytest.mark.slow

LIFE = 8
"""Seconds that each process lives once it has judged; ONNX Runtime used to call after 5 or so."""

JUDGE = f"""
import time
from moderation import Moderator
print(Moderator.load().judge(["The ferry was late again, you vermin."])[0].label)
time.sleep({LIFE})
"""
BATCH = f"""
import sys, time
from moderation.cli import main
sys.argv = ["moderation", "batch", "pages", "--out", "out", "--jobs", "2"]
try:
    main()
finally:
    time.sleep({LIFE})
"""
SERVE = f"""
import json, subprocess, sys, time, urllib.request
command = [sys.executable, "-m", "moderation", "serve"]
with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen("http://127.0.0.1:8000/readyz").close()
                break
            except OSError:
                time.sleep(0.1)
        request = urllib.request.Request(
            "http://127.0.0.1:8000/v1/score", json.dumps({{"text": "You vermin."}}).encode(),
            {{"Content-Type": "application/json"}},
        )
        with urllib.request.urlopen(request) as reply:
            print(reply.status)
        time.sleep({LIFE})
    finally:
        server.terminate()
"""
TRAIN = f"""
import time
from pathlib import Path
from moderation.models.store.models import load_model
from moderation.training.fit import Recipe, fit_fast
from moderation.training.vectorizer import NgramHasher
from tests.tiny import material_of, write_labels
material = material_of(write_labels(Path("labels")))
fit_fast(material.examples, [], Recipe(NgramHasher(n_features=2**10)), print)
print(load_model("encoder@2027.01", Path({str(ROOT / "models")!r})).raw_scores(["a comment"]))
time.sleep({LIFE})
"""
ASK = """
import contextlib, socket
for ask in (
    lambda: socket.create_connection(("192.0.2.1", 443), 5),
    lambda: socket.create_connection(("2001:db8::1", 443), 5),
    lambda: socket.getaddrinfo("telemetry.example", 443),
):
    with contextlib.suppress(OSError):
        ask()
"""


class Seen(NamedTuple):
    """The outcome of some commands."""

    ended: list[tuple[str, int]]
    """The output of each, and its status."""
    sent: list[str]
    """Packets to others: protocol, address and port."""
    left: list[Path]
    """Files in the user's home folder, by their path in it."""


def watch(folder: Path, *codes: str) -> Seen:
    """Run Python code in processes without a network, in the home of a user who has nothing yet."""
    home = folder / "home"
    (home / "pages").mkdir(parents=True)
    for number in range(4):
        page = home / "pages" / f"{number}.txt"
        page.write_text("A headline\n\nThe ministry said so on Monday.\n\nYou vermin.\n", "utf-8")
    # Few variables: some tell ONNX Runtime that it is tested, and then it keeps quiet by itself.
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    if kernels := kernel_folder():
        env[CHOSEN] = str(kernels.path.parent)  # so that not each compiles them anew
    commands = [
        {"argv": [sys.executable, "-c", code], "env": env, "cwd": str(home)} for code in codes
    ]
    done = subprocess.run(
        [*namespace(), sys.executable, ROOT / "tests" / "repository" / "watched.py"],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    shutil.rmtree(home / "pages")
    left = [path.relative_to(home) for path in home.rglob("*") if path.is_file()]
    return Seen(found["ended"], found["sent"], left)


def namespace() -> list[str]:
    """Return the words before a command that give it a network of its own."""
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    try:
        tried = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    except OSError as error:
        skip_or_fail(f"network namespaces cannot be made: {error}")
    if tried.returncode:
        skip_or_fail(f"network namespaces cannot be made: {tried.stderr.strip()}")
    return words


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_judging_serving_a_batch_run_and_training_call_nobody_and_leave_nothing(
    tmp_path: Path,
) -> None:
    seen = watch(tmp_path, JUDGE, BATCH, SERVE, TRAIN)
    assert [status for _, status in seen.ended] == [0, 0, 0, 0], seen.ended
    assert seen.sent == []
    # What was asked for, what is ours, and the list of fonts that drawing a trained model's report
    # begins with.
    known = {"out", "labels", "moderation", "matplotlib"}
    assert [path for path in seen.left if not known & set(path.parts)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_whoever_calls_others_is_seen(tmp_path: Path) -> None:
    seen = watch(tmp_path, "", ASK, "")
    assert [status for _, status in seen.ended] == [0, 0, 0]
    assert {"tcp 192.0.2.1 443", "tcp 2001:db8::1 443"} <= set(seen.sent)
    assert any(line.startswith("udp ") and line.endswith(" 53") for line in seen.sent)


def test_every_process_that_can_import_onnx_runtime_has_told_it_to_keep_quiet() -> None:
    code = (
        "import os, sys; os.environ.pop('ORT_DISABLE_TELEMETRY', None); import moderation;"
        "import subprocess; ask = 'import os; print(os.environ[\"ORT_DISABLE_TELEMETRY\"])';"
        "subprocess.run([sys.executable, '-c', ask], check=True)"
    )
    env = os.environ | {"ORT_DISABLE_TELEMETRY": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
    # No module of ours imports it by another way than through the package, which comes first.
    for file in [*ROOT.glob("benchmarks/*.py"), ROOT / "train.py"]:
        assert "import onnxruntime" not in file.read_text("utf-8")
