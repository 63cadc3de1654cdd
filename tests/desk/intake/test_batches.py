"""The output of a batch run is taken in as it is, with or without JSON Lines."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moderation.desk import Desk
from moderation.desk.intake.batches import read_batch
from moderation.desk.types import Filters, Sort
from moderation.errors import InvalidInput
from moderation.pages import Kind
from moderation.settings import Settings
from tests.batch.fakes import write_pages
from tests.batch.rows import passages, run

ADDRESS = "https://paper.example/bridge"
PAGE = f"""<!doctype html><html lang="en"><head><title>Bridge closed</title>
<link rel="canonical" href="{ADDRESS}"></head><body>
<article><h1>Bridge closed for repairs</h1>
<p>The council closed the bridge on Monday, and the work takes until the end of the year.</p>
<p>Drivers are sent over the northern road, which is open by day and by night.</p></article>
<section id="comments"><h2>3 comments</h2>
<div class="comment" id="comment-1"><b class="author">Sokha</b>
<a class="permalink" href="#comment-1"><time datetime="2026-03-01T10:00:00+07:00">1 March</time></a>
<p>They have promised this bridge for years, and nothing came of it.</p>
<div class="comment" id="comment-2"><b class="author">Rithy</b>
<a class="permalink" href="#comment-2"><time datetime="2026-03-01T11:00:00+07:00">1 March</time></a>
<p>They are all hostileword people, every one of them.</p></div></div>
<div class="comment" id="comment-3"><b class="author">Dara</b>
<p>Nous ne voulons plus attendre la fin des travaux, car cette route est trop longue, hostileword.
</p></div>
</section></body></html>"""


def test_a_folder_of_a_batch_run_is_taken_in(tmp_path: Path, desk: Desk) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out", shard_pages=1)
    for _ in range(2):
        for part in read_batch(tmp_path / "out"):
            desk.intake.take(part)
    lines = desk.queue.lines(Filters(source="batch")).lines
    rows = [row for row in passages(tmp_path / "out") if row["kind"] == Kind.COMMENT]
    held = [row for row in rows if row["verdict"]["action"] != "allow"]
    assert sorted(line.page or "" for line in lines) == sorted(row["page"] for row in held)
    assert len(lines) == 3
    assert {line.times for line in lines} == {1}
    comment = desk.queue.get(lines[0].id)
    (row,) = (row for row in held if row["page"] == comment.line.page)
    assert comment.text == row["text"]
    assert comment.verdict.to_dict() == row["verdict"]
    assert comment.line.title == row["title"]
    assert "two thousand riel" in (comment.article or "")


def test_a_comment_comes_with_all_that_its_page_tells_of_it(tmp_path: Path, desk: Desk) -> None:
    """Those in a language that the model does not know come without a label and scores."""
    (tmp_path / "in.jsonl").write_text(json.dumps({"html": PAGE, "url": ADDRESS}), "utf-8")
    run(tmp_path / "in.jsonl", out=tmp_path / "out")
    rows = [row for row in passages(tmp_path / "out") if row["kind"] == Kind.COMMENT]
    assert [row["verdict"]["judged"] for row in rows] == [True, True, False]
    (part,) = read_batch(tmp_path / "out")
    assert len(part) == 3
    desk.intake.take(part)
    (line, french) = desk.queue.lines(Filters(), Sort.OLDEST).lines
    assert (french.label, french.language) == (None, "fr")
    comment = desk.queue.get(line.id)
    row = rows[1]
    assert (line.page, line.title, line.author) == (ADDRESS, row["title"], row["author"])
    assert line.received.isoformat() == "2026-03-01T04:00:00+00:00"
    assert comment.external_id == row["permalink"] == f"{ADDRESS}#comment-2"
    assert comment.parent == rows[0]["text"]
    assert (comment.article or "").startswith(row["title"])
    assert "northern road" in (comment.article or "")


def test_a_comment_over_the_limit_is_not_taken_in(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "hostileword " * 20}), "utf-8")
    run(tmp_path / "in.jsonl", out=tmp_path / "out", settings=Settings(max_text_chars=100))
    assert list(read_batch(tmp_path / "out")) == []


def test_a_folder_that_no_batch_run_wrote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not the output of a batch run"):
        list(read_batch(tmp_path))


@pytest.mark.parametrize("what", ["scores", "columns", "file"])
def test_what_another_version_wrote_is_refused_in_words(tmp_path: Path, what: str) -> None:
    run(write_pages(tmp_path / "in", 1), out=tmp_path / "out")
    (part,) = (tmp_path / "out" / "passages.parquet").iterdir()
    rows = passages(tmp_path / "out")
    if what == "scores":
        for row in rows:
            if row["verdict"]:
                row["verdict"]["scores"]["colour"] = row["verdict"]["scores"].pop("insult")
    elif what == "columns":
        rows = [{"page": row["page"]} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows), part)
    if what == "file":
        part.write_bytes(b"PAR1 and no more")
    with pytest.raises(InvalidInput, match="this version of `moderation batch`"):
        list(read_batch(tmp_path / "out"))
