"""The real corpora, where the folders of them are beside the project."""

import csv
import hashlib
import math
import re
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import quote

import pytest

from moderation.corpora.adapters import hatemoji
from moderation.corpora.adapters.civil import semeval_test_ids
from moderation.corpora.corpus import RAW, CorpusText, read_rows
from moderation.corpora.registry import (
    CORPORA,
    CorpusState,
    available,
    corpora_in,
    read_corpora,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.text.validate import check_text

COUNTS = {
    "davidson": 24783,
    "hatexplain": 18689,
    "civil": 14052,
    "wikipedia_talk": 10000,
    "stormfront": 10703,
    "edos": 20000,
    "templates": 76564,
    "wikinews": 2262,
    "hatemoji": 5888,
    "redditbias": 7808,
    "toxigen": 5051,
    "crowdcounter": 4760,
    "paradetox": 35036,
    "measuring_hate": 23186,
    "fox_news": 1505,
    "xstest": 200,
    "bold": 6071,
    "goemotions": 54119,
    "gahd_de": 6860,
    "germeval_de": 8541,
    "iwg_de": 469,
    "mlma_fr": 4005,
    "mlma_ar": 3351,
    "uli_hi": 6117,
    "apeach_ko": 3770,
    "beep_ko": 8367,
    "kmhas_ko": 30636,
    "curse_ko": 5821,
    "told_br_pt": 20711,
    "tupy_pt": 9910,
    "distorted_ru": 2747,
    "thienit84_vi": 12557,
    "cold_zh": 37297,
    "toxic_ja": 437,
    "wisesight_th": 12159,
    **{
        f"ntrex_{code}": 1997
        for code in ("en", "km", "lo", "th", "my", "vi", "zh", "id", "ms", "fil")
    },
}
FIRST_EIGHT = list(COUNTS)[:8]
"""The corpora of the first of the two folders."""
UNEVEN = {
    "measuring_hate": (0.89, 0.02, 0.08),
    "fox_news": (0.71, 0.05, 0.23),
    "gahd_de": (0.7, 0.15, 0.15),
    "germeval_de": (0.53, 0.06, 0.41),
    "apeach_ko": (0, 0, 1),
    "beep_ko": (0.85, 0.06, 0.09),
    "kmhas_ko": (0.26, 0.03, 0.71),
    "cold_zh": (0.69, 0.17, 0.14),
    **dict.fromkeys((name for name in COUNTS if name.startswith("ntrex_")), (0.4, 0.1, 0.5)),
}
"""Shares of train, dev and test that are not near 80, 10 and 10 per cent: most of these corpora
have published splits, one has few threads, one of which is long, and half of each translation is
test."""


@pytest.fixture(scope="module")
def folder(real_corpora: Path) -> Path:
    return real_corpora


@pytest.fixture(scope="module")
def texts(folder: Path) -> list[CorpusText]:
    return list(read_corpora(folder))


def test_every_file_has_the_digest_that_the_registry_lists(folder: Path) -> None:
    assert set(available(folder).values()) == {CorpusState.PRESENT}


def test_without_names_the_corpora_of_one_folder_are_read_and_the_others_passed_over(
    shared: Path,
) -> None:
    states = available(shared / "corpora")
    assert [name for name, state in states.items() if state is CorpusState.PRESENT] == FIRST_EIGHT
    assert {text.source for text in read_corpora(shared / "corpora")} == set(FIRST_EIGHT)


def test_every_listed_file_belongs_to_a_corpus(shared: Path) -> None:
    ours = {file.name for corpus in CORPORA[:8] for file in corpus.files}
    names = {path.name for path in (shared / "corpora").iterdir()}
    assert ours == names - {"SOURCES.md", "civil_test_ids.txt"}


def test_every_url_of_the_first_folder_names_the_commit_and_repository_of_the_sources(
    shared: Path,
) -> None:
    sources = (shared / "corpora" / "SOURCES.md").read_text("utf-8")
    pins = re.findall(r"\| ([\w.-]+/[\w.-]+)[^|]*\| ([0-9a-f]{40}) \|", sources)
    assert len(pins) == len(FIRST_EIGHT)
    urls = [file.url for corpus in CORPORA[:8] for file in corpus.files]
    for url in urls:
        assert any(f"/{repository}/" in url and commit in url for repository, commit in pins), url


def test_every_url_and_licence_of_the_second_folder_is_the_one_in_the_sources(
    shared: Path,
) -> None:
    sources = (shared / "more_corpora" / "SOURCES.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in sources.splitlines()]
    by_file = {row[1]: row[3:7] for row in rows if len(row) > 7}
    for corpus in CORPORA[8:]:
        for file in corpus.files:
            repository, commit, path, licence = by_file[file.name]
            assert file.url == f"{RAW}/{repository}/{commit}/{quote(path)}"
            assert licence.replace(" + ", " AND ").startswith(corpus.licence)


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
        "hatemoji": {"severe_toxicity", "profanity"},
        "redditbias": {
            "toxicity", "inflammatory", "severe_toxicity", "insult", "profanity", "threat",
        },
        "toxigen": {"profanity", "threat"},
        "crowdcounter": {"profanity", "threat"},
        "paradetox": {"profanity", "threat"},
        "measuring_hate": {"inflammatory", "severe_toxicity", "insult", "profanity", "threat"},
        "fox_news": {"inflammatory", "severe_toxicity", "insult", "profanity", "threat"},
        "xstest": {"profanity"},
        "bold": {"news"},
        "gahd_de": {"inflammatory", "severe_toxicity", "insult", "profanity", "threat"},
        "germeval_de": {"threat"},
        "iwg_de": {"inflammatory", "severe_toxicity", "insult", "profanity", "threat"},
        "uli_hi": set(ATTRIBUTE_NAMES) - {"news", "toxicity"},
        "kmhas_ko": {"threat"},
        "curse_ko": {"threat"},
        "told_br_pt": {"threat"},
        "mlma_fr": {"profanity", "threat"},
        "mlma_ar": {"profanity", "threat"},
        "apeach_ko": {"profanity", "threat"},
        "beep_ko": {"profanity", "threat"},
        "tupy_pt": {"profanity", "threat"},
        "distorted_ru": {"profanity", "threat"},
        "thienit84_vi": {"profanity", "threat"},
        "cold_zh": {"profanity", "threat"},
        "toxic_ja": {"profanity", "threat"},
        **{name: set() for name in COUNTS if name.startswith("ntrex_")},
    }  # fmt: skip


def test_every_split_of_every_corpus_has_texts(texts: list[CorpusText]) -> None:
    found = Counter((text.source, text.split) for text in texts)
    for source, count in COUNTS.items():
        shares = [found[source, split] / count for split in ("train", "dev", "test")]
        if source in UNEVEN:
            assert shares == pytest.approx(UNEVEN[source], abs=0.01)
        else:
            assert 0.65 < shares[0] < 0.85, source
            assert min(shares) > 0.08, source


def test_two_corpora_stand_for_ordinary_talk_and_say_nothing_of_harm(
    texts: list[CorpusText],
) -> None:
    sources = {text.source for text in texts} - {text.source for text in texts if text.known}
    assert sources == {"goemotions", "wisesight_th"}


def test_a_sentence_of_news_stands_in_one_split_in_every_language(texts: list[CorpusText]) -> None:
    splits = defaultdict[str, Counter[str]](Counter)
    for text in texts:
        if text.source.startswith("ntrex_"):
            splits[text.id][text.split] += 1
    assert len(splits) == 1997
    assert {tuple(of_line.values()) for of_line in splits.values()} == {(10,)}


def test_english_is_the_language_of_the_first_eighteen_corpora_and_of_one_translation() -> None:
    assert corpora_in(["en"]) == [*list(COUNTS)[:18], "ntrex_en"]
    assert set(corpora_in(["de", "th"])) == {
        "gahd_de", "germeval_de", "iwg_de", "wisesight_th", "ntrex_th",
    }  # fmt: skip


def test_a_post_and_its_replies_stand_in_one_split(texts: list[CorpusText]) -> None:
    threads = defaultdict[str, set[str]](set)
    for text in texts:
        if text.source == "crowdcounter":
            threads[text.id.partition(":")[0]].add(text.split)
    assert len(threads) == 1325
    assert {len(splits) for splits in threads.values()} == {1}


def test_both_texts_of_a_contrasting_pair_stand_in_one_split(
    folder: Path, texts: list[CorpusText]
) -> None:
    splits = {text.id: text.split for text in texts if text.source == "hatemoji"}
    pairs = [
        (row["entry_id"], row["matched_id"])
        for file in hatemoji.FILES.values()
        for row in read_rows(folder / file, "entry_id", "matched_id")
    ]
    assert len(pairs) == 5912
    both = [(splits[one], splits[other]) for one, other in pairs if {one, other} <= set(splits)]
    assert len(both) > 5800
    assert all(one == other for one, other in both)


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
