"""The files of earlier versions are taken over whole and once, whatever comes between."""

import json
import multiprocessing
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.database.erasure import record_erased, text_key
from moderation.database.location import database_url
from moderation.database.store import Store
from moderation.service import file_import
from moderation.service.api_keys import ApiKey, Scope, digest
from moderation.service.correction_store import CorrectionStore
from moderation.service.file_import import NotImported, import_files
from moderation.service.intake import Correction
from moderation.service.key_store import KeyStore
from moderation.service.storage import open_store, opened_store
from moderation.settings import Settings

DEAD = 3
SECRETS = ("mod_00000001_first", "mod_00000002_second", "mod_00000003_third")
KEY_FILE: dict[str, Any] = {
    "format": 1,
    "keys": [
        {
            "id": "00000001",
            "name": "the comment system",
            "sha256": digest(SECRETS[0]),
            "scopes": ["score", "suggest"],
            "created": "2026-01-05T10:00:00Z",
            "rate": None,
            "revoked": None,
        },
        {
            "id": "00000002",
            "name": "an old blog",
            "sha256": digest(SECRETS[1]),
            "scopes": ["admin"],
            "created": "2026-01-06T10:00:00Z",
            "rate": 0,
            "revoked": "2026-02-01T09:30:00Z",
        },
        {
            "id": "00000003",
            "name": "ភ្នំពេញ",
            "sha256": digest(SECRETS[2]),
            "scopes": ["score"],
            "created": "2026-01-07T10:00:00Z",
            "rate": 30,
            "revoked": None,
        },
    ],
}
LINES: list[dict[str, Any]] = [
    {
        "text": f"a 😀 text, number {number}",
        "scores": {"toxicity": 0.25, "insult": 1},
        "source": "perspective",
        "spans": [{"start": 2, "end": 3, "attribute": "toxicity", "score": 0.25}],
        "languages": ["km"],
        "community": None,
        "client_token": f"comment:{number}",
        "session": None,
        "id": f"{number:032x}",
        "time": f"2026-03-0{number + 1}T10:00:00.000+00:00",
    }
    for number in range(3)
]
"""As the last version that kept files wrote them."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of an operator who names both files, and no database."""
    return Settings(keys_file=tmp_path / "keys.json", corrections=tmp_path / "corrections.jsonl")


def write_keys(settings: Settings, content: Any = KEY_FILE) -> Path:
    path = settings.keys_file
    assert path
    path.write_text(json.dumps(content, indent=2), "utf-8")
    path.chmod(0o600)
    return path


def write_corrections(settings: Settings, lines: Any = LINES) -> Path:
    path = settings.corrections
    assert path
    content = b"".join(
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n"
        for line in lines
    )
    path.write_bytes(content)
    return path


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """Give the database, before anything is taken over."""
    store = Store.open(database_url(settings))
    yield store
    store.close()


def keys_in(store: Store) -> dict[str, ApiKey]:
    return {key.name: key for key in KeyStore(lambda: store).all()}


def corrections_in(store: Store) -> list[Correction]:
    return CorrectionStore(lambda: store).read()


def test_keys_go_on_being_good_and_revoked_ones_stay_revoked(settings: Settings) -> None:
    write_keys(settings)
    with opened_store(settings) as store:
        keys = keys_in(store)
        ring = KeyStore(lambda: store)
        ring.look()
        assert [bool(ring.find(secret)) for secret in SECRETS] == [True, False, True]
    assert keys == {key["name"]: ApiKey.model_validate(key) for key in KEY_FILE["keys"]}
    assert keys["the comment system"].scopes == {Scope.SCORE, Scope.SUGGEST}
    assert keys["ភ្នំពេញ"].rate == 30


def test_the_files_keep_their_content_under_another_name_which_the_log_tells(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = {
        path.name: path.read_bytes() for path in (write_keys(settings), write_corrections(settings))
    }
    with opened_store(settings):
        pass
    for name, content in before.items():
        assert not (tmp_path / name).exists()
        assert (tmp_path / f"{name}.imported").read_bytes() == content
        assert f"the file is now {name}.imported" in caplog.text
    assert LINES[0]["text"] not in caplog.text


def test_corrections_come_with_all_that_was_said_of_them(settings: Settings) -> None:
    write_corrections(settings)
    with opened_store(settings) as store:
        read = corrections_in(store)
    for line, correction in zip(LINES, read, strict=True):
        assert correction.to_dict() | {"id": line["id"]} == Correction.from_dict(line).to_dict()


DAMAGED = [
    b'{"text": "half of a li\n',
    b'{"text": "a \xf0\x9f\n',
    b"\n",
    b'{"text": "no scores"}\n',
    b"[]\n",
    json.dumps(LINES[0] | {"time": "yesterday"}).encode() + b"\n",
    json.dumps(LINES[0] | {"scores": {"insult": "high"}}).encode() + b"\n",
    json.dumps(LINES[0] | {"text": None}).encode() + b"\n",
    b"[" * 100_000 + b"\n",
]


@pytest.mark.parametrize("damaged", DAMAGED, ids=range(len(DAMAGED)))
def test_sound_lines_around_a_damaged_one_are_taken_over_and_the_file_keeps_that(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    write_corrections(settings, [LINES[0], damaged, LINES[1], b'{"text": "no end'])
    with opened_store(settings) as store:
        texts = [correction.text for correction in corrections_in(store)]
    assert texts == [LINES[0]["text"], LINES[1]["text"]]
    assert damaged in (tmp_path / "corrections.jsonl.imported").read_bytes()
    numbers = "4" if not damaged.strip() else "2, 4"
    assert f"stay in that file alone: {numbers}" in caplog.text
    assert "half of" not in caplog.text


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2, "keys": []}', '{"keys": [{}]}'])
def test_a_damaged_file_of_keys_is_named_and_stays_as_it_is(
    settings: Settings, tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content, "utf-8")
    with pytest.raises(NotImported, match=r"keys\.json"), opened_store(settings):
        pass
    # A process that serves goes on with what the database has, and the log tells.
    store = open_store(settings)
    assert keys_in(store) == {}
    store.close()
    assert "keys.json" in caplog.text
    assert path.read_text("utf-8") == content
    assert not list(tmp_path.glob("*.imported"))


def test_what_is_taken_over_again_is_there_once(settings: Settings, store: Store) -> None:
    """A file that was put back, and one that grew since."""
    write_keys(settings)
    write_corrections(settings, LINES[:2])
    import_files(settings, store)
    KeyStore(lambda: store).revoke("00000001")
    write_keys(settings)
    write_corrections(settings)
    import_files(settings, store)
    assert len(corrections_in(store)) == len(LINES)
    keys = keys_in(store)
    assert len(keys) == len(SECRETS)
    assert keys["the comment system"].revoked, "what was revoked since stays so"
    grown = json.loads(json.dumps(KEY_FILE))
    grown["keys"][2]["revoked"] = "2026-04-01T00:00:00Z"
    write_keys(settings, grown)
    import_files(settings, store)
    assert keys_in(store)["ភ្នំពេញ"].revoked, "and what was revoked in the file is"


def test_what_was_erased_on_request_does_not_come_back(settings: Settings, store: Store) -> None:
    write_corrections(settings)
    erased = {text_key(str(LINES[1]["text"]))}
    store.write(lambda connection: record_erased(connection, erased))
    import_files(settings, store)
    assert [correction.text for correction in corrections_in(store)] == [
        LINES[0]["text"],
        LINES[2]["text"],
    ]


def test_a_key_whose_id_another_has_is_kept_too(settings: Settings, store: Store) -> None:
    secret, _ = KeyStore(lambda: store).create("of the desk", [Scope.SCORE], key_id="00000001")
    write_keys(settings)
    import_files(settings, store)
    ring = KeyStore(lambda: store)
    ring.look()
    first, other = ring.find(SECRETS[0]), ring.find(secret)
    assert first
    assert other
    assert first.id != other.id


def test_a_folder_that_cannot_be_written_to_is_no_reason_to_take_over_twice(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the keys are a container's secret."""

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    write_keys(settings)
    path = write_corrections(settings)
    monkeypatch.setattr(Path, "rename", refuse)
    for _ in range(2):
        import_files(settings, store)
    store.write(lambda connection: connection.execute(sa.text("DELETE FROM corrections")))
    import_files(settings, store)
    assert path.exists()
    assert corrections_in(store) == [], "what was erased for its age does not come back either"
    assert len(keys_in(store)) == len(SECRETS)


def test_many_corrections_are_taken_over(settings: Settings, store: Store) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    many = [
        LINES[0]
        | {"text": f"text {number}", "time": (start + timedelta(minutes=number)).isoformat()}
        for number in range(1_203)
    ]
    write_corrections(settings, many)
    import_files(settings, store)
    assert [correction.text for correction in corrections_in(store)] == [
        line["text"] for line in many
    ]


def take_over(settings: Settings, barrier: Any) -> None:
    barrier.wait(60)
    with opened_store(settings):
        pass


def test_processes_that_start_at_once_take_over_once(settings: Settings, tmp_path: Path) -> None:
    write_keys(settings)
    write_corrections(settings, [LINES[0] | {"text": f"text {number}"} for number in range(300)])
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    processes = [context.Process(target=take_over, args=(settings, barrier)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    with opened_store(settings) as store:
        assert len(keys_in(store)) == len(SECRETS)
        assert len(corrections_in(store)) == 300
        with store.reading() as connection:
            assert len(connection.execute(sa.text("SELECT * FROM imports")).all()) == 2
    assert sorted(path.name for path in tmp_path.glob("*.imported*")) == [
        "corrections.jsonl.imported",
        "keys.json.imported",
    ]


def die(*_: object) -> None:
    os._exit(DEAD)


def take_over_and_die(settings: Settings, when: str) -> None:
    setattr(file_import, when, die)
    with opened_store(settings):
        pass


@pytest.mark.parametrize("when", ["_insert_key", "not_erased", "_set_aside"])
def test_a_process_that_dies_half_way_leaves_the_rest_to_the_next(
    settings: Settings, tmp_path: Path, when: str
) -> None:
    """Within a transaction, and between it and the new name."""
    write_keys(settings)
    write_corrections(settings)
    process = multiprocessing.get_context("spawn").Process(
        target=take_over_and_die, args=(settings, when)
    )
    process.start()
    process.join(120)
    assert process.exitcode == DEAD
    with opened_store(settings) as store:
        assert len(keys_in(store)) == len(SECRETS)
        assert len(corrections_in(store)) == len(LINES)
    assert len(list(tmp_path.glob("*.imported"))) == 2


def test_a_database_that_nobody_names_is_beside_what_somebody_did_name(tmp_path: Path) -> None:
    """A container's volume holds the file of keys: elsewhere the database would not last."""
    volume = tmp_path / "volume"
    assert database_url(Settings(keys_file=volume / "keys.json")) == (
        f"sqlite:///{volume / 'moderation.db'}"
    )


def test_a_desk_of_today_is_where_keys_go_where_no_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    file = tmp_path / "moderation" / "desk.db"
    file.parent.mkdir()
    file.touch()
    assert database_url(Settings()) == f"sqlite:///{file}"
    assert database_url(Settings(database="postgresql://host/name")) == "postgresql://host/name"
    assert database_url(Settings(desk="sqlite:///x.db")) == "sqlite:///x.db"
