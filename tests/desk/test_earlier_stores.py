"""Data of earlier versions come along: rows of a desk's database, and files beside it."""

import json
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from moderation.database import engine as upgrading
from moderation.database.engine import make_engine
from moderation.database.erasure import text_key
from moderation.database.store import Store
from moderation.database.tables import corrections
from moderation.desk import Desk
from moderation.desk.types import CorrectionState, Filters, Queue
from moderation.service.api_keys import Scope, digest
from moderation.service.key_store import KeyStore
from moderation.service.storage import opened_store
from moderation.settings import Settings
from tests.desk.web.people import comment
from tests.service.fakes import HOSTILE

OLD = "0002"
"""The version of the tables before keys and corrections had one store."""
SECRET, REVOKED, OF_FILE = "mod_aaaaaaaa_desk", "mod_bbbbbbbb_revoked", "mod_cccccccc_file"
TEXT = f"A calm start, then {HOSTILE}."


def record_of(secret: str, revoked: str | None = None) -> dict[str, object]:
    return {
        "id": secret[4:12],
        "name": secret,
        "sha256": digest(secret),
        "scopes": ["score"],
        "created": "2026-01-05T10:00:00Z",
        "rate": None,
        "revoked": revoked,
    }


CORRECTION: dict[str, object] = {
    "text": TEXT,
    "scores": {"insult": 0.9},
    "source": "perspective",
    "spans": [],
    "languages": [],
    "community": None,
    "client_token": None,
    "session": "a visit",
    "id": "0f",
    "time": "2026-03-01T10:00:00.000+00:00",
}


@pytest.fixture
def old_url(bare_url: str) -> str:
    """Return the URL of a database as the version before this one left it."""
    engine = make_engine(bare_url)
    config = upgrading._alembic_config()  # to stop at an earlier version
    with engine.connect() as connection:
        writing = connection.execution_options(writes=True)
        with writing.begin():
            config.attributes["connection"] = writing
            command.upgrade(config, OLD)
            for secret, revoked in ((SECRET, None), (REVOKED, "2026-02-01T00:00:00Z")):
                record = record_of(secret, revoked)
                writing.execute(
                    sa.text("INSERT INTO keys (id, sha256, record) VALUES (:id, :hash, :record)"),
                    {"id": record["id"], "hash": record["sha256"], "record": json.dumps(record)},
                )
            writing.execute(
                sa.text(
                    "INSERT INTO corrections (id, made, text_key, record) "
                    "VALUES ('0f', :made, :key, :record)"
                ),
                {
                    "made": 1_772_359_200_000_000,
                    "key": text_key(TEXT),
                    "record": json.dumps(CORRECTION),
                },
            )
    engine.dispose()
    return bare_url


@pytest.fixture
def settings(old_url: str, tmp_path: Path) -> Settings:
    keys, corrections = tmp_path / "keys.json", tmp_path / "corrections.jsonl"
    keys.write_text(json.dumps({"format": 1, "keys": [record_of(OF_FILE)]}), "utf-8")
    corrections.write_text(json.dumps(CORRECTION | {"session": "another"}) + "\n", "utf-8")
    return Settings(desk=old_url, keys_file=keys, corrections=corrections)


def test_keys_and_corrections_of_both_stores_are_in_one(settings: Settings) -> None:
    with opened_store(settings) as store:
        desk = Desk.on(store)
        desk.keys.store.look()
        good = {secret: bool(desk.keys.store.find(secret)) for secret in (SECRET, REVOKED, OF_FILE)}
        assert good == {SECRET: True, REVOKED: False, OF_FILE: True}
        assert {correction.session for correction in desk.corrections.read()} == {
            "a visit",
            "another",
        }


def test_a_correction_of_the_file_flags_the_comment_at_the_desk(settings: Settings) -> None:
    assert settings.desk
    desk = Desk.open(settings.desk)
    (number,) = desk.intake.take([comment(TEXT)])
    desk.close()
    for _ in range(2):
        with opened_store(settings) as store:
            assert Desk.on(store).queue.get(number).line.flags == 1


def test_earlier_corrections_wait_at_the_desk(settings: Settings) -> None:
    with opened_store(settings) as store:
        desk = Desk.on(store)
        assert desk.corrections.bring_waiting() == 1
        (line,) = desk.queue.lines(Filters(Queue.CORRECTED)).lines
        (received, _) = desk.queue.get(line.id).corrections
        assert (received.state, received.key_name) == (CorrectionState.OPEN, None)
        with store.reading() as connection:
            harmful = connection.scalars(sa.select(corrections.c.harmful)).all()
        assert set(harmful) == {True}


def test_several_that_start_at_once_take_over_once(settings: Settings) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            with opened_store(settings):
                pass
        except Exception as error:  # noqa: BLE001  # told below
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with opened_store(settings) as store, store.reading() as connection:
        assert len(connection.execute(sa.text("SELECT id FROM keys")).all()) == 3
        assert len(connection.execute(sa.text("SELECT id FROM corrections")).all()) == 2
        assert len(connection.execute(sa.text("SELECT digest FROM imports")).all()) == 2


def test_a_key_made_by_the_command_is_the_desks_and_in_its_log(desk: Desk, url: str) -> None:
    """As the command makes it: in another process, with the service's store alone."""
    other = Store.open(url)
    secret, key = KeyStore(lambda: other).create("the paper", [Scope.SCORE])
    other.close()
    desk.keys.store.look()
    assert desk.keys.store.find(secret) == key
    desk.keys.revoke(None, key.id)
    with desk.store.reading() as connection:
        acts = connection.execute(sa.text('SELECT act, subject, "by" FROM audit ORDER BY id')).all()
    assert [tuple(act) for act in acts] == [
        ("key.create", f"key {key.id}", "(command line)"),
        ("key.revoke", f"key {key.id}", "(command line)"),
    ]


def test_the_latest_version_is_the_one_that_is_named() -> None:
    """A process that finds it does not load what brings tables up to date."""
    scripts = ScriptDirectory.from_config(upgrading._alembic_config())
    assert scripts.get_current_head() == upgrading.HEAD


def test_comments_that_are_there_can_be_searched_for_their_authors(bare_url: str) -> None:
    engine = make_engine(bare_url)
    config = upgrading._alembic_config()  # to stop at an earlier version
    with engine.connect() as connection:
        writing = connection.execution_options(writes=True)
        with writing.begin():
            config.attributes["connection"] = writing
            command.upgrade(config, "0007")
            columns = sa.inspect(writing).get_columns("comments")
            needed = [each for each in columns if not each["nullable"] and not each["default"]]
            values = {
                each["name"]: {"JSON": "[]", "TEXT": "review"}.get(str(each["type"]), 1)
                for each in needed
            }
            values |= {"key": "1", "author": "ÉVA", "title": "The Ferry"}
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            writing.execute(sa.text(f"INSERT INTO comments ({names}) VALUES ({marks})"), values)  # noqa: S608  # names of columns
            writing.execute(
                sa.text("INSERT INTO texts (id, text, spans) VALUES (1, 'It is late.', '[]')")
            )
    engine.dispose()
    desk = Desk.open(bare_url)
    for words in ("éva late", "FERRY", '"it is"'):
        assert desk.queue.count(Filters(words=words)).number == 1
    desk.close()
