"""Texts on which models are judged come out of no corpus, and the texts beside them do."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.corpora import corpus as corpus_module
from moderation.corpora.adapters import (
    bold,
    cold,
    crowdcounter,
    fox_news,
    gahd,
    goemotions,
    hatemoji,
    measuring_hate,
    paradetox,
    redditbias,
    toxigen,
    tupy,
    xstest,
)
from moderation.corpora.corpus import Corpus, digest_of, held_out_digests
from moderation.corpora.registry import CORPORA
from tests.corpora.languages import write_cold, write_gahd, write_tupy
from tests.corpora.newer import (
    write_bold,
    write_crowdcounter,
    write_fox_news,
    write_goemotions,
    write_hatemoji,
    write_measuring_hate,
    write_paradetox,
    write_redditbias,
    write_toxigen,
    write_xstest,
)

BEFORE, HELD_OUT, AFTER = TEXTS = tuple(
    f"The {tree} at our gate bore fruit this year, and my uncle gave some to all his neighbours."
    for tree in ("plum tree", "old mango", "lime")
)
Writer = Callable[[Path, str], None]
WRITERS: dict[str, tuple[Corpus, Writer]] = {
    "hatemoji": (
        hatemoji.CORPUS,
        lambda folder, file: write_hatemoji(
            folder,
            {file: [(n, t, "none", "['none']", "original", 0, n) for n, t in enumerate(TEXTS)]},
        ),
    ),
    "redditbias": (
        redditbias.CORPUS,
        lambda folder, file: write_redditbias(folder, {file: [(t, "0", "0") for t in TEXTS]}),
    ),
    "toxigen": (
        toxigen.CORPUS,
        lambda folder, _: write_toxigen(folder, *((t, "neutral", 1.0, ["asian"]) for t in TEXTS)),
    ),
    "crowdcounter": (
        crowdcounter.CORPUS,
        lambda folder, _: write_crowdcounter(folder, {BEFORE: (HELD_OUT, AFTER)}),
    ),
    "paradetox": (
        paradetox.CORPUS,
        lambda folder, file: (
            write_paradetox(folder, [TEXTS], [])
            if file == paradetox.PAIRS
            else write_paradetox(folder, [], [(t, '{"not_toxic":true}') for t in TEXTS])
        ),
    ),
    "measuring_hate": (
        measuring_hate.CORPUS,
        lambda folder, file: write_measuring_hate(folder, {file: [(t, 0) for t in TEXTS]}),
    ),
    "fox_news": (
        fox_news.CORPUS,
        lambda folder, _: write_fox_news(folder, *((t, 0, "", "") for t in TEXTS)),
    ),
    "xstest": (
        xstest.CORPUS,
        lambda folder, _: write_xstest(folder, *((t, "homonyms", "safe") for t in TEXTS)),
    ),
    "bold": (
        bold.CORPUS,
        lambda folder, file: write_bold(folder, {file: {t: [t] for t in TEXTS}}),
    ),
    "goemotions": (
        goemotions.CORPUS,
        lambda folder, file: write_goemotions(
            folder, {file: [(t, "0", str(n)) for n, t in enumerate(TEXTS)]}
        ),
    ),
    "gahd_de": (
        gahd.CORPUS,
        lambda folder, _: write_gahd(
            folder, *((n, t, 0, "R1", "dev") for n, t in enumerate(TEXTS))
        ),
    ),
    "cold_zh": (
        cold.CORPUS,
        lambda folder, file: write_cold(folder, {file: [(t, "race", 0, 0) for t in TEXTS]}),
    ),
    "tupy_pt": (
        tupy.CORPUS,
        lambda folder, _: write_tupy(folder, *((t, "") for t in TEXTS)),
    ),
}
FILES = [(name, file.name) for name, (corpus, _) in WRITERS.items() for file in corpus.files]


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Yield a function that lists a text of a file as held out, and no other text."""

    def hold_out(file: str, text: str) -> None:
        listed = tmp_path / "held_out.tsv"
        listed.write_text(f"file\tsha256\n{file}\t{digest_of(text)}\n")
        monkeypatch.setattr(corpus_module, "HELD_OUT", listed)
        corpus_module._all_held_out.cache_clear()

    yield hold_out
    corpus_module._all_held_out.cache_clear()


@pytest.mark.parametrize(("name", "file"), FILES)
def test_of_every_file_a_listed_text_is_left_out_and_its_neighbours_come_through(
    name: str, file: str, listing: Callable[..., None], tmp_path: Path
) -> None:
    corpus, write = WRITERS[name]
    write(tmp_path, file)
    assert {text.text for text in corpus.adapter(tmp_path)} == set(TEXTS)
    listing(file, HELD_OUT)
    assert {text.text for text in corpus.read(tmp_path)} == {BEFORE, AFTER}


def test_a_text_that_another_file_lists_is_not_left_out(
    listing: Callable[..., None], tmp_path: Path
) -> None:
    corpus, write = WRITERS["xstest"]
    write(tmp_path, "xstest_prompts.csv")
    listing("goemotions_dev.tsv", HELD_OUT)
    assert {text.text for text in corpus.read(tmp_path)} == set(TEXTS)


def test_every_corpus_that_has_listed_texts_is_tested_here() -> None:
    listed = {
        corpus.name for corpus in CORPORA if any(held_out_digests(f.name) for f in corpus.files)
    }
    assert listed == {
        "hatemoji", "redditbias", "toxigen", "paradetox", "measuring_hate", "fox_news",
        "goemotions", "gahd_de", "cold_zh", "tupy_pt",
    }  # fmt: skip
    assert listed <= set(WRITERS)


def published(shared: Path) -> dict[str, set[str]]:
    """Return the digests of the fields that are held out, by file."""
    digests = defaultdict[str, set[str]](set)
    for line in (shared / "more_corpora" / "held_out_rows.tsv").read_text("ascii").splitlines()[1:]:
        file, digest = line.split("\t")
        digests[file].add(digest)
    return digests


def fields(file: Path) -> Iterator[str]:
    """Yield every text field of a file as it stands, read without our own readers."""
    content = file.read_bytes()
    if file.suffix == ".json":
        yield from strings(json.loads(content))
    elif file.suffix == ".jsonl":
        for line in content.splitlines():
            yield from strings(json.loads(line))
    else:
        text = content.decode("utf-8")
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            delimiter = "\t" if file.suffix == ".tsv" else ","
            lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
            for cells in lines:
                yield from cells


def strings(value: Any) -> Iterator[str]:
    """Yield the strings in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def rows_of(file: Path, digests: set[str]) -> list[str]:
    """Return the fields of a file that have one of some digests."""
    return [field for field in fields(file) if digest_of(field) in digests] if digests else []


def plain(field: str) -> str:
    """Return a field's text without the quotation marks and escapes that ParaDetox writes it in."""
    for _ in range(2):
        if field.startswith('"') and field.endswith('"') and len(field) > 1:
            try:
                field = json.loads(field)
            except ValueError:
                field = field[1:-1].replace('""', '"')
    return field


def test_every_published_digest_is_listed(shared: Path) -> None:
    for file, digests in published(shared).items():
        assert digests <= held_out_digests(file), file


@pytest.mark.parametrize(("name", "file"), FILES)
def test_no_listed_row_of_the_real_files_comes_through_and_all_others_do(
    name: str, file: str, shared: Path, real_corpora: Path
) -> None:
    corpus, _ = WRITERS[name]
    listed = published(shared)[file]
    rows = rows_of(real_corpora / file, listed)
    assert set(map(digest_of, rows)) == listed
    held_out = set(map(plain, rows))
    read = {text.id: text.text for text in corpus.read(real_corpora)}
    assert held_out.isdisjoint(read.values())
    of_corpus = set().union(*(held_out_digests(one.name) for one in corpus.files))
    for text in corpus.adapter(real_corpora):
        assert (text.id in read) == (digest_of(text.text) not in of_corpus)
