"""The service while the desk's database fails: it judges, and nothing gets lost."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from moderation.database.tables import comments, corrections, texts
from moderation.desk import Desk
from moderation.desk.jobs import buffered
from moderation.desk.jobs.live_model import DeskLoader
from moderation.desk.types import Filters
from moderation.desk.web.app import installer
from moderation.service.app import create_app
from moderation.settings import Settings
from tests.desk.web.outages import Outage, full, locked, stopped
from tests.desk.web.people import site_of
from tests.service.fakes import HOSTILE, is_ready, running, wait_until

EACH = 30
"""Comments before, during and after the outage."""
SOON = 10.0
"""Seconds within which a request is answered, whatever becomes of the database."""


@pytest.fixture(params=["locked", "full", "stopped"])
def failing(request: pytest.FixtureRequest, tmp_path: Path, sqlite_file: Path) -> Any:
    """Give a desk and a way to make its database fail for a while."""
    if request.param == "stopped":
        url = request.getfixturevalue("url_of_postgres")
        server = request.getfixturevalue("postgres_server")
        desk = Desk.open(url)
        yield desk, partial(stopped, server)
    else:
        file = tmp_path / "desk.db"
        file.write_bytes(sqlite_file.read_bytes())
        desk = Desk.open(f"sqlite:///{file}")
        yield desk, partial({"locked": locked, "full": full}[request.param], desk)
    desk.close()


@contextmanager
def client_of(desk: Desk) -> Iterator[httpx.Client]:
    with (
        site_of(desk) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=60) as client,
    ):
        yield client


def figure(client: httpx.Client, name: str) -> float:
    """Return the sum of a figure over its labels."""
    text = client.get("/metrics").text
    return sum(float(one) for one in re.findall(rf"^{name}(?:{{.*}})? (.*)$", text, re.MULTILINE))


def text_of(place: int) -> str:
    return f"Number {place} of them says {HOSTILE} here."


def test_every_comment_is_judged_and_is_in_the_queue_once_whatever_the_database_does(
    failing: tuple[Desk, Outage],
) -> None:
    """Those sent before and after it failed too; what may not be stored is stored nowhere."""
    desk, outage = failing
    slowest = 0.0

    def send(client: httpx.Client, places: range) -> None:
        nonlocal slowest
        for place in places:
            began = time.monotonic()
            text = text_of(place)
            # A comment without an id that comes again is one more; none of these does.
            reply = client.post("/v1/score", json={"texts": ["calm", text]})
            assert reply.status_code == 200, reply.text
            assert [one["action"] for one in reply.json()["verdicts"]] == ["allow", "review"]
            slowest = max(slowest, time.monotonic() - began)
        secret = {"texts": [f"Secret {places} {HOSTILE}"]}
        reply = client.post("/v1/score", json=secret, headers={"X-Do-Not-Store": "1"})
        assert reply.status_code == 200
        perspective = {
            "comment": {"text": text_of(places[0])},
            "attributeScores": {"INSULT": {"summaryScore": {"value": 0.9}}},
            "languages": ["en"],
            "sessionId": str(places),
        }
        reply = client.post("/v1alpha1/comments:suggestscore", json=perspective)
        assert reply.status_code == 200, reply.text

    with client_of(desk) as client:
        before = {
            name: figure(client, f"moderation_desk_{name}_total") for name in ("spooled", "lost")
        }
        send(client, range(EACH))
        with outage():
            send(client, range(EACH, 2 * EACH))
            spooled = figure(client, "moderation_desk_spooled_total") - before["spooled"]
            # Some still find room in pages that are half full.
            assert EACH - 5 <= spooled <= EACH + 1
            wait_until(lambda: figure(client, "moderation_desk_spool_bytes") > 0)
            wait_until(lambda: figure(client, "moderation_desk_away_processes") == 1)
        send(client, range(2 * EACH, 3 * EACH))
        wait_until(lambda: waiting(desk) == 3 * EACH, 60)
        wait_until(lambda: figure(client, "moderation_desk_spool_bytes") == 0)
        assert figure(client, "moderation_desk_lost_total") == before["lost"]
        wait_until(lambda: figure(client, "moderation_desk_away_processes") == 0)
    assert slowest < SOON
    with desk.store.reading() as connection:
        found = list(connection.scalars(sa.select(texts.c.text)))
        assert sorted(found) == sorted(text_of(place) for place in range(3 * EACH))
        assert set(connection.scalars(sa.select(comments.c.times))) == {1}
        assert len(connection.execute(sa.select(corrections)).all()) == 3
        assert sum(connection.scalars(sa.select(comments.c.flags))) == 3


def waiting(desk: Desk) -> int:
    number: int = desk.queue.count(Filters()).number
    return number


def test_only_the_first_waits_for_a_database_that_does_not_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    with client_of(desk) as client, locked(desk):
        for place in range(5):
            began = time.monotonic()
            assert client.post("/v1/score", json={"text": text_of(place)}).status_code == 200
            waited.append(time.monotonic() - began)
    assert waited[0] > buffered.STORE_SECONDS
    assert sum(waited[1:]) < waited[0] + 4 * buffered.STORE_SECONDS


def test_a_service_starts_while_its_database_is_away_and_takes_what_waits_when_it_is_back(
    url_of_postgres: str, postgres_server: Any, tmp_path: Path, tiny_model: Path
) -> None:
    settings = Settings(model=str(tiny_model), desk_spool=tmp_path / "spool")
    text = f"Number 1 of them is a bloody thief and an idiot, {HOSTILE}."
    with stopped(postgres_server):
        desk = Desk.open(url_of_postgres, later=True)
        loader = DeskLoader(settings, desk)
        app = create_app(settings, loader, None, [installer(desk, loader)])
        with running(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
            wait_until(lambda: is_ready(client))
            replies = [client.post("/v1/score", json={"texts": [text] * 3}) for _ in range(2)]
            assert [reply.status_code for reply in replies] == [200, 200]
            held = replies[0].json()["verdicts"][0]["action"] != "allow"
            assert client.get("/desk/queues/review").status_code == 303
        desk.close()
    desk = Desk.open(url_of_postgres)
    with client_of_settings(desk, settings):
        wait_until(lambda: waiting(desk) == held)
        wait_until(lambda: not list((tmp_path / "spool").glob("*")) or waiting(desk) == held)
    if held:
        (line,) = desk.queue.lines(Filters()).lines
        assert line.times == 6
    desk.close()


@contextmanager
def client_of_settings(desk: Desk, settings: Settings) -> Iterator[None]:
    with site_of(desk, desk_spool=settings.desk_spool):
        yield
