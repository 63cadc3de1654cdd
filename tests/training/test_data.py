"""Training data repeats no held-out text, and has no harm that its corpus labels one-sidedly."""

import hashlib
import math
from collections import Counter
from pathlib import Path

import pytest

from moderation.corpora import Corpus, CorpusState, CorpusText, registry
from moderation.corpora.corpus import CorpusFile, values_of
from moderation.labels.records import read_examples
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.data import (
    MOST_HELD_OUT,
    TEMPLATES,
    drawn,
    gather,
    held_out_texts,
    mask_one_sided,
)

pytestmark = pytest.mark.slow

INSULT, NEWS = ATTRIBUTE_NAMES.index("insult"), ATTRIBUTE_NAMES.index("news")


def text(source: str, **said: float) -> CorpusText:
    values = tuple(said.get(name, math.nan) for name in ATTRIBUTE_NAMES)
    return CorpusText("some words", values, source, "1", "train")


def test_a_harm_that_a_corpus_knows_one_way_only_is_made_unknown() -> None:
    (alone,) = mask_one_sided([text("davidson", insult=0.0, news=0.0)])
    assert math.isnan(alone.values[INSULT])
    assert alone.values[NEWS] == 0
    both = mask_one_sided([text("davidson", insult=0.0), text("davidson", insult=1.0)])
    assert [one.values[INSULT] for one in both] == [0, 1]


def test_ordinary_writing_teaches_what_is_harmless() -> None:
    for source in ("wikipedia_talk", "wikinews", "bold"):
        (ordinary,) = mask_one_sided([text(source, insult=0.0)])
        assert ordinary.values[INSULT] == 0


def test_a_text_of_which_nothing_is_known_stays_so() -> None:
    (silent,) = mask_one_sided([text("goemotions")])
    assert not silent.known


def corpus(folder: Path, name: str, texts: dict[str, Split], language: str = "en") -> Corpus:
    """Return a corpus of some texts, with an empty file."""
    (folder / name).touch()
    files = (CorpusFile(name, "", hashlib.sha256().hexdigest()),)
    found = [
        CorpusText(words, values_of(toxicity=0), name, words, split)
        for words, split in texts.items()
    ]
    return Corpus(name, name, files, "CC0-1.0", "Us.", "Nothing", lambda _: iter(found), language)


def test_a_text_that_measures_in_one_corpus_trains_in_no_other(
    tiny_labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = "The ferry was late once more, and nobody told us why it was so."
    test = "My uncle gave some of his plums to all of the neighbours at the gate."
    posts = corpus(
        tmp_path, "posts", {dev: "dev", test: "test", "A post of its own about the rain.": "train"}
    )
    repeats: dict[str, Split] = {
        dev.lower(): "train", f"{test} Yes!": "train", "A reply of its own about the sun.": "train",
    }  # fmt: skip
    monkeypatch.setattr(registry, "CORPORA", (corpus(tmp_path, "replies", repeats), posts))
    gathered = gather(tmp_path, read_examples(tiny_labels), tiny_labels)
    assert [one.text for one in gathered.train] == [
        "A reply of its own about the sun.", "A post of its own about the rain.",
    ]  # fmt: skip
    assert [one.text for one in gathered.held_out] == [dev]
    assert gathered.leaks == 2


def test_corpora_in_other_languages_are_read_only_where_these_are_asked_for(
    tiny_labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = (
        corpus(tmp_path, "posts", {"A post of its own about the rain.": "train"}),
        corpus(tmp_path, "ntrex_en", {"The minister opened a bridge.": "train"}),
        corpus(tmp_path, "ntrex_de", {"Der Minister eröffnete eine Brücke.": "train"}, "de"),
        corpus(tmp_path, "avis", {"Le pont est fermé depuis hier.": "train"}, "fr"),
    )
    monkeypatch.setattr(registry, "CORPORA", corpora)
    examples = read_examples(tiny_labels)

    def sources(*languages: str) -> list[str]:
        gathered = gather(tmp_path, examples, tiny_labels, *([languages] if languages else []))
        assert set(gathered.states) == {text.source for text in gathered.train}
        return [text.source for text in gathered.train]

    assert sources() == sources("en") == ["posts"]
    assert sources("en", "de") == ["posts", "ntrex_en", "ntrex_de"]
    assert sources("fr") == ["avis"]


def test_a_folder_that_is_not_there_gives_nothing_and_says_so(
    tiny_labels: Path, tmp_path: Path
) -> None:
    gathered = gather(tmp_path / "none", read_examples(tiny_labels), tiny_labels)
    assert gathered.train == gathered.held_out == []
    assert set(gathered.states.values()) == {CorpusState.ABSENT}
    assert "corpora used: none; absent: davidson" in gathered.summary()


@pytest.fixture
def real(real_corpora: Path, tiny_labels: Path) -> tuple[set[str], set[str]]:
    gathered = gather(real_corpora, read_examples(tiny_labels), tiny_labels)
    assert 0 < gathered.leaks < 5_000
    assert {one.split for one in gathered.train} == {"train"}
    assert {one.split for one in gathered.held_out} == {"dev"}
    assert sum(one.source == "templates" for one in gathered.train) < len(gathered.train) / 4
    return {one.text for one in gathered.train}, {one.text for one in gathered.held_out}


def test_nothing_that_measures_trains(real: tuple[set[str], set[str]]) -> None:
    train, held_out = real
    assert len(train) > 150_000
    assert not train & held_out


def numbered(source: str, count: int) -> list[CorpusText]:
    return [
        CorpusText(f"{source} {number}", values_of(), source, str(number), "dev")
        for number in range(count)
    ]


def test_no_corpus_outweighs_all_others_and_the_same_texts_are_drawn_each_time() -> None:
    texts = [*numbered("davidson", 30), *numbered("civil", 4)]
    found = drawn(texts, 10)
    assert Counter(text.source for text in found) == {"davidson": 10, "civil": 4}
    assert set(drawn(reversed(texts), 10)) == set(found)


def test_models_are_measured_on_all_templates_and_on_some_of_every_other_corpus() -> None:
    texts = [*numbered(TEMPLATES, MOST_HELD_OUT + 5), *numbered("civil", MOST_HELD_OUT + 5)]
    counts = Counter(text.source for text in held_out_texts(texts))
    assert counts == {TEMPLATES: MOST_HELD_OUT + 5, "civil": MOST_HELD_OUT}
