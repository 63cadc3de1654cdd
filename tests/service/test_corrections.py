"""A correction that was taken is kept, whatever becomes of the process and of the database."""

import logging
import multiprocessing
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from moderation.database.spool import Spool
from moderation.database.store import Store
from moderation.desk.intake.records import Delivery
from moderation.errors import DatabaseRefused, InvalidModel, Unavailable
from moderation.moderator import Moderator
from moderation.service import correction_store
from moderation.service.api_keys import Scope
from moderation.service.app import create_app
from moderation.service.correction_store import SPOOL_ENDING, CorrectionStore, SpooledCorrections
from moderation.service.intake import Correction, CorrectionNotStored, Submission
from moderation.service.storage import Storage, StoredCorrections
from moderation.settings import Settings
from moderation.verdict import Span
from tests.conftest import ROOT
from tests.service.fakes import HOSTILE, client_of, fake_moderator, wait_until
from tests.service.keys import create_key, url_in

ONE = Correction(
    "a 😀 text\nof two lines",
    {"toxicity": 0.0},
    "perspective",
    spans=(Span(2, 3, "toxicity", 0.25),),
    languages=("en",),
    community="Coral:https://example.org",
    client_token="comment:1",  # noqa: S106  # the protocol's name for an opaque string
)
OTHER = Correction("another", {"insult": 1.0}, "desk")
EACH = 20
DEAD = 3


@pytest.fixture
def url(tmp_path: Path) -> str:
    return url_in(tmp_path)


@pytest.fixture
def stored(url: str) -> Iterator[CorrectionStore]:
    store = Store.open(url)
    yield CorrectionStore(lambda: store)
    store.close()


def texts(stored: CorrectionStore) -> list[str]:
    return sorted(correction.text for correction in stored.read())


def test_a_correction_is_read_as_it_was_added(stored: CorrectionStore) -> None:
    stored.add(ONE)
    stored.add(OTHER)
    read = {correction.text: correction for correction in stored.read()}
    for given in (ONE, OTHER):
        kept = read[given.text].to_dict()
        assert kept | {"id": given.id} == given.to_dict()


def test_two_keys_that_say_the_same_are_two_corrections(stored: CorrectionStore) -> None:
    for key in ("one", "another", "one", None, None):
        stored.add(replace(ONE, key=key))
    assert {correction.key for correction in stored.read()} == {"one", "another", None}
    assert len(stored.read()) == 3


def test_the_key_that_sends_a_correction_is_kept_with_it(url: str, stored: CorrectionStore) -> None:
    secret, key = create_key(url, "a site", [Scope.SUGGEST])
    suggestion = {
        "comment": {"text": "a calm one"},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.0}}},
    }
    with client_of(authentication="keys", database=url) as client:
        path = f"/v1alpha1/comments:suggestscore?key={secret}"
        assert client.post(path, json=suggestion).is_success
        form = {"comment_content": "another calm one", "api_key": secret}
        assert client.post("/1.1/submit-ham", data=form).is_success
    assert [correction.key for correction in stored.read()] == [key.id, key.id]


class Waits:
    """Stands for a desk that keeps corrections."""

    def __init__(self) -> None:
        self.kept: list[Correction] = []

    def take(self, sent: Sequence[Submission], /) -> None:
        """Keep no comments."""

    def add(self, correction: Correction) -> None:
        """Keep a correction."""
        self.kept.append(correction)


def test_a_correction_for_a_desk_has_its_comment_though_no_model_could_judge_it() -> None:
    def load() -> Moderator:
        raise InvalidModel("none")

    form = {"comment_content": f"<p>{HOSTILE}</p>", "blog": "a blog"}
    for source, wait in ((fake_moderator, True), (load, False)):
        with TestClient(create_app(Settings(), source), base_url="http://127.0.0.1") as client:
            desk = client.app.state.intake = client.app.state.corrections = Waits()  # type: ignore[attr-defined]
            if wait:
                wait_until(lambda client=client: client.get("/readyz").is_success)  # type: ignore[misc]
            assert client.post("/1.1/submit-ham", data=form).is_success
        (correction,) = desk.kept
        assert correction.comment is not None
        assert (correction.comment.text, correction.comment.community) == (HOSTILE, "a blog")
        assert correction.comment.verdict.judged is wait


def test_only_the_owner_may_read_the_comments(stored: CorrectionStore, tmp_path: Path) -> None:
    stored.add(ONE)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def add_many(url: str, name: str) -> None:
    store = Store.open(url)
    for number in range(EACH):
        CorrectionStore(lambda: store).add(Correction(f"{name} {number}", {"threat": 1}, "test"))


def test_several_processes_add_at_the_same_time(stored: CorrectionStore, url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=add_many, args=(url, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert set(texts(stored)) == {f"{name} {number}" for name in "abc" for number in range(EACH)}


class Moody:
    """A store of corrections that can be told to be away."""

    def __init__(self, stored: CorrectionStore) -> None:
        self.stored = stored
        self.error: Exception | None = None
        self.asked = 0

    def keep(self, correction: Correction, *, late: bool = False) -> None:
        """Keep a correction, or raise what was told."""
        self.asked += 1
        if self.error:
            raise self.error
        self.stored.keep(correction, late=late)


@pytest.fixture
def moody(stored: CorrectionStore) -> Moody:
    return Moody(stored)


def spooled(moody: Moody, folder: Path, most: int = 64 << 20) -> SpooledCorrections:
    spool = Spool(folder, most, 1 << 16, ending=SPOOL_ENDING)
    return SpooledCorrections(moody, spool)  # type: ignore[arg-type]


def test_what_the_database_does_not_take_is_taken_in_when_it_is_back(
    moody: Moody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = spooled(moody, tmp_path / "spool")
    moody.error = Unavailable("away")
    waiting.add(ONE)
    asked = moody.asked
    waiting.add(OTHER)
    assert moody.asked == asked, "nobody waits again within a second"
    waiting.take_in()
    assert texts(moody.stored) == []
    moody.error = None
    waiting.take_in()
    assert texts(moody.stored) == sorted([ONE.text, OTHER.text])
    monkeypatch.setattr(correction_store, "TRY_AGAIN_SECONDS", 0.0)
    waiting.close()
    assert list((tmp_path / "spool").iterdir()) == []


def add_and_die(folder: Path) -> None:
    moody = Moody(CorrectionStore(lambda: pytest.fail("the database is away")))
    moody.error = Unavailable("away")
    spooled(moody, folder).add(ONE)
    os._exit(DEAD)


def test_what_waits_outlives_the_process(moody: Moody, tmp_path: Path) -> None:
    """Without ever being closed: the next process takes in what the last one left."""
    process = multiprocessing.get_context("spawn").Process(
        target=add_and_die, args=(tmp_path / "spool",)
    )
    process.start()
    process.join(60)
    assert process.exitcode == DEAD
    spooled(moody, tmp_path / "spool").take_in()
    assert texts(moody.stored) == [ONE.text]


def test_a_desk_takes_in_what_a_service_without_one_left(moody: Moody, tmp_path: Path) -> None:
    moody.error = Unavailable("away")
    service = spooled(moody, tmp_path / "spool")
    service.add(ONE)
    service.close()
    desk = Spool(tmp_path / "spool", 64 << 20)
    desk.adopt()
    lines: list[bytes] = []
    desk.take(lines.extend, 10)
    assert [Delivery.from_line(line).correction for line in lines] == [ONE]


def test_a_service_without_a_desk_leaves_comments_to_the_desk(moody: Moody, tmp_path: Path) -> None:
    desk = Spool(tmp_path / "spool", 64 << 20)
    desk.append(b"a delivery of comments")
    desk.close()
    service = spooled(moody, tmp_path / "spool")
    service.take_in()
    service.close()
    desk.adopt()
    lines: list[bytes] = []
    desk.take(lines.extend, 10)
    assert lines == [b"a delivery of comments"]


def test_what_neither_takes_is_not_acknowledged_and_its_text_is_in_no_message(
    moody: Moody, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "file").touch()
    moody.error = Unavailable("away")
    with pytest.raises(CorrectionNotStored, match="Neither the database nor the spool") as caught:
        spooled(moody, tmp_path / "file" / "below").add(ONE)
    with pytest.raises(CorrectionNotStored, match="it is full"):
        spooled(moody, tmp_path / "small", most=1).add(
            Correction("x" * (1 << 17), {"threat": 1}, "test")
        )
    moody.error = DatabaseRefused("no such value")
    with pytest.raises(CorrectionNotStored):
        spooled(moody, tmp_path / "spool").add(ONE)
    assert ONE.text not in f"{caught.value}{caplog.text}"


def test_what_the_database_refuses_later_is_kept_apart(moody: Moody, tmp_path: Path) -> None:
    waiting = spooled(moody, tmp_path / "spool")
    moody.error = Unavailable("away")
    waiting.add(ONE)
    moody.error = DatabaseRefused("no such value")
    waiting.take_in()
    (apart,) = (tmp_path / "spool").glob("*.refused")
    assert Delivery.from_line(apart.read_bytes()).correction == ONE


def test_a_service_that_nobody_corrects_makes_no_database(url: str, tmp_path: Path) -> None:
    storage = Storage(Settings(database=url))
    corrections = StoredCorrections(storage, Settings(database=url))
    corrections.take_in()
    assert list(tmp_path.iterdir()) == []
    corrections.add(ONE)
    engine = sa.create_engine(url)
    assert sa.inspect(engine).has_table("corrections")
    engine.dispose()
    corrections.close()
    storage.close()


def test_a_service_without_keys_loads_no_database_before_it_needs_one() -> None:
    """It starts as fast and takes as little memory as one that could keep nothing."""
    program = (
        "import sys; from moderation.service.app import create_app\n"
        "from moderation.settings import Settings\n"
        "create_app(Settings(authentication='none'))\n"
        "assert not {'sqlalchemy', 'alembic', 'moderation.database.store'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_wrong_url_is_told_to_whoever_sends() -> None:
    settings = Settings(database="nonsense")
    with pytest.raises(CorrectionNotStored, match="database URL"):
        StoredCorrections(Storage(settings), settings).add(ONE)
