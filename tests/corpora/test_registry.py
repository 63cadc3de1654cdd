"""The registry: the corpora that are present, known by the digests of their files."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from moderation.corpora.corpus import CorpusError, CorpusFile, digest
from moderation.corpora.download import corpora_folder
from moderation.corpora.registry import (
    CORPORA,
    CorpusState,
    available,
    corpora_in,
    read_corpora,
)
from tests.corpora.conftest import Server
from tests.corpora.small import ONE, SHA_ONE, SHA_TWO, TWO


def test_a_file_that_is_mended_is_seen_to_be_right(lines: Server, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(TWO)
    (tmp_path / "two.txt").write_bytes(TWO)
    assert available(tmp_path) == {"lines": CorpusState.WRONG_HASH}
    (tmp_path / "one.txt").write_bytes(ONE)
    assert available(tmp_path) == {"lines": CorpusState.PRESENT}


def test_an_absent_corpus_is_passed_over_unless_it_is_named(lines: Server, tmp_path: Path) -> None:
    assert list(read_corpora(tmp_path)) == []
    with pytest.raises(CorpusError, match=r"one\.txt: The corpus lines needs this file"):
        read_corpora(tmp_path, ["lines"])


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no corpus 'news'.*davidson.*wikinews"):
        read_corpora(tmp_path, ["news"])


def archive(prefix: str, members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as out:
        for name, content in members.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_an_archive_is_known_by_its_members_not_by_who_packed_it(tmp_path: Path) -> None:
    file = CorpusFile("all.tar.gz", "", "", members="all")
    listing = f"{SHA_ONE}  1.txt\n{SHA_TWO}  2.txt\n".encode()
    members = {"all/2.txt": TWO, "all/1.txt": ONE}
    packed = {
        "ours": archive("", members),
        "theirs": archive("project-commit/", {"README": b"-"} | members),
        "changed": archive("", members | {"all/1.txt": TWO}),
        "cut short": archive("", members)[:-30],
    }
    digests = {}
    for name, content in packed.items():
        (tmp_path / "all.tar.gz").write_bytes(content)
        digests[name] = digest(tmp_path / "all.tar.gz", file)
    assert digests["ours"] == digests["theirs"] == hashlib.sha256(listing).hexdigest()
    assert digests["changed"] != digests["ours"]
    assert digests["cut short"] == "none, for it is not a whole archive"


def zipped(prefix: str, members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr(f"{prefix}all/", b"")
        for name, content in members.items():
            out.writestr(prefix + name, content)
    return packed.getvalue()


def test_a_zip_file_is_known_by_its_members_too(tmp_path: Path) -> None:
    file = CorpusFile("all.zip", "", "", members="all")
    listing = f"{SHA_ONE}  1.txt\n{SHA_TWO}  2.txt\n".encode()
    members = {"all/2.txt": TWO, "all/1.txt": ONE, "README": b"-"}
    packed = {
        "ours": zipped("", members),
        "deeper": zipped("project/", members),
        "cut short": zipped("", members)[:-30],
        "damaged": zipped("", members).replace(TWO, ONE + b"\n"),
    }
    digests = {}
    for name, content in packed.items():
        (tmp_path / "all.zip").write_bytes(content)
        digests[name] = digest(tmp_path / "all.zip", file)
    assert digests["ours"] == digests["deeper"] == hashlib.sha256(listing).hexdigest()
    unreadable = "none, for it is not a whole archive"
    assert digests["cut short"] == digests["damaged"] == unreadable


def test_corpora_are_found_by_their_language() -> None:
    assert corpora_in(["en"])[:2] == ["davidson", "hatexplain"]
    assert corpora_in([]) == corpora_in(["xx"]) == []
    assert set(corpora_in({one.language for one in CORPORA})) == {one.name for one in CORPORA}


def test_the_state_of_some_corpora_is_told_without_looking_at_others(tmp_path: Path) -> None:
    assert available(tmp_path, ["edos"]) == {"edos": CorpusState.ABSENT}
    with pytest.raises(CorpusError, match="no corpus 'news'"):
        available(tmp_path, ["news"])


def test_the_folder_is_the_given_one_else_one_in_the_users_cache(tmp_path: Path) -> None:
    assert corpora_folder(tmp_path) == tmp_path
    assert corpora_folder().parts[-2:] == ("moderation", "corpora")
