"""The npm package openai, pointed at the service with `baseURL` and nothing else."""

from pathlib import Path

import pytest

from tests.clients.npm import install, run

PACKAGE, SCRIPT = "openai@6.49.0", "moderations.js"
HOSTILE = "they say hostileword here"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the package is installed."""
    return install(tmp_path_factory.mktemp("npm"), SCRIPT, PACKAGE)


def test_texts_are_moderated_and_a_blank_one_among_them_costs_only_its_own(
    modules: Path, address: str
) -> None:
    inputs = [HOSTILE, ["calm", "", HOSTILE], ["", " "]]
    one, some, none = run(modules, SCRIPT, address.rstrip("/"), inputs)
    assert one["answers"] == [{"text": HOSTILE, "flagged": True, "hate": True, "score": 0.9}]
    calm, blank, hostile = some["answers"]
    assert (calm["flagged"], blank["flagged"], hostile["flagged"]) == (False, False, True)
    assert (calm["score"], blank["score"], hostile["score"]) == (0.1, 0, 0.9)
    assert blank["error"]["param"] == "input[1]"
    assert "error" not in calm
    assert none == {"name": "Error", "status": 400, "param": "input[0]"}
