"""A suggested score becomes a correction for the labelled set, unless it may not be stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderation.service.corrections import CorrectionsFile
from moderation.verdict import Span
from tests.service.fakes import client_of
from tests.service.perspective.asking import SUGGEST, analyze, refused, suggest


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> CorrectionsFile:
    return CorrectionsFile(tmp_path_factory.mktemp("data") / "corrections.jsonl")


@pytest.fixture(scope="module")
def storing(file: CorrectionsFile) -> Iterator[httpx.Client]:
    """Give a client of a service that stores in `file`."""
    with client_of(corrections=file.path) as client:
        yield client


@pytest.fixture(autouse=True)
def _nothing_before(file: CorrectionsFile) -> None:
    file.path.unlink(missing_ok=True)


def test_what_coral_sends_on_a_moderators_decision_is_stored(
    storing: httpx.Client, file: CorrectionsFile
) -> None:
    body = {
        "comment": {"text": "they say hostileword here"},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
        "communityId": "Coral:https://example.org",
        "clientToken": "comment:1",
        "languages": ["en"],
    }
    reply = storing.post(f"{SUGGEST}?key=anything", json=body)
    assert reply.json() == {
        "clientToken": "comment:1",
        "detectedLanguages": ["en"],
        "requestedLanguages": ["en"],
    }
    (stored,) = file.read()
    assert stored.text == "they say hostileword here"
    assert stored.scores == {"toxicity": 0}
    assert stored.source == "perspective"
    assert stored.community == "Coral:https://example.org"
    assert stored.client_token == "comment:1"  # noqa: S105  # the protocol's name
    assert stored.languages == ("en",)


def test_nothing_is_stored_that_may_not_be(storing: httpx.Client, file: CorrectionsFile) -> None:
    assert suggest(storing, doNotStore=True, clientToken="t").json()["clientToken"] == "t"
    assert analyze(storing).status_code == 200
    assert not file.path.exists()
    assert suggest(storing, doNotStore=False).status_code == 200
    assert len(list(file.read())) == 1


def test_scores_of_parts_are_stored_at_the_texts_own_offsets(
    storing: httpx.Client, file: CorrectionsFile
) -> None:
    spans = [{"begin": 3, "end": 6, "score": {"value": 0.75}}]
    scores: dict[str, Any] = {
        "INSULT_EXPERIMENTAL": {"spanScores": spans},
        "NEWS": {"summaryScore": {"value": 1, "type": "PROBABILITY"}},
    }
    assert suggest(storing, "😀 bad", attributeScores=scores).status_code == 200
    (stored,) = file.read()
    assert stored.scores == {"news": 1}
    assert stored.spans == (Span(2, 5, "insult", 0.75),)


@pytest.mark.parametrize(("begin", "end"), [(1, 3), (0, 1), (0, 0), (3, 2), (0, 99)])
def test_a_span_that_is_none_of_the_text_is_refused(
    storing: httpx.Client, file: CorrectionsFile, begin: int, end: int
) -> None:
    spans = [{"begin": begin, "end": end, "score": {"value": 1}}]
    reply = suggest(storing, "😀 bad", attributeScores={"TOXICITY": {"spanScores": spans}})
    message = "A span's begin and end must be offsets of the text in UTF-16"
    assert refused(reply, "INVALID_REQUEST", message)
    assert not file.path.exists()


def test_a_suggestion_of_nothing_is_refused(storing: httpx.Client) -> None:
    for nothing in (None, dict[str, Any]()):
        reply = suggest(storing, attributeScores=nothing)
        assert refused(reply, "INVALID_REQUEST", "Missing attribute_scores")
    reply = suggest(storing, attributeScores={"TOXICITY": {}})
    assert refused(reply, "INVALID_REQUEST", "Missing summary_score in attribute_scores")
    reply = suggest(storing, attributeScores={"SPAM": {"summaryScore": {"value": 1}}})
    assert refused(reply, "INVALID_REQUEST", "Unknown requested attribute: SPAM")


@pytest.mark.parametrize("value", [-0.1, 1.1, "1", None])
def test_a_score_is_from_0_to_1(storing: httpx.Client, value: object) -> None:
    scores = {"TOXICITY": {"summaryScore": {"value": value}}}
    assert suggest(storing, attributeScores=scores).status_code == 400


def test_a_comment_in_any_language_can_teach(storing: httpx.Client, file: CorrectionsFile) -> None:
    reply = suggest(storing, "ក្រុមប្រឹក្សាគួរផ្សាយបញ្ជី")
    assert reply.json() == {"detectedLanguages": ["km"]}
    assert len(list(file.read())) == 1


def test_a_suggestion_that_cannot_be_stored_is_not_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with client_of(corrections=tmp_path / "file" / "below") as client:
        reply = suggest(client)
        assert reply.status_code == 503
        assert reply.json()["error"]["status"] == "UNAVAILABLE"
        assert "retry-after" in reply.headers


def test_a_name_and_its_experimental_form_are_both_checked_and_the_plain_one_holds(
    storing: httpx.Client, file: CorrectionsFile
) -> None:
    plain, trial = {"summaryScore": {"value": 1}}, {"summaryScore": {"value": 0}}
    for scores in (
        {"THREAT": plain, "THREAT_EXPERIMENTAL": trial},
        {"THREAT_EXPERIMENTAL": trial, "THREAT": plain},
    ):
        assert suggest(storing, attributeScores=scores).is_success
    assert [stored.scores for stored in file.read()] == [{"threat": 1}] * 2
    beyond = plain | {"spanScores": [{"begin": 0, "score": {"value": 1}}]}
    reply = suggest(storing, attributeScores={"THREAT": beyond, "THREAT_EXPERIMENTAL": trial})
    assert reply.status_code == 400
