"""The real corpora, where the folder of them is beside the project."""

import csv
import hashlib
import math
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from moderation.corpora.adapters.civil import semeval_test_ids
from moderation.corpora.corpus import CorpusText
from moderation.corpora.registry import CORPORA, CorpusState, available, read_corpora
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.text.validate import check_text
from tests.conftest import skip_or_fail

COUNTS = {
    "davidson": 24783,
    "hatexplain": 18689,
    "civil": 14052,
    "wikipedia_talk": 10000,
    "stormfront": 10703,
    "edos": 20000,
    "templates": 76564,
    "wikinews": 2262,
}


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    folder = shared / "corpora"
    if not folder.is_dir():
        skip_or_fail("the folder ../shared/corpora is not here")
    return folder


@pytest.fixture(scope="module")
def texts(folder: Path) -> list[CorpusText]:
    return list(read_corpora(folder))


def test_every_file_has_the_digest_that_the_registry_lists(folder: Path) -> None:
    assert set(available(folder).values()) == {CorpusState.PRESENT}


def test_every_listed_file_belongs_to_a_corpus(folder: Path) -> None:
    ours = {file.name for corpus in CORPORA for file in corpus.files}
    there = {path.name for path in folder.iterdir()} - {"SOURCES.md", "civil_test_ids.txt"}
    assert ours == there


def test_every_url_names_the_commit_and_repository_of_the_sources(folder: Path) -> None:
    sources = (folder / "SOURCES.md").read_text("utf-8")
    pins = re.findall(r"\| ([\w.-]+/[\w.-]+)[^|]*\| ([0-9a-f]{40}) \|", sources)
    assert len(pins) == len(CORPORA)
    urls = [file.url for corpus in CORPORA for file in corpus.files]
    for url in urls:
        assert any(f"/{repository}/" in url and commit in url for repository, commit in pins), url


def test_every_text_of_every_corpus_is_read(texts: list[CorpusText]) -> None:
    assert Counter(text.source for text in texts) == COUNTS


def test_ids_are_unique_in_their_corpus(texts: list[CorpusText]) -> None:
    assert len({(text.source, text.id) for text in texts}) == len(texts)


def test_every_text_can_be_judged_and_every_value_is_a_share_or_unknown(
    texts: list[CorpusText],
) -> None:
    for text in texts:
        check_text(text.text)
        assert len(text.values) == len(ATTRIBUTE_NAMES)
        assert all(math.isnan(value) or 0 <= value <= 1 for value in text.values)


def test_spans_lie_inside_their_text_and_begin_and_end_with_a_sign(
    texts: list[CorpusText],
) -> None:
    spans = [(text.text, span) for text in texts for span in text.spans]
    assert len(spans) > 15_000
    for text, span in spans:
        run = text[span.start : span.end]
        assert run
        assert run == run.strip()
        assert 0 <= span.start < span.end <= len(text)


def test_evidence_agrees_with_the_values(texts: list[CorpusText]) -> None:
    for text in texts:
        values = dict(zip(ATTRIBUTE_NAMES, text.values, strict=True))
        assert all(values[span.attribute] > PRESENT for span in text.spans)


def test_each_corpus_knows_and_does_not_know_what_its_adapter_says(
    texts: list[CorpusText],
) -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for name, value in zip(ATTRIBUTE_NAMES, text.values, strict=True):
            if not math.isnan(value):
                known[text.source].add(name)
    unknown = {source: set(ATTRIBUTE_NAMES) - names for source, names in known.items()}
    assert unknown == {
        "davidson": {"profanity", "threat"},
        "hatexplain": {"profanity", "threat"},
        "civil": {"severe_toxicity"},
        "wikipedia_talk": {"profanity", "threat"},
        "stormfront": {"inflammatory", "severe_toxicity", "insult", "profanity", "threat"},
        "edos": {"ethnic_hostility", "severe_toxicity", "profanity"},
        "templates": set(),
        "wikinews": set(),
    }


def test_every_split_of_every_corpus_has_texts(texts: list[CorpusText]) -> None:
    found = Counter((text.source, text.split) for text in texts)
    for source, count in COUNTS.items():
        shares = {split: found[source, split] / count for split in ("train", "dev", "test")}
        assert 0.65 < shares["train"] < 0.85, source
        assert min(shares.values()) > 0.08, source


def test_the_semeval_test_ids_are_the_published_ones_and_none_is_read(
    folder: Path, texts: list[CorpusText]
) -> None:
    published = (folder / "civil_test_ids.txt").read_text("ascii").split()
    assert semeval_test_ids() == frozenset(published)
    read = {text.id for text in texts if text.source == "civil"}
    assert not read & semeval_test_ids()


def test_the_texts_of_the_semeval_test_split_are_read_under_no_other_id(
    folder: Path, texts: list[CorpusText]
) -> None:
    test_ids = semeval_test_ids()
    with (folder / "civil_comments.csv").open(encoding="utf-8", newline="") as rows:
        held_out = {
            hashlib.sha256(row["comment_text"].strip().lower().encode()).digest()
            for row in csv.DictReader(rows)
            if row["comment_id"] in test_ids
        }
    civil = (text.text for text in texts if text.source == "civil")
    assert held_out.isdisjoint(
        hashlib.sha256(text.strip().lower().encode()).digest() for text in civil
    )
