"""API keys as an operator makes and revokes them, in a database of either kind."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from moderation.database.store import Store
from moderation.errors import InvalidInput
from moderation.service.api_keys import Scope, digest
from moderation.service.key_store import KeyStore
from tests.conftest import ROOT
from tests.service.keys import create_key, keys_of, url_in


@pytest.fixture
def url(tmp_path: Path) -> str:
    return url_in(tmp_path)


def test_the_database_holds_the_hash_and_not_the_key(url: str, tmp_path: Path) -> None:
    secret, key = create_key(url, "the desk", [Scope.SCORE, Scope.DESK], rate=30)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in written
    assert secret.rpartition("_")[2].encode() not in written
    assert digest(secret).encode() in written
    with keys_of(url) as keys:
        (read,) = keys.all()
    assert read == key
    assert read.scopes == {Scope.SCORE, Scope.DESK}
    assert read.rate == 30


def test_keys_are_long_and_differ(url: str) -> None:
    with keys_of(url) as keys:
        secrets = {keys.create("x", [Scope.SCORE])[0] for _ in range(20)}
    assert len(secrets) == 20
    assert min(map(len, secrets)) > 50


def test_a_revoked_key_stays_on_record(url: str) -> None:
    with keys_of(url) as keys:
        _, key = keys.create("gone", [Scope.SCORE])
        _, other = keys.create("stays", [Scope.SCORE])
        first = keys.revoke(key.id).revoked
        assert first
        assert keys.revoke(key.id).revoked == first
        assert {each.id: each.revoked for each in keys.all()} == {key.id: first, other.id: None}
        with pytest.raises(InvalidInput, match="no such key"):
            keys.revoke("ffff")


def test_keys_made_at_the_same_time_are_all_kept(url: str) -> None:
    Store.open(url).close()
    makers = [
        threading.Thread(target=create_key, args=(url, str(number), [Scope.SCORE]))
        for number in range(16)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    with keys_of(url) as keys:
        assert {key.name for key in keys.all()} == set(map(str, range(16)))


def test_a_request_asks_the_database_once_a_second_at_most(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    with keys_of(url) as keys:
        secret, _ = keys.create("busy", [Scope.SCORE])
        all_keys = KeyStore.all
        monkeypatch.setattr(KeyStore, "all", lambda self: looks.append(1) or all_keys(self))  # type: ignore[func-returns-value]
        began = time.monotonic()
        while time.monotonic() < began + 0.5:
            if keys.is_stale():
                keys.look()
            assert keys.find(secret)
    assert len(looks) <= 1


def command(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    plain = {name: value for name, value in os.environ.items() if "MODERATION" not in name}
    return subprocess.run(
        [sys.executable, "-m", "moderation", "keys", *arguments],
        cwd=ROOT,
        env=plain | {"XDG_DATA_HOME": str(folder)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_make_list_and_revoke(tmp_path: Path) -> None:
    made = command(
        tmp_path, "create", "Our blog", "--scope", "score", "--scope", "suggest", "--rate", "0"
    )
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    url = f"sqlite:///{tmp_path / 'moderation' / 'moderation.db'}"
    assert url in made.stderr
    with keys_of(url) as keys:
        (kept,) = keys.all()
    assert kept.sha256 == digest(secret)
    listed = command(tmp_path, "list").stdout
    assert secret not in listed
    assert listed.split("\t")[:4] == [kept.id, "good", "score,suggest", "unlimited"]
    assert "Our blog" in listed
    assert command(tmp_path, "revoke", kept.id).returncode == 0
    assert "\trevoked 2" in command(tmp_path, "list").stdout
    wrong = command(tmp_path, "revoke", "nothing")
    assert wrong.returncode == 1
    assert "no such key" in wrong.stderr


def test_the_commands_print_json_for_other_programs(tmp_path: Path) -> None:
    made = json.loads(command(tmp_path, "create", "Our blog", "--rate", "9", "--json").stdout)
    assert len(made["key"]) > 50
    known = {name: value for name, value in made.items() if name != "key"}
    assert known["scopes"] == ["score"]
    assert known["rate"] == 9
    assert json.loads(command(tmp_path, "list", "--json").stdout) == {"keys": [known]}
    revoked = json.loads(command(tmp_path, "revoke", known["id"], "--json").stdout)
    assert revoked["revoked"]
    assert json.loads(command(tmp_path, "list", "--json").stdout) == {"keys": [revoked]}
    assert "sha256" not in revoked


def test_the_commands_and_the_desk_have_one_database(tmp_path: Path) -> None:
    """Whichever setting names it; two that differ are refused."""
    url = url_in(tmp_path)
    for name in ("MODERATION_DATABASE", "MODERATION_DESK"):
        assert command(tmp_path, "create", name, **{name: url}).returncode == 0
    with keys_of(url) as keys:
        assert len(keys.all()) == 2
    both = {"MODERATION_DATABASE": url, "MODERATION_DESK": "sqlite:///another.db"}
    refused = command(tmp_path, "list", **both)
    assert refused.returncode == 1
    assert "another database than the setting database" in refused.stderr
