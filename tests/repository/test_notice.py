"""Licences: whoever ships the weights can tell what taught them."""

import json
import tomllib

import pytest

from moderation.corpora.corpus import Corpus
from moderation.corpora.registry import CORPORA
from tests.conftest import ROOT

NOTICE = (ROOT / "NOTICE").read_text("utf-8")
SHARE_ALIKE = NOTICE.partition("\n  Share-alike\n")[2].partition("\n  Attribution\n")[0]
TAUGHT = {
    name
    for file in (ROOT / "models").glob("*/manifest.json")
    for name in json.loads(file.read_text("utf-8")).get("training", {}).get("corpora", {})
}


@pytest.mark.parametrize(
    "corpus", [one for one in CORPORA if one.name in TAUGHT], ids=lambda corpus: corpus.name
)
def test_every_corpus_that_taught_a_shipped_weight_is_named_with_its_licence(
    corpus: Corpus,
) -> None:
    (line,) = (one for one in NOTICE.splitlines() if one.startswith(f"  {corpus.name}: "))
    assert line.endswith(f" {corpus.licence}")


def test_no_model_was_taught_by_a_corpus_that_the_notice_leaves_out() -> None:
    assert {corpus.name for corpus in CORPORA} >= TAUGHT
    assert len(TAUGHT) >= 8


def test_the_notice_names_no_corpus_that_taught_no_shipped_weight() -> None:
    named = {corpus.name for corpus in CORPORA if f"\n  {corpus.name}: " in NOTICE}
    assert named == TAUGHT


def test_share_alike_corpora_are_named_as_such() -> None:
    for corpus in CORPORA:
        if corpus.name in TAUGHT:
            share_alike = f"  {corpus.name}: " in SHARE_ALIKE
            assert share_alike == ("-SA-" in corpus.licence), corpus.name


def test_every_other_corpus_is_named_with_its_language_and_licence() -> None:
    others = NOTICE.partition("\nPublic corpora in other languages")[2]
    share_alike, _, rest = others.partition("\n  Attribution\n")
    for corpus in CORPORA:
        if corpus.name not in TAUGHT:
            part = share_alike if "-SA-" in corpus.licence else rest
            line = f"  {corpus.name} ({corpus.language}), {corpus.licence}"
            assert line in part.splitlines(), corpus.name


def test_the_notice_is_installed_with_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(project["license-files"]) == {"LICENSE", "NOTICE"}
