"""A suggested score becomes a correction for the labelled set, unless it may not be stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderation.database.store import Store
from moderation.database.tables import corrections
from moderation.service.correction_store import CorrectionStore
from moderation.verdict import Span
from tests.service.fakes import client_of
from tests.service.keys import url_in
from tests.service.perspective.asking import SUGGEST, analyze, refused, suggest


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Give a database, as another process than the service sees it."""
    store = Store.open(url_in(tmp_path_factory.mktemp("data")))
    yield store
    store.close()


@pytest.fixture(scope="module")
def stored(database: Store) -> CorrectionStore:
    return CorrectionStore(lambda: database)


@pytest.fixture(scope="module")
def storing(database: Store) -> Iterator[httpx.Client]:
    """Give a client of a service that stores in `database`."""
    with client_of(database=str(database.engine.url)) as client:
        yield client


@pytest.fixture(autouse=True)
def _nothing_before(database: Store) -> None:
    database.write(lambda connection: connection.execute(corrections.delete()))


def test_what_coral_sends_on_a_moderators_decision_is_stored(
    storing: httpx.Client, stored: CorrectionStore
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
    (correction,) = stored.read()
    assert correction.text == "they say hostileword here"
    assert correction.scores == {"toxicity": 0}
    assert correction.source == "perspective"
    assert correction.community == "Coral:https://example.org"
    assert correction.client_token == "comment:1"  # noqa: S105  # the protocol's name
    assert correction.languages == ("en",)


def test_nothing_is_stored_that_may_not_be(storing: httpx.Client, stored: CorrectionStore) -> None:
    assert suggest(storing, doNotStore=True, clientToken="t").json()["clientToken"] == "t"
    assert analyze(storing).status_code == 200
    assert stored.read() == []
    assert suggest(storing, doNotStore=False).status_code == 200
    assert len(stored.read()) == 1


def test_scores_of_parts_are_stored_at_the_texts_own_offsets(
    storing: httpx.Client, stored: CorrectionStore
) -> None:
    spans = [{"begin": 3, "end": 6, "score": {"value": 0.75}}]
    scores: dict[str, Any] = {
        "INSULT_EXPERIMENTAL": {"spanScores": spans},
        "NEWS": {"summaryScore": {"value": 1, "type": "PROBABILITY"}},
    }
    assert suggest(storing, "😀 bad", attributeScores=scores).status_code == 200
    (correction,) = stored.read()
    assert correction.scores == {"news": 1}
    assert correction.spans == (Span(2, 5, "insult", 0.75),)


@pytest.mark.parametrize(("begin", "end"), [(1, 3), (0, 1), (0, 0), (3, 2), (0, 99)])
def test_a_span_that_is_none_of_the_text_is_refused(
    storing: httpx.Client, stored: CorrectionStore, begin: int, end: int
) -> None:
    spans = [{"begin": begin, "end": end, "score": {"value": 1}}]
    reply = suggest(storing, "😀 bad", attributeScores={"TOXICITY": {"spanScores": spans}})
    message = "A span's begin and end must be offsets of the text in UTF-16"
    assert refused(reply, "INVALID_REQUEST", message)
    assert stored.read() == []


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


def test_a_comment_in_any_language_can_teach(
    storing: httpx.Client, stored: CorrectionStore
) -> None:
    reply = suggest(storing, "ក្រុមប្រឹក្សាគួរផ្សាយបញ្ជី")
    assert reply.json() == {"detectedLanguages": ["km"]}
    assert len(stored.read()) == 1


def test_a_suggestion_that_is_sent_again_is_stored_once(
    storing: httpx.Client, stored: CorrectionStore
) -> None:
    for _ in range(2):
        assert suggest(storing, sessionId="a visit").is_success
    assert len(stored.read()) == 1


def test_a_suggestion_that_cannot_be_stored_is_not_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with client_of(database=url_in(tmp_path / "file" / "below")) as client:
        reply = suggest(client)
        assert reply.status_code == 503
        assert reply.json()["error"]["status"] == "UNAVAILABLE"
        assert "retry-after" in reply.headers


def test_a_name_and_its_experimental_form_are_both_checked_and_the_plain_one_holds(
    storing: httpx.Client, stored: CorrectionStore
) -> None:
    plain, trial = {"summaryScore": {"value": 1}}, {"summaryScore": {"value": 0}}
    for visit, scores in enumerate(
        (
            {"THREAT": plain, "THREAT_EXPERIMENTAL": trial},
            {"THREAT_EXPERIMENTAL": trial, "THREAT": plain},
        )
    ):
        assert suggest(storing, attributeScores=scores, sessionId=str(visit)).is_success
    assert [correction.scores for correction in stored.read()] == [{"threat": 1}] * 2
    beyond = plain | {"spanScores": [{"begin": 0, "score": {"value": 1}}]}
    reply = suggest(storing, attributeScores={"THREAT": beyond, "THREAT_EXPERIMENTAL": trial})
    assert reply.status_code == 400
