"""When a service is ready, and what it says before."""

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Never

import httpx
import pytest

from moderation.errors import InvalidModel
from moderation.moderator import Moderator
from moderation.service import batching as batches
from moderation.service import engine
from tests.service.fakes import FakeModel, client_of, fake_moderator, is_error, is_ready, wait_until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PAUSES", (0.2, 0.2))


def test_a_service_is_alive_before_it_is_ready() -> None:
    go_on = threading.Event()

    def slow() -> Moderator:
        go_on.wait(20)
        return fake_moderator()

    with client_of(slow, wait=False) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/").status_code == 200
        for reply in (
            client.get("/readyz"),
            client.get("/v1/model"),
            client.post("/v1/score", json={"text": "calm"}),
            client.post("/v1/score", content=b"not read yet"),
        ):
            assert is_error(reply, 503, "not_ready")
            assert int(reply.headers["retry-after"]) > 0
        go_on.set()
        wait_until(lambda: is_ready(client))
        assert client.get("/readyz").json() == {"status": "ok"}
        assert client.post("/v1/score", json={"text": "calm"}).status_code == 200


def test_a_model_that_loads_but_cannot_judge_is_not_ready(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(FakeModel):
        def judge(self, texts: Sequence[str]) -> Never:
            raise RuntimeError(f"wrong shape for {len(texts)}")

    with client_of(lambda: fake_moderator(Broken()), wait=False) as client:
        wait_until(lambda: "could not be loaded" in client.get("/readyz").text)
        assert client.get("/healthz").status_code == 200
    assert "the model cannot be loaded" in caplog.text
    assert "wrong shape" in caplog.text


def test_a_model_that_cannot_be_loaded_is_told_without_detail_and_logged_with_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def load() -> Never:
        raise InvalidModel("The model is damaged.", where="some folder", remedy="Fetch it again.")

    with client_of(load, wait=False) as client:
        wait_until(lambda: "could not be loaded" in client.get("/readyz").text)
        reply = client.get("/readyz")
        assert is_error(reply, 503, "not_ready")
        assert "some folder" not in reply.text
    assert "some folder: The model is damaged. Fetch it again." in caplog.text
    assert "Traceback" not in caplog.text


def test_a_model_folder_that_is_mended_between_two_tries_is_served(
    tiny_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / tiny_model.name)
    arrays = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    whole = arrays.read_bytes()
    arrays.write_bytes(whole[:-1])
    tries: list[bool] = []

    def load() -> Moderator:
        if tries:
            arrays.write_bytes(whole)
        tries.append(True)
        return Moderator.load(folder)

    with client_of(load) as client:
        assert client.post("/v1/score", json={"text": "calm"}).is_success
    assert len(tries) == 2
    assert "the model cannot be loaded (try 1 of 3)" in caplog.text


def test_a_service_stops_though_its_model_still_loads() -> None:
    never = threading.Event()

    def load() -> Moderator:
        never.wait(20)
        return fake_moderator()

    with client_of(load, wait=False) as client:
        assert is_error(client.get("/readyz"), 503, "not_ready")
    assert not never.is_set()
    never.set()


def test_more_requests_than_can_wait_are_told_to_come_back(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MAX_WAITING", 0)
    reply = client.post("/v1/score", json={"text": "calm"})
    assert is_error(reply, 503, "busy")
    assert int(reply.headers["retry-after"]) > 0
    assert client.get("/healthz").status_code == 200
