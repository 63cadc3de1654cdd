"""Every protocol hands on to people what the policy does not allow, before it answers."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from moderation.errors import ModerationError
from moderation.service.app import create_app
from moderation.service.coral.messages import LENGTH
from moderation.service.intake import Correction, Submission
from moderation.service.security import sign
from moderation.settings import Settings
from moderation.verdict import Action
from tests.service.fakes import HOSTILE, fake_moderator, is_ready, running, wait_until

SECRET = "empsec_" + "a" * 40
BAD, GOOD = f"they are {HOSTILE} all", "I agree with the plan."


class Refused(ModerationError):
    """The store is full."""

    code = "store_full"
    status = 503


class Store:
    """Keeps what it is given, unless it is full."""

    def __init__(self) -> None:
        self.kept: list[Submission] = []
        self.added: list[Correction] = []
        self.full = False

    def take(self, sent: Sequence[Submission], /) -> None:
        """Keep comments."""
        if self.full:
            raise Refused("The store is full.")
        self.kept += sent

    def add(self, correction: Correction) -> None:
        """Keep a correction."""
        self.added.append(correction)


@contextmanager
def served(store: Store) -> Iterator[httpx.Client]:
    chosen = {"coral_secrets": [SECRET], "coral_deadline_ms": 10_000}
    app = create_app(Settings.model_validate(chosen), fake_moderator)
    app.state.intake = app.state.corrections = store
    with (
        running(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
    ):
        wait_until(lambda: is_ready(client))
        yield client


@pytest.fixture(scope="module")
def everything() -> Iterator[tuple[httpx.Client, Store]]:
    store = Store()
    with served(store) as client:
        yield client, store


def native(text: str) -> tuple[str, dict[str, Any]]:
    return "/v1/score", {"json": {"texts": [GOOD, text]}}


def openai(text: str) -> tuple[str, dict[str, Any]]:
    return "/v1/moderations", {"json": {"input": [GOOD, text]}}


def perspective(text: str) -> tuple[str, dict[str, Any]]:
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
    return "/v1alpha1/comments:analyze", {"json": body}


def coral(text: str) -> tuple[str, dict[str, Any]]:
    raw = json.dumps({"comment": {"body": text}, "story": {"url": "https://news.example/a"}})
    headers = {
        "Content-Type": "application/json",
        "X-Coral-Signature": sign(raw.encode(), SECRET),
    }
    return "/coral/moderation", {"content": raw, "headers": headers}


def akismet(text: str) -> tuple[str, dict[str, Any]]:
    return "/1.1/comment-check", {"data": {"comment_content": text}}


DOORS = {
    "native": native,
    "openai": openai,
    "perspective": perspective,
    "coral": coral,
    "akismet": akismet,
}


@pytest.mark.parametrize("name", DOORS)
def test_each_protocol_hands_on_what_is_held_and_nothing_else(
    everything: tuple[httpx.Client, Store], name: str
) -> None:
    client, store = everything
    store.kept.clear()
    for text in (BAD, GOOD):
        path, request = DOORS[name](text)
        assert client.post(path, **request).is_success
    assert [(one.text, one.source) for one in store.kept] == [(BAD, name)]
    assert store.kept[0].verdict.targets == ("Hillfolk",)


@pytest.mark.parametrize("name", DOORS)
def test_a_caller_may_forbid_to_store_and_nothing_is_handed_on(
    everything: tuple[httpx.Client, Store], name: str
) -> None:
    client, store = everything
    store.kept.clear()
    path, request = DOORS[name](BAD)
    request["headers"] = request.get("headers", {}) | {"X-Do-Not-Store": "1"}
    assert client.post(path, **request).is_success
    assert store.kept == []


def test_do_not_store_of_the_perspective_protocol_leaves_no_trace(
    everything: tuple[httpx.Client, Store],
) -> None:
    client, store = everything
    store.kept.clear()
    path, request = perspective(BAD)
    request["json"]["doNotStore"] = True
    assert client.post(path, **request).is_success
    assert store.kept == []


@pytest.mark.parametrize("forbidden", [False, True])
def test_a_suggested_score_is_stored_unless_the_caller_forbids_it(
    everything: tuple[httpx.Client, Store], *, forbidden: bool
) -> None:
    client, store = everything
    store.added.clear()
    body = {
        "comment": {"text": BAD},
        "languages": ["en"],
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.9}}},
    }
    headers = {"X-Do-Not-Store": "1"} if forbidden else {}
    reply = client.post("/v1alpha1/comments:suggestscore", json=body, headers=headers)
    assert reply.status_code == 200
    assert [one.text for one in store.added] == ([] if forbidden else [BAD])


def test_a_comment_that_coral_is_told_to_hold_for_its_length_is_handed_on_whole(
    everything: tuple[httpx.Client, Store],
) -> None:
    """Its verdict is its beginning's, and says so."""
    client, store = everything
    store.kept.clear()
    for text in (f"{BAD} {'long ' * 20_000}", "<b>mild</b> & " + "long " * 20_000):
        path, request = coral(text)
        reply = client.post(path, **request)
        assert reply.status_code == 200
        held = store.kept.pop()
        assert held.text == text.strip()
        assert held.verdict.action is Action.REVIEW
        assert held.verdict.reasons[-1] == LENGTH
        assert held.page == "https://news.example/a"
        for span in held.verdict.spans:
            assert HOSTILE in text[span.start : span.end]
        path, request = coral(text)
        request["headers"]["X-Do-Not-Store"] = "1"
        assert client.post(path, **request).json() == reply.json()
        assert store.kept == []
    path, request = coral("long " * 20_000)
    store.full = True
    answer = client.post(path, **request)
    store.full = False
    assert (answer.status_code, answer.json()) == (200, reply.json())


def test_what_a_caller_tells_of_a_comment_goes_with_it(
    everything: tuple[httpx.Client, Store],
) -> None:
    client, store = everything
    store.kept.clear()
    told = {"id": "c1", "page": "/a", "title": "A", "author": "Bo", "parent": "p", "article": "t"}
    assert client.post("/v1/score", json={"text": BAD, "context": told}).is_success
    _, asked = perspective(BAD)
    asked["json"] |= {
        "clientToken": "c2",
        "communityId": "town",
        "context": {"articleAndParentComment": {"article": {"text": "t"}}},
    }
    assert client.post("/v1alpha1/comments:analyze", json=asked["json"]).is_success
    path, request = coral(BAD)
    assert client.post(path, **request).status_code == 200
    one, two, three = store.kept
    assert (one.external_id, one.page, one.title, one.author) == ("c1", "/a", "A", "Bo")
    assert (one.parent, one.article) == ("p", "t")
    assert (two.external_id, two.community, two.article, two.parent) == ("c2", "town", "t", None)
    assert three.page == "https://news.example/a"


def test_the_comments_of_a_page_are_handed_on_with_their_authors(
    everything: tuple[httpx.Client, Store],
) -> None:
    client, store = everything
    store.kept.clear()
    page = (
        "Bridge closed for repairs\n\nThe bridge was closed on Monday, police said.\n\n"
        f"Comments\n\nSokha\nMay 3, 2020 at 9:10 am\n{BAD}\n"
    )
    headers = {"Content-Type": "text/plain", "Content-Location": "/bridge"}
    reply = client.post("/v1/pages", content=page, headers=headers)
    comments = [one for one in reply.json()["passages"] if one["kind"] == "comment"]
    held = [one for one in comments if one["verdict"]["action"] != "allow"]
    assert held
    assert [(one.text, one.author) for one in store.kept] == [
        (one["text"], one["author"]) for one in held
    ]
    (kept,) = store.kept
    assert (kept.page, kept.title) == ("/bridge", "Bridge closed for repairs")
    assert "police said" in (kept.article or "")


def test_a_comment_of_a_page_comes_with_what_it_answers(
    everything: tuple[httpx.Client, Store],
) -> None:
    client, store = everything
    store.kept.clear()
    page = f"""<html lang="en"><title>Bridge</title><article><h1>Bridge closed for repairs</h1>
    <p>The bridge was closed on Monday, and the work takes until the end of the year.</p>
    <p>Drivers are sent over the northern road, which is open by day and by night.</p></article>
    <section id="comments"><h2>2 comments</h2>
    <div class="comment" id="comment-1"><b class="author">Sokha</b><p>{GOOD} It is time.</p>
    <div class="comment" id="comment-2"><b class="author">Rithy</b>
    <time datetime="2026-03-01T10:00:00+07:00">1 March</time><p>{BAD}</p></div></div>
    </section></html>"""
    reply = client.post("/v1/pages", content=page, headers={"Content-Type": "text/html"})
    assert reply.status_code == 200
    (kept,) = store.kept
    assert (kept.text, kept.author, kept.parent) == (BAD, "Rithy", f"{GOOD} It is time.")
    assert kept.time == datetime(2026, 3, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize("context", [[], "x", {"colour": "red"}, {"page": 3}])
def test_a_context_that_is_none_is_refused(
    everything: tuple[httpx.Client, Store], context: object
) -> None:
    client, _ = everything
    reply = client.post("/v1/score", json={"text": BAD, "context": context})
    assert reply.status_code == 422
    assert reply.json()["error"]["where"] == "context"


@pytest.mark.parametrize("name", DOORS)
def test_a_verdict_is_answered_though_its_comment_could_not_be_kept(
    everything: tuple[httpx.Client, Store], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted, and neither answer nor log has the text; those before and after are kept."""
    client, store = everything
    store.kept.clear()
    answers, before = [], lost(client)
    for full in (False, True, True, False):
        store.full = full
        try:
            path, request = DOORS[name](BAD)
            answers.append(client.post(path, **request))
        finally:
            store.full = False
    assert [reply.status_code for reply in answers] == [answers[0].status_code] * 4
    assert all(reply.is_success for reply in answers)
    assert len(store.kept) == 2
    assert lost(client) == before + 2
    assert BAD not in caplog.text


def lost(client: httpx.Client) -> float:
    (line,) = re.findall(
        r"^moderation_desk_lost_total (.*)$", client.get("/metrics").text, re.MULTILINE
    )
    return float(line)
