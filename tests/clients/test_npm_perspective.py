"""The npm package perspective-api-client, as sites in Node use it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.documents import code_of
from tests.clients.npm import install, run

PACKAGE, SCRIPT = "perspective-api-client@3.1.0", "ask.js"
OTHER_AXIOS = "axios@1"
DOCUMENTED = "http://127.0.0.1:8000"
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module", params=["alone", "beside an axios of the application"])
def modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the package is installed."""
    others = [] if request.param == "alone" else [OTHER_AXIOS]
    folder = install(tmp_path_factory.mktemp("npm"), SCRIPT, PACKAGE, *others)
    own = folder / "node_modules" / "perspective-api-client" / "node_modules" / "axios"
    assert own.exists() == bool(others)
    return folder


@pytest.fixture
def ask(modules: Path, address: str) -> Ask:
    """Give a function that makes calls, each a text and options, and returns what came of them.

    The package is led to the service as the migration guide says.
    """
    recipe = code_of("migrating-from-perspective.md", "js", DOCUMENTED)
    (modules / "recipe.js").write_text(recipe.replace(DOCUMENTED, address), "utf-8")
    return lambda *calls: run(modules, SCRIPT, calls)


def test_a_comment_is_scored(ask: Ask) -> None:
    usual, chosen, spans = ask(
        ["they say <b>hostileword</b> here"],
        ["they say hostileword here", {"attributes": ["ethnic_hostility", "insult"]}],
        [
            {
                "comment": {"text": "😀 hostileword"},
                "requestedAttributes": {"ETHNIC_HOSTILITY": {}},
                "spanAnnotations": True,
                "languages": ["en"],
                "clientToken": "t",
            }
        ],
    )
    assert usual["reply"]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 0.1
    scores = chosen["reply"]["attributeScores"]
    values = {name: one["summaryScore"]["value"] for name, one in scores.items()}
    assert values == {"ETHNIC_HOSTILITY": 0.9, "INSULT": 0.1}
    (span,) = spans["reply"]["attributeScores"]["ETHNIC_HOSTILITY"]["spanScores"]
    assert (span["begin"], span["end"]) == (0, 14)
    assert spans["reply"]["clientToken"] == "t"


def test_each_error_that_the_package_surfaces_has_its_name_and_message(ask: Ask) -> None:
    unchecked = {"validate": False}
    told = ask(
        [""],
        ["x" * 20_481],
        ["", unchecked],
        ["é" * 10_241, unchecked],
        ["calm", {"attributes": ["BOGUS"]}],
        ["calm", {"attributes": []}],
        [{"comment": {"text": "calm"}, "languages": ["om"]}],
    )
    assert [one["name"] for one in told[:2]] == ["TextEmptyError", "TextTooLongError"]
    assert {one["name"] for one in told[2:]} == {"ResponseError"}
    assert {one["status"] for one in told[2:]} == {400}
    assert [one["message"] for one in told[2:]] == [
        "Comment must be non-empty.",
        "Comment text was too many bytes. Value (20482) exceeded limit (20480).",
        "Unknown requested attribute: BOGUS",
        "Missing requested_attributes",
        "Attribute TOXICITY does not support request languages: om",
    ]
    types = [one["body"]["error"]["details"][0]["errorType"] for one in told[2:]]
    assert types == [
        "COMMENT_EMPTY",
        "COMMENT_TOO_LONG",
        "INVALID_REQUEST",
        "NO_REQUESTED_ATTRIBUTES",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
    ]
