"""The shipped model on the five pages the project grew from, none of which trained it."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from moderation.batch import ModelSource, Options, run_batch
from moderation.batch.export import RowFormat
from moderation.labels.records import read_examples, read_seed
from moderation.settings import read_settings
from tests.conftest import ROOT

COMMENT = "001_25e7a0ac8f0d1179.txt"


@pytest.fixture(scope="module")
def rows(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    out = tmp_path_factory.mktemp("out")
    options = Options(form=RowFormat.JSONL)
    summary = run_batch([shared / "seeds"], out, ModelSource.of(), read_settings(), options)
    assert summary.failures == 0
    lines = (out / "passages.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_each_page_is_split_as_its_annotation_says(
    shared: Path, rows: list[dict[str, Any]]
) -> None:
    gold = defaultdict[str, set[tuple[int, str]]](set)
    for passage in read_seed(ROOT / "labels"):
        gold[passage.file] |= {(at, passage.kind) for at in range(passage.start, passage.end)}
    found = defaultdict[str, set[tuple[int, str]]](set)
    for row in rows:
        file = Path(row["page"]).name
        found[file] |= {(at, row["kind"]) for at in range(row["start"], row["end"])}
    for file, characters in gold.items():
        text = (shared / "seeds" / file).read_text("utf-8")
        blank = {at for at, character in enumerate(text) if character.isspace()}
        assert {c for c in found[file] if c[0] not in blank} == {
            c for c in characters if c[0] not in blank
        }


def test_every_article_is_news_and_none_of_its_passages_is_held(
    rows: list[dict[str, Any]],
) -> None:
    labels = defaultdict[str, list[str]](list)
    for row in rows:
        if row["kind"] == "article":
            assert row["verdict"]["action"] == "allow", (row["page"], row["start"])
            labels[row["page"]].append(row["verdict"]["label"])
    assert len(labels) == 5
    for page, found in labels.items():
        assert found.count("news") / len(found) >= 0.85, page


def test_the_one_reader_comment_is_whole_signed_and_hostile_to_the_right_people(
    shared: Path, rows: list[dict[str, Any]]
) -> None:
    (comment,) = [row for row in rows if row["kind"] == "comment"]
    paragraphs = [p for p in read_seed(ROOT / "labels") if p.kind == "comment"]
    text = (shared / "seeds" / COMMENT).read_text("utf-8")
    author = paragraphs[0].author
    assert author is not None
    assert (comment["start"], comment["end"]) == (paragraphs[0].start, paragraphs[-1].end)
    assert comment["text"] == text[comment["start"] : comment["end"]]
    assert comment["author"] == text[author.start : author.end]
    assert comment["verdict"]["label"] == "ethnic_hostility"
    assert comment["verdict"]["action"] == "review"
    assert comment["verdict"]["targets"] == ["Vietnamese"]


def test_the_comments_evidence_lies_in_its_hostile_sentences_and_not_all_over_the_comment(
    rows: list[dict[str, Any]],
) -> None:
    """The model of 2026.12 covered 98 % of them, with as much again and half beside it.

    The one that followed covers half of them, and three fifths of its evidence is right.
    """
    (comment,) = [row for row in rows if row["kind"] == "comment"]
    hostile = {
        at
        for passage in read_seed(ROOT / "labels")
        for evidence in passage.evidence
        if evidence.attribute == "ethnic_hostility"
        for at in range(evidence.start, evidence.end)
    }
    spans = [s for s in comment["verdict"]["spans"] if s["attribute"] == "ethnic_hostility"]
    marked = {comment["start"] + at for s in spans for at in range(s["start"], s["end"])}
    assert len(marked & hostile) / len(hostile) > 0.45
    assert len(marked & hostile) / len(marked) > 0.5


def test_the_jibe_above_the_article_is_a_note_and_is_allowed(rows: list[dict[str, Any]]) -> None:
    (note,) = [row for row in rows if row["kind"] == "note"]
    assert Path(note["page"]).name == COMMENT
    assert note["verdict"]["action"] == "allow"


def test_no_paragraph_of_the_seed_comment_is_in_the_training_data(
    shared: Path,
) -> None:
    text = (shared / "seeds" / COMMENT).read_text("utf-8")
    ours = {" ".join(e.text.casefold().split()) for e in read_examples(ROOT / "labels")}
    for passage in read_seed(ROOT / "labels"):
        if passage.kind == "comment" and passage.part == "paragraph":
            paragraph = " ".join(text[passage.start : passage.end].casefold().split())
            assert not any(paragraph in example for example in ours)
