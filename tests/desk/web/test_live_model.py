"""A serving process judges with the live model, or with its own where that is missing."""

import asyncio
import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from moderation.database.tables import model_files
from moderation.desk import Desk
from moderation.desk.jobs import live_model as watch
from moderation.desk.jobs.live_model import DeskLoader, Watch
from moderation.desk.types import Role
from moderation.desk.web.app import installer
from moderation.errors import InvalidPolicy
from moderation.service.app import create_app
from moderation.settings import Settings
from tests.desk.web.people import Person, words_of
from tests.service.fakes import is_ready, running, wait_until


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> Settings:
    """Return settings with a model in a folder of its own."""
    model = tmp_path / "machine" / "tiny@1"
    shutil.copytree(tiny_model, model)
    policy = tmp_path / "policy.toml"
    policy.write_text('name = "own"\n', "utf-8")
    return Settings(model=str(model), policy=policy, log_level="warning")


def promoted(desk: Desk, settings: Settings, folder: Path) -> Path:
    """Promote a copy of the settings' model, under another name."""
    shutil.copytree(settings.model, folder)
    manifest = folder / "manifest.json"
    words = manifest.read_text("utf-8").replace('"id": "tiny@1"', f'"id": "{folder.name}"')
    manifest.write_text(words, "utf-8")
    desk.models.promote(None, folder.name, folder, {})
    # As those of earlier versions, it is on this machine alone.
    desk.store.write(lambda connection: connection.execute(model_files.delete()))
    return folder


@contextmanager
def served(settings: Settings, desk: Desk) -> Iterator[httpx.Client]:
    """Serve the desk as the command does; give a client."""
    loader = DeskLoader(settings, desk)
    app = create_app(settings, loader, None, [installer(desk, loader)])
    with running(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
        wait_until(lambda: is_ready(client))
        yield client


def judges(client: httpx.Client) -> str:
    """Return the model that judges."""
    return str(client.post("/v1/score", json={"text": "calm"}).json()["verdicts"][0]["model"])


def test_a_service_whose_live_model_is_gone_serves_and_finds_it_when_it_is_back(
    desk: Desk, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.1)
    folder = promoted(desk, settings, tmp_path / "trained" / "next@2")
    away = folder.rename(tmp_path / "away")
    with served(settings, desk) as client:
        assert judges(client) == "tiny@1"
        away.rename(folder)
        wait_until(lambda: judges(client) == "next@2")


def test_a_live_model_is_found_beside_the_model_of_the_settings(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    folder = promoted(desk, settings, tmp_path / "elsewhere" / "next@2")
    shutil.move(folder, Path(settings.model).parent / "next@2")
    loader = DeskLoader(settings, desk)
    assert loader().model.id == "next@2"
    assert loader.problem == ""


def test_another_model_of_the_same_name_is_not_taken_for_the_live_one(
    desk: Desk, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = promoted(desk, settings, tmp_path / "trained" / "next@2") / "manifest.json"
    sound = manifest.read_text("utf-8")
    manifest.write_text(sound + " ", "utf-8")
    loader = DeskLoader(settings, desk)
    with caplog.at_level(logging.ERROR):
        assert loader().model.id == "tiny@1"
        assert not loader.is_mended()
    assert "next@2" in loader.problem
    assert len(caplog.records) == 1
    manifest.write_text(sound, "utf-8")
    assert loader.is_mended()
    assert loader().model.id == "next@2"
    assert loader.problem == ""
    assert not loader.is_mended()


def test_a_damaged_live_model_is_tried_until_it_is_whole(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    folder = promoted(desk, settings, tmp_path / "trained" / "next@2")
    (arrays,) = folder.glob("arrays-*")
    sound = arrays.read_bytes()
    arrays.write_bytes(b"\0")
    loader = DeskLoader(settings, desk)
    loads: list[int] = []
    looking = Watch(desk, tmp_path / "policy.toml", lambda: loads.append(1), loader)
    assert loader().model.id == "tiny@1"
    looking.check()
    assert loads == []
    arrays.write_bytes(sound)
    looking.check()
    assert loads == [1]
    assert loader().model.id == "next@2"


def test_a_broken_policy_is_no_reason_to_take_another_model(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    promoted(desk, settings, tmp_path / "trained" / "next@2")
    (tmp_path / "policy.toml").write_text("name = 1\n", "utf-8")
    loader = DeskLoader(settings, desk)
    with pytest.raises(InvalidPolicy):
        loader()
    assert loader.problem == ""


def test_a_model_changed_in_the_settings_file_holds_beside_a_written_policy(
    desk: Desk, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "moderation.toml"
    file.write_text(f'model = "{settings.model}"\n', "utf-8")
    monkeypatch.setenv("MODERATION_CONFIG", str(file))
    loader = DeskLoader(settings, desk)
    assert loader().model.id == "tiny@1"
    other = Path(settings.model).with_name("other@3")
    shutil.copytree(settings.model, other)
    manifest = other / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("tiny@1", "other@3"), "utf-8")
    file.write_text(f'model = "{other}"\n', "utf-8")
    moderator = loader()
    assert moderator.model.id == "other@3"
    assert moderator.policy.name == "own"


def test_the_watch_outlives_whatever_goes_wrong_and_says_it_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.01)
    looks = threading.Semaphore(0)

    class Breaks(Watch):
        def check(self) -> None:
            looks.release()
            raise RuntimeError("words of a comment")

    async def some() -> None:
        task = asyncio.create_task(Breaks(desk, tmp_path / "none", lambda: None).run())
        for _ in range(4):
            assert await asyncio.to_thread(looks.acquire, timeout=20)
        task.cancel()

    asyncio.run(some())
    assert len(caplog.records) == 1
    assert "RuntimeError" in caplog.text
    assert "words of a comment" not in caplog.text


def test_the_form_goes_back_from_the_model_that_it_showed(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    for name in ("first@1", "second@2"):
        desk.models.promote(None, name, tmp_path / name, {})
    with served(settings, desk) as client, Person(str(client.base_url)) as person:
        person.sign_in(Role.LEAD)
        page = person.see("/model")
        (number,) = page.xpath('//form[@action="/desk/model/roll-back"]//input[@name="model"]')
        assert person.send("/model/roll-back", model=number.get("value")).status_code == 303
        again = person.send("/model/roll-back", model=number.get("value"))
        assert again.status_code == 409
        assert words_of(person.see("/model"), "//dd[1]").startswith("first@1")


def test_the_page_of_the_model_says_that_the_live_one_cannot_be_loaded(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    shutil.rmtree(promoted(desk, settings, tmp_path / "trained" / "next@2"))
    with served(settings, desk) as client, Person(str(client.base_url)) as person:
        person.sign_in(Role.READER)
        told = words_of(person.see("/model"))
    assert "The live model cannot be loaded, so the one in the settings is used" in told
    assert "tiny@1" in told
