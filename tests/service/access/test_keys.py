"""API keys as an operator makes and revokes them."""

import json
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from moderation.errors import InvalidInput
from moderation.service.access.keys import (
    InvalidKeys,
    Scope,
    create_key,
    digest,
    read_keys,
    revoke_key,
)
from tests.conftest import ROOT


def test_the_file_holds_the_hash_and_not_the_key(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    secret, key = create_key(path, "the desk", [Scope.SCORE, Scope.DESK], rate=30)
    written = path.read_text("utf-8")
    assert secret not in written
    assert secret.rpartition("_")[2] not in written
    assert digest(secret) in written
    (read,) = read_keys(path)
    assert read == key
    assert read.scopes == {Scope.SCORE, Scope.DESK}
    assert read.rate == 30


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_key(path, "one", [Scope.SCORE])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    create_key(path, "two", [Scope.SCORE])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_are_long_and_differ(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    secrets = {create_key(path, "x", [Scope.SCORE])[0] for _ in range(20)}
    assert len(secrets) == 20
    assert min(map(len, secrets)) > 50


def test_a_revoked_key_stays_on_record(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    _, key = create_key(path, "gone", [Scope.SCORE])
    _, other = create_key(path, "stays", [Scope.SCORE])
    first = revoke_key(path, key.id).revoked
    assert first
    assert revoke_key(path, key.id).revoked == first
    assert [each.revoked for each in read_keys(path)] == [first, None]
    assert other.id != key.id
    with pytest.raises(InvalidInput, match="no such key"):
        revoke_key(path, "ffff")


def test_keys_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    makers = [
        threading.Thread(target=create_key, args=(path, str(number), [Scope.SCORE]))
        for number in range(16)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert {key.name for key in read_keys(path)} == set(map(str, range(16)))
    assert {each.name for each in tmp_path.iterdir()} == {"keys.json", "keys.json.lock"}


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2, "keys": []}', '{"keys": [{}]}'])
def test_a_damaged_file_is_refused_and_never_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidKeys, match=r"keys\.json"):
        create_key(path, "x", [Scope.SCORE])
    assert path.read_text("utf-8") == content


def test_the_commands_make_list_and_revoke(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    def keys(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "moderation", "keys", *arguments],
            cwd=ROOT,
            env={"MODERATION_KEYS_FILE": str(path), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )

    made = keys("create", "Our blog", "--scope", "score", "--scope", "suggest", "--rate", "0")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    (kept,) = json.loads(path.read_text("utf-8"))["keys"]
    assert kept["sha256"] == digest(secret)
    assert kept["scopes"] == ["score", "suggest"]
    listed = keys("list").stdout
    assert secret not in listed
    assert listed.split("\t")[:4] == [kept["id"], "good", "score,suggest", "unlimited"]
    assert "Our blog" in listed
    assert keys("revoke", kept["id"]).returncode == 0
    assert "\trevoked 2" in keys("list").stdout
    wrong = keys("revoke", "nothing")
    assert wrong.returncode == 1
    assert "no such key" in wrong.stderr
