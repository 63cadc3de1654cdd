"""Values that are unknown, values that follow, splits, and files in several formats."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.corpora.corpus import (
    CorpusError,
    CorpusText,
    name_of,
    one_label,
    read_json,
    read_objects,
    read_rows,
    split_by,
    split_off,
    values_of,
)
from moderation.taxonomy import ATTRIBUTE_NAMES
from tests.corpora.small import said, write_zip


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


def test_a_split_that_was_not_published_is_a_tenth_of_train() -> None:
    counts = Counter(split_off("corpus", str(number), "dev") for number in range(5000))
    assert counts.keys() == {"train", "dev"}
    assert counts["dev"] == pytest.approx(500, abs=60)
    assert split_off("corpus", "7", "dev") == split_off("corpus", "7", "dev")


def test_splits_have_the_shares_they_claim() -> None:
    counts = Counter(split_by("corpus", str(number)) for number in range(5000))
    assert counts["train"] == pytest.approx(4000, abs=150)
    assert counts["dev"] == pytest.approx(500, abs=100)


def test_a_text_with_two_labels_has_none_and_one_that_is_repeated_is_there_once() -> None:
    labelled = [("tea", 0), ("milk", 1), ("tea", 0), ("milk", 0), ("milk", 1), ("rice", 1)]
    assert one_label(labelled) == {"tea": 0, "rice": 1}


def test_a_text_without_a_name_is_named_by_its_words_alone() -> None:
    assert name_of("tea") == name_of("tea") != name_of("Tea")
    assert len(name_of("tea")) == 16


def test_a_file_without_a_header_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "rows.tsv"
    file.write_text('"a ""b"""\t1\nc\t2\n', "utf-8")
    rows = list(read_rows(file, "text", "id", delimiter="\t", header=False))
    assert rows == [{"text": 'a "b"', "id": "1"}, {"text": "c", "id": "2"}]


def test_a_file_in_another_encoding_is_read_in_that(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes("text\nthat’s all\n".encode("mac_roman"))
    assert [row["text"] for row in read_rows(file, "text", encoding="mac_roman")] == ["that’s all"]
    with pytest.raises(CorpusError, match=r"rows\.csv: Not the file.*UTF-8"):
        list(read_rows(file, "text"))


def objects(file: Path) -> object:
    return list(read_objects(file))


@pytest.mark.parametrize("read", [read_json, objects])
def test_a_missing_file_of_json_is_named_with_its_remedy_and_another_is_refused(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    file = tmp_path / "texts.json"
    with pytest.raises(CorpusError, match=r"texts\.json.*corpora fetch"):
        read(file)
    file.write_text("not JSON", "utf-8")
    with pytest.raises(CorpusError, match=r"texts\.json: Not the file"):
        read(file)
    file.write_text('{"text": "tea"}', "utf-8")
    assert read(file) in ({"text": "tea"}, [{"text": "tea"}])


def test_rows_are_read_out_of_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    write_zip(archive, {"all/a.csv": "word\nplum\n", "all/b.csv": "word\nlime\n"})
    assert list(read_rows(archive, "word", member="all/b.csv")) == [{"word": "lime"}]
    with pytest.raises(CorpusError, match=r"it has no all/c\.csv"):
        list(read_rows(archive, "word", member="all/c.csv"))
    with pytest.raises(CorpusError, match="not there"):
        list(read_rows(tmp_path / "none.zip", "word", member="all/b.csv"))
