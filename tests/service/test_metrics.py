"""Watching the service: figures for Prometheus, and a log without texts."""

import json
import logging
import threading
from collections.abc import Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

from moderation.models.base import Judgement
from moderation.service.logs import JSONFormatter
from tests.service.fakes import FakeModel, client_of, fake_moderator, is_error, wait_until

Labels = frozenset[tuple[str, str]]


def figures(client: httpx.Client) -> dict[tuple[str, Labels], float]:
    """Return every figure by its name and labels."""
    reply = client.get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def figure(client: httpx.Client, name: str, **labels: str) -> float:
    return figures(client).get((name, frozenset(labels.items())), 0)


def test_requests_texts_and_the_model_are_counted(client: httpx.Client) -> None:
    route = {"protocol": "native", "route": "/v1/score"}
    tier = {"protocol": "native", "tier": "fake"}
    before = figures(client)
    client.post("/v1/score", json={"texts": ["calm", "hostileword", "calm"]})
    client.post("/v1/score", json={"text": ""})
    after = figures(client)

    def grown(name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    assert grown("moderation_requests_total", **route, status="200") == 1
    assert grown("moderation_requests_total", **route, status="422") == 1
    assert grown("moderation_request_seconds_count", **tier) == 2
    assert grown("moderation_scores_total", attribute="ethnic_hostility", band="0.9") == 1
    assert grown("moderation_scores_total", attribute="ethnic_hostility", band="0.1") == 2
    assert grown("moderation_actions_total", label="ethnic_hostility", action="review") == 1
    assert after[("moderation_model_processes", frozenset({("model", "fake@1")}))] == 1
    assert ("moderation_queue_requests", frozenset()) in after


def test_a_path_that_was_made_up_is_no_label(client: httpx.Client) -> None:
    client.get("/unrepeatable")
    assert "unrepeatable" not in client.get("/metrics").text


def test_more_requests_than_may_be_in_hand_are_refused_at_once_and_health_is_still_told() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(FakeModel):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            if "slow" in texts:
                begun.set()
                go_on.wait(20)
            return super().judge(texts)

    with client_of(lambda: fake_moderator(Slow()), max_concurrency=1) as client:
        replies: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: replies.append(client.post("/v1/score", json={"text": "slow"}))
        )
        asking.start()
        assert begun.wait(20)
        refused = client.post("/v1/score", json={"text": "calm"})
        assert is_error(refused, 503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/healthz").is_success
        assert figure(client, "moderation_requests_in_hand") == 1
        go_on.set()
        asking.join()
        assert replies[0].is_success
        wait_until(lambda: client.post("/v1/score", json={"text": "calm"}).is_success)


def test_an_event_is_one_line_of_json() -> None:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "two\nlines %s", "args": ("é",)}
    )
    line = JSONFormatter().format(record)
    assert "\n" not in line
    event = json.loads(line)
    assert event["message"] == "two\nlines é"
    assert event["time"].endswith("+00:00")


def test_languages_are_counted_and_what_was_not_judged_has_no_label(client: httpx.Client) -> None:
    before = figures(client)
    german = "Die Gemeinde sollte ihre Rechnungen vor Montag veröffentlichen."
    english = "They should have asked the people who live beside the bridge."
    client.post("/v1/score", json={"texts": [german, english, english, "ok"]})
    after = figures(client)

    def grown(name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    assert grown("moderation_actions_total", label="unjudged", action="review") == 1
    assert grown("moderation_actions_total", label="civil", action="allow") == 3
    counted = [grown("moderation_languages_total", language=name) for name in ("de", "en", "none")]
    assert counted == [1, 2, 1]
