"""Values that are unknown, values that follow, and splits."""

from collections import Counter

import pytest

from moderation.corpora.corpus import CorpusText, split_by, values_of
from moderation.taxonomy import ATTRIBUTE_NAMES
from tests.corpora.small import said


def known(**given: float) -> dict[str, float]:
    return said(CorpusText("text", values_of(**given), "corpus", "1", "train"))


def test_what_a_corpus_does_not_say_stays_unknown() -> None:
    assert known() == {}
    assert known(identity_attack=1) == {"identity_attack": 1, "news": 0}
    assert known(toxicity=0.4) == {"toxicity": 0.4}


def test_what_follows_never_replaces_what_was_said() -> None:
    assert known(toxicity=0, insult=0.2, news=1) == {
        "news": 1, "inflammatory": 0, "ethnic_hostility": 0, "toxicity": 0, "severe_toxicity": 0,
        "identity_attack": 0, "insult": 0.2,
    }  # fmt: skip


def test_values_stand_in_the_taxonomys_order() -> None:
    values = values_of(threat=0.25)
    assert len(values) == len(ATTRIBUTE_NAMES)
    assert values[ATTRIBUTE_NAMES.index("threat")] == 0.25


def test_a_name_outside_the_taxonomy_is_refused() -> None:
    with pytest.raises(KeyError, match="rudeness"):
        values_of(rudeness=1)


def test_splits_are_fixed_for_ever() -> None:
    names = [f"article-{number}" for number in range(24)]
    dev = [name for name in names if split_by("wikinews", name) == "dev"]
    assert dev == ["article-5", "article-7", "article-13", "article-21"]


def test_splits_have_the_shares_they_claim() -> None:
    counts = Counter(split_by("corpus", str(number)) for number in range(5000))
    assert counts["train"] == pytest.approx(4000, abs=150)
    assert counts["dev"] == pytest.approx(500, abs=100)
