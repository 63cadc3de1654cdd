"""Coral is answered in time, and not with an error: it would publish the comment."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Never

import httpx
import pytest
from fastapi import FastAPI

from moderation.errors import InvalidModel
from moderation.models.base import Judgement
from moderation.moderator import Moderator
from moderation.policy import CoralPolicy, CoralReply, Policy
from moderation.service import batching as batches
from moderation.service.app import create_app
from moderation.service.coral.messages import LENGTH, UNJUDGED, unjudged
from moderation.service.intake import Submission
from moderation.settings import Settings
from tests.service.coral.test_moderation import HELD, SECRET, request, send
from tests.service.fakes import FakeModel, fake_moderator, is_error, is_ready, running, wait_until

TIMEOUT = 10
"""Seconds; Coral's longest. The deadline here is shorter, and one that a busy machine keeps."""
DEADLINE: dict[str, Any] = {"coral_deadline_ms": 1_500}
SLOW, FAILING = "take your time", "cannot be judged"


class Slow(FakeModel):
    """Waits over `SLOW` until the test lets it go on, and fails on `FAILING`."""

    def __init__(self, fast: FakeModel | None = None) -> None:
        self.go_on = threading.Event()
        self.fast = fast

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Apply the rule, late or never."""
        if any(SLOW in text for text in texts):
            assert self.go_on.wait(60)
        if any(FAILING in text for text in texts):
            raise ValueError(f"cannot judge {texts}")
        return super().judge(texts)


class Quick(FakeModel):
    """A fast tier, which knows itself by its name."""

    id = "quick@1"


class Store:
    """Keeps what it is given; hangs or fails when told to."""

    def __init__(self) -> None:
        self.kept: list[Submission] = []
        self.act: Callable[[], object] = lambda: None

    def take(self, sent: Sequence[Submission], /) -> None:
        """Keep comments."""
        self.act()
        self.kept += sent


@contextmanager
def served(
    load: Callable[[], Moderator], *, wait: bool = True, **settings: Any
) -> Iterator[tuple[httpx.Client, FastAPI, Store]]:
    """Give a client of a service for Coral, the application, and its desk."""
    chosen: dict[str, Any] = {"log_level": "warning", "coral_secrets": (SECRET,)}
    app, store = create_app(Settings(**chosen | DEADLINE | settings), load), Store()
    app.state.intake = store
    with (
        running(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=TIMEOUT) as client,
    ):
        if wait:
            wait_until(lambda: is_ready(client))
        yield client, app, store


def fallbacks(client: httpx.Client, kind: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    start = f'moderation_coral_fallbacks_total{{kind="{kind}"}} '
    return next((float(line[len(start) :]) for line in lines if line.startswith(start)), 0.0)


def test_a_comment_whose_turn_does_not_come_is_held_and_its_neighbours_are_judged() -> None:
    model = Slow()
    with served(lambda: fake_moderator(model)) as (client, _, store):
        before = fallbacks(client, "held")
        assert send(client, request(f"please {SLOW}")).json() == HELD
        for _ in range(20):
            assert send(client, request("calm")).status_code == 204
            assert send(client, request("hostileword")).json() == HELD
        assert fallbacks(client, "held") == before + 1
        assert [one.text for one in store.kept] == [f"please {SLOW}", *["hostileword"] * 20]
        assert store.kept[0].verdict.reasons == (UNJUDGED,)
        assert store.kept[0].page == "https://news.example/s1"
        model.go_on.set()


def test_the_fast_tier_judges_where_the_model_has_no_time() -> None:
    model = Slow(Quick())
    with served(lambda: fake_moderator(model)) as (client, app, store):
        before = fallbacks(client, "fast")
        # More than there are threads: the fast tier has one of its own.
        for number in range(2):
            assert send(client, request(f"{SLOW} {number}")).status_code == 204
            assert send(client, request(f"hostileword {SLOW} {number}")).json() == HELD
        assert fallbacks(client, "fast") == before + 4
        assert {one.verdict.model for one in store.kept} == {"quick@1"}
        assert len(store.kept) == 2
        model.go_on.set()
        wait_until(lambda: app.state.engine.waiting == 0)
        assert send(client, request("calm")).status_code == 204
        assert fallbacks(client, "fast") == before + 4


def test_a_failing_model_holds_the_comment_at_fault_and_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with served(lambda: fake_moderator(Slow())) as (client, _, _):
        for _ in range(3):
            assert send(client, request("calm")).status_code == 204
            assert send(client, request(f"this {FAILING}")).json() == HELD
    assert "ValueError" in caplog.text
    assert FAILING not in caplog.text


def test_a_model_that_fails_leaves_the_verdict_to_the_fast_tier() -> None:
    with served(lambda: fake_moderator(Slow(Quick()))) as (client, _, _):
        assert send(client, request(FAILING)).status_code == 204
        assert send(client, request(f"hostileword {FAILING}")).json() == HELD


def test_while_the_model_loads_comments_are_held_and_afterwards_judged() -> None:
    go_on = threading.Event()

    def load() -> Moderator:
        go_on.wait(20)
        return fake_moderator()

    with served(load, wait=False) as (client, _, store):
        for _ in range(3):
            assert send(client, request("calm")).json() == HELD
        assert [one.verdict.reasons for one in store.kept] == [(UNJUDGED,)] * 3
        # Who is not Coral hears nothing of it, and what says nothing is not held.
        assert is_error(send(client, request("calm"), "x" * 20), 401, "bad_signature")
        assert is_error(send(client, {}), 422, "invalid_input")
        assert send(client, request("")).status_code == 204
        assert is_error(client.post("/v1/score", json={"text": "calm"}), 503, "not_ready")
        go_on.set()
        wait_until(lambda: is_ready(client))
        assert send(client, request("calm")).status_code == 204


def test_where_the_model_cannot_be_loaded_comments_are_held() -> None:
    def load() -> Never:
        raise InvalidModel("The model is damaged.", where="some folder")

    with served(load, wait=False) as (client, _, _):
        wait_until(lambda: "could not be loaded" in client.get("/readyz").text)
        assert send(client, request("calm")).json() == HELD


@pytest.mark.parametrize("where", ["queue", "in hand"])
def test_under_load_comments_are_judged_by_the_fast_tier_and_others_are_refused(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(lambda: fake_moderator(Slow(Quick())), max_concurrency=4) as (client, app, _):
        if where == "queue":
            monkeypatch.setattr(batches, "MAX_WAITING", 0)
        else:
            app.state.in_hand = 4
        assert is_error(client.post("/v1/score", json={"text": "calm"}), 503, "busy")
        for _ in range(3):
            assert send(client, request("calm")).status_code == 204
            assert send(client, request("hostileword")).json() == HELD
        assert is_error(send(client, request("calm"), "x" * 20), 401, "bad_signature")
        app.state.in_hand = 0


def test_more_of_corals_requests_than_can_be_in_hand_are_held_unread() -> None:
    with served(lambda: fake_moderator(Slow(Quick())), max_concurrency=4) as (client, app, _):
        app.state.in_hand = 8
        assert send(client, request("calm")).json() == HELD
        app.state.in_hand = 0
        assert send(client, request("calm")).status_code == 204


def test_many_comments_at_once_are_all_answered() -> None:
    model = Slow(Quick())
    with (
        served(lambda: fake_moderator(model), max_wait_ms=1) as found,
        ThreadPoolExecutor(32) as threads,
    ):
        client, _, _ = found

        def ask(number: int) -> int:
            body = request(
                f"{'hostileword' if number % 2 else 'calm'} {SLOW if number < 4 else ''}"
            )
            return send(client, body).status_code

        asked = list(threads.map(ask, range(64)))
        assert asked == [204, 200] * 32
        model.go_on.set()


def test_a_body_over_the_limit_is_held() -> None:
    with served(fake_moderator, max_body_bytes=2_000) as (client, _, _):
        assert send(client, request("calm " * 1_000)).json() == HELD
        assert send(client, request("calm")).status_code == 204


def test_a_failure_that_nobody_foresaw_holds_the_comment(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> Never:
        raise RuntimeError("hostileword stands here")

    with served(fake_moderator) as (client, _, _):
        monkeypatch.setattr("moderation.service.coral.routes.readings", fail)
        assert send(client, request("calm")).json() == HELD
    assert "hostileword" not in caplog.text


@pytest.mark.parametrize("fault", ["raises", "hangs"])
def test_a_desk_that_cannot_keep_a_comment_changes_no_answer(fault: str) -> None:
    go_on = threading.Event()

    def fail() -> Never:
        raise OSError("no space left for hostileword")

    with served(fake_moderator) as (client, _, store):
        store.act = fail if fault == "raises" else lambda: go_on.wait(20)
        started = time.monotonic()
        for _ in range(2):
            assert send(client, request("calm")).status_code == 204
            assert send(client, request("hostileword")).json() == HELD
        assert time.monotonic() - started < TIMEOUT
        store.act = lambda: None
        go_on.set()
        # What took too long is kept all the same.
        wait_until(lambda: fault == "raises" or len(store.kept) == 2)
        assert send(client, request("hostileword")).json() == HELD
        assert len(store.kept) == (1 if fault == "raises" else 3)


def test_a_comment_too_long_to_be_judged_is_held_though_nothing_can_judge_its_beginning() -> None:
    model = Slow()
    with served(lambda: fake_moderator(model), max_text_chars=100) as (client, _, store):
        assert send(client, request(f"{SLOW} " * 50)).json() == HELD
        assert store.kept[0].verdict.reasons == (UNJUDGED, LENGTH)
        assert len(store.kept[0].text) > 500
        model.go_on.set()


def test_a_newsroom_may_let_through_what_could_not_be_judged(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        'name = "mine"\n[review]\nethnic_hostility = 0.5\n[coral]\nunjudged = "allow"\n', "utf-8"
    )
    model = Slow()
    go_on = threading.Event()

    def load() -> Moderator:
        go_on.wait(20)
        return Moderator(model, Policy.load(file))

    with served(load, wait=False, policy=file) as (client, _, store):
        assert send(client, request("calm")).status_code == 204
        go_on.set()
        wait_until(lambda: is_ready(client))
        assert send(client, request(SLOW)).status_code == 204
        assert send(client, request("hostileword")).json() == HELD
        assert [one.text for one in store.kept] == ["hostileword"]
        model.go_on.set()


def test_what_is_held_is_kept_from_readers_and_no_author_is_told_of_a_rejection() -> None:
    def told(review: CoralReply) -> object:
        return unjudged(CoralPolicy(review=review))

    flag = {"actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}
    assert told(CoralReply(flag="COMMENT_DETECTED_TOXIC")) == {"status": "SYSTEM_WITHHELD"} | flag
    assert told(CoralReply(status="PREMOD")) == {"status": "PREMOD"}
    assert told(CoralReply(status="REJECTED", notify=True)) == {"status": "SYSTEM_WITHHELD"}
    assert unjudged(CoralPolicy(unjudged="allow")) is None


def test_the_document_promises_no_error_but_those_of_the_requests_form() -> None:
    document = create_app(Settings(), fake_moderator).openapi()
    answers = document["paths"]["/coral/moderation"]["post"]["responses"]
    assert sorted(answers) == ["200", "204", "400", "401", "422"]
