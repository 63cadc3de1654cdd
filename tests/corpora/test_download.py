"""Downloading over a loopback server, and what a wrong or missing file leads to."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from moderation.corpora.cli import app
from moderation.corpora.corpus import Corpus, CorpusError, CorpusFile
from moderation.corpora.download import fetch
from moderation.corpora.registry import CorpusState, available, read_corpora
from tests.corpora.conftest import Server, read_lines
from tests.corpora.small import ONE, SHA_ONE, SHA_TWO, TWO


def test_fetching_makes_the_folder_and_leaves_only_whole_files(
    lines: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "folder"
    assert available(folder) == {"lines": CorpusState.ABSENT}
    fetch(None, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["one.txt", "two.txt"]
    assert available(folder) == {"lines": CorpusState.PRESENT}
    assert [text.text.encode() for text in read_corpora(folder)] == [ONE, TWO]


def test_fetching_again_asks_only_for_what_is_missing(lines: Server, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(ONE)
    partial = tmp_path / ".fetching-interrupted"
    partial.mkdir()
    (partial / "two.txt").write_bytes(TWO[:5])
    told: list[str] = []
    fetch(["lines"], tmp_path, notify=told.append)
    assert lines.asked == ["/two.txt"]
    assert told == ["lines: one.txt is there already", "lines: fetching two.txt"]
    fetch(["lines"], tmp_path)
    assert lines.asked == ["/two.txt"]


def test_a_download_that_breaks_off_keeps_what_was_whole(lines: Server, tmp_path: Path) -> None:
    lines.cut_short = {"/two.txt"}
    with pytest.raises(CorpusError, match=r"two\.txt cannot be downloaded: no whole answer"):
        fetch(None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["one.txt"]
    lines.cut_short = set()
    fetch(None, tmp_path)
    assert lines.asked == ["/one.txt", "/two.txt", "/two.txt"]


def test_a_download_with_a_wrong_hash_is_thrown_away(lines: Server, tmp_path: Path) -> None:
    lines.content["/one.txt"] = TWO
    with pytest.raises(CorpusError) as caught:
        fetch(None, tmp_path)
    for part in (f"{lines.url}/one.txt", SHA_ONE, SHA_TWO, "thrown away", "Try again"):
        assert part in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_page_is_told_with_its_url_and_a_way_out(lines: Server, tmp_path: Path) -> None:
    del lines.content["/one.txt"]
    with pytest.raises(CorpusError, match=r"/one\.txt: .* answered 404 Not Found\..*--dir"):
        fetch(None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    file = CorpusFile("one.txt", f"http://127.0.0.1:{port}/one.txt", SHA_ONE)
    corpus = Corpus("lines", "Lines", (file,), "CC0-1.0", "Us.", "Nothing", read_lines)
    monkeypatch.setattr("moderation.corpora.registry.CORPORA", (corpus,))
    with pytest.raises(CorpusError, match=r"ConnectionError.*MODERATION_CORPORA") as caught:
        fetch(None, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_wrong_file_in_a_folder_is_named_and_never_replaced(
    lines: Server, tmp_path: Path
) -> None:
    (tmp_path / "one.txt").write_bytes(ONE)
    wrong = tmp_path / "two.txt"
    wrong.write_bytes(ONE)
    assert available(tmp_path) == {"lines": CorpusState.WRONG_HASH}
    for attempt in (lambda: fetch(None, tmp_path), lambda: read_corpora(tmp_path)):
        with pytest.raises(CorpusError) as caught:
            attempt()
        for part in (str(wrong), SHA_ONE, SHA_TWO, "Delete it"):
            assert part in str(caught.value)
    assert wrong.read_bytes() == ONE
    assert lines.asked == []


def test_a_folder_that_cannot_be_written_is_named(lines: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match=r"Cannot be written: .*MODERATION_CORPORA"):
        fetch(None, tmp_path / "file")


def test_the_commands_fetch_and_list(lines: Server, tmp_path: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["list", "--dir", str(tmp_path)])
    assert "absent" in listed.output
    fetched = runner.invoke(app, ["fetch", "lines", "--dir", str(tmp_path)])
    assert fetched.exit_code == 0, fetched.output
    assert "lines: fetching one.txt" in fetched.output
    assert "present" in runner.invoke(app, ["list", "--dir", str(tmp_path)]).output


def test_a_bar_is_drawn_only_when_asked_for(
    lines: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(None, tmp_path / "silent")
    assert capsys.readouterr() == ("", "")
    fetch(None, tmp_path / "shown", progress=True)
    assert "100%" in capsys.readouterr().err
