"""Texts on which models are judged come out of no corpus, and the texts beside them do."""

from pathlib import Path

import pytest

from moderation.corpora import corpus as corpus_module
from moderation.corpora.corpus import Corpus, CorpusFile, digest_of
from tests.corpora.conftest import read_lines
from tests.corpora.small import ONE, TWO


@pytest.mark.parametrize(("file", "left"), [("one.txt", [TWO]), ("three.txt", [ONE, TWO])])
def test_a_listed_text_of_a_file_is_left_out_and_its_neighbours_come_through(
    file: str, left: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "held_out.tsv"
    listed.write_text(f"file\tsha256\n{file}\t{digest_of(ONE.decode())}\n")
    monkeypatch.setattr(corpus_module, "HELD_OUT", listed)
    corpus_module._all_held_out.cache_clear()
    files = tuple(CorpusFile(name, "", "") for name in ("one.txt", "two.txt"))
    for name, content in (("one.txt", ONE), ("two.txt", TWO)):
        (tmp_path / name).write_bytes(content)
    corpus = Corpus("lines", "Lines", files, "CC0-1.0", "Us.", "Nothing", read_lines)
    assert [text.text.encode() for text in corpus.read(tmp_path)] == left
    corpus_module._all_held_out.cache_clear()
