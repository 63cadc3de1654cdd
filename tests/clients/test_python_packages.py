"""Python packages for the Perspective API, of which each has upstream's address built in.

Two of them are modules of the same name, so that each is installed into a folder of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.service.correction_store import CorrectionStore
from tests.conftest import skip_or_fail

PACKAGES = {
    "pyperspective": "PyPerspective==1.0.4",
    "perspective": "perspective==1.0.3",
    "perspectiveapi": "perspectiveapi==1.1.0",
    "begentle": "begentle==0.1.1",
}
SCRIPT = Path(__file__).parent / "ask.py"
HOSTILE = "😀 they say hostileword. Calm."
Call = tuple[list[Any], dict[str, Any]]
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a folder for each package."""
    root = tmp_path_factory.mktemp("packages")
    for name, pinned in PACKAGES.items():
        install(root / name, pinned)  # what they need is in the extra for tests
    return root


def install(folder: Path, *pinned: str) -> None:
    """Install packages into a folder, without what they need; skip the test if that fails."""
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--prefer-binary",
        "--disable-pip-version-check", "--target", str(folder), *pinned,
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        skip_or_fail(f"pip cannot install {', '.join(pinned)}")


@pytest.fixture
def ask(folders: Path, address: str) -> Ask:
    """Give a function that makes calls with a package, and returns what came of each."""

    def asking(package: str, *calls: Call) -> list[dict[str, Any]]:
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        done = subprocess.run(
            [sys.executable, str(SCRIPT), package, address.rstrip("/"), json.dumps(calls)],
            env=kept | {"PYTHONPATH": str(folders / package)},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        told: list[dict[str, Any]] = json.loads(done.stdout)
        return told

    return asking


def test_pyperspective_reads_the_spans_and_the_languages(ask: Ask) -> None:
    tests = ["TOXICITY", "INSULT", "FLIRTATION"]
    one, several = ask("pyperspective", ([HOSTILE], {}), ([HOSTILE], {"tests": tests}))
    assert one["result"] == {
        "scores": {"TOXICITY": 0.1},
        "spans": [[0, 30, 0.1, "PROBABILITY"]],
        "languages": [["en"], ["en"]],
    }
    assert several["result"]["scores"] == {"TOXICITY": 0.1, "INSULT": 0.1}


def test_perspective_scores_and_suggests(ask: Ask, corrections: CorrectionStore) -> None:
    spans = {"requested_attributes": {"ETHNIC_HOSTILITY": {}}, "span_annotations": True}
    suggested = {"TOXICITY": {"summaryScore": {"value": 1.0}}}
    short, whole, acknowledged, refused = ask(
        "perspective",
        (["score", HOSTILE], {"tests": ["TOXICITY", "OBSCENE"]}),
        (["analyze_comment", HOSTILE], spans),
        (["suggest_score", HOSTILE, suggested], {"client_token": "package:1"}),
        (["score", ""], {}),
    )
    assert short["result"] == {"TOXICITY": 0.1, "OBSCENE": 0.1}
    found = whole["result"]["attributeScores"]["ETHNIC_HOSTILITY"]["spanScores"]
    assert [(span["begin"], span["end"], span["score"]["value"]) for span in found] == [
        (0, 24, 0.9), (25, 30, 0.1)
    ]  # fmt: skip
    assert acknowledged["result"]["clientToken"] == "package:1"
    assert [one.scores for one in corrections.read() if one.client_token == "package:1"] == [  # noqa: S105
        {"toxicity": 1}
    ]
    assert (refused["error"], refused["message"]) == ("HTTPError", "HTTP Error 400: Bad Request")


def test_perspectiveapi_has_no_value_for_what_is_left_out(ask: Ask) -> None:
    scored, none = ask(
        "perspectiveapi",
        ([HOSTILE, "TOXICITY", "THREAT", "SEXUALLY_EXPLICIT"], {}),
        (["👍", "TOXICITY"], {}),
    )
    assert scored["result"] == {"TOXICITY": 0.1, "THREAT": 0.1, "SEXUALLY_EXPLICIT": None}
    assert none["result"] == {"TOXICITY": 0.1}


def test_begentle_builds_itself_from_the_discovery_document(ask: Ask) -> None:
    scored, refused = ask("begentle", ([HOSTILE], {}), ([""], {}))
    assert scored["result"] == 0.1
    assert refused["error"] == "HttpError"
    assert "Comment must be non-empty." in refused["message"]
