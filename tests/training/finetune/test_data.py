"""A lesson has the known values of an example and of its words, and no others."""

import math

import numpy as np
import pytest

from moderation.corpora import CorpusText
from moderation.corpora.corpus import CorpusSpan, values_of
from moderation.labels.records import Example
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.finetune.data import (
    Lesson,
    batches,
    corpus_lesson,
    own_lesson,
    training_windows,
    word_values,
)
from tests.models.wordpieces import TOKENS, small_reader
from tests.tiny import FAMILIES, record

COLUMN = {name: column for column, name in enumerate(ATTRIBUTE_NAMES)}
READER = small_reader()


def own(row: int, **changes: object) -> Lesson:
    return own_lesson(Example(**record("bridge", row + 1, FAMILIES["bridge"][row]) | changes))


def corpus(
    said: dict[str, float], source: str = "davidson", spans: tuple[CorpusSpan, ...] | None = None
) -> CorpusText:
    text, marked = "the rats, the vermin", spans is not None
    values = values_of(**said)
    return CorpusText(text, values, source, "1", "train", spans or (), marked=marked)


def marked(lesson: Lesson, name: str) -> dict[str, float]:
    (window,) = READER.read(lesson.text)
    values = word_values(window, lesson)[:, COLUMN[name]].tolist()
    return dict(zip([TOKENS[number] for number in window.ids], values, strict=True))


def test_a_flagged_example_teaches_its_evidence_for_its_own_label_alone() -> None:
    lesson = own(1)
    ((start, end, column),) = lesson.marks
    assert lesson.text[start:end] == "All Thai people are liars and must leave."
    assert column == COLUMN["ethnic_hostility"]
    assert lesson.marked == (column,)
    assert lesson.flagged == 1
    assert lesson.own


def test_a_civil_example_teaches_that_no_word_of_it_harms_but_swear_words_stay_open() -> None:
    lesson = own(7)
    assert lesson.flagged == 0
    assert not lesson.marks
    assert COLUMN["profanity"] not in lesson.marked
    words = marked(lesson, "insult")
    assert set(words.values()) == {0}
    assert all(math.isnan(value) for value in marked(lesson, "profanity").values())


def test_what_an_annotator_left_open_stays_unknown() -> None:
    values = record("bridge", 8, FAMILIES["bridge"][7])["attributes"]
    lesson = own(7, attributes={**values, "threat": None})
    assert math.isnan(lesson.values[COLUMN["threat"]])
    assert not np.isnan(np.delete(lesson.values, COLUMN["threat"])).any()


@pytest.mark.parametrize(
    ("source", "said", "flagged"),
    [
        ("davidson", {"inflammatory": 1.0}, 1.0),
        ("davidson", {"identity_attack": 1.0}, 1.0),
        ("davidson", {"toxicity": 0.0}, 0.0),
        ("davidson", {"inflammatory": 0.0, "ethnic_hostility": 0.0, "toxicity": 1.0}, 0.0),
        ("davidson", {"toxicity": 1.0}, math.nan),
        ("edos", {"profanity": 1.0}, 0.15),
        ("goemotions", {}, math.nan),
        ("hatemoji", {"identity_attack": 0.0}, math.nan),
    ],
)
def test_whether_a_text_of_a_corpus_is_flagged_is_known_only_where_that_follows(
    source: str, said: dict[str, float], flagged: float
) -> None:
    text = corpus(said, source)
    lesson = corpus_lesson(text, text)
    np.testing.assert_equal(lesson.flagged, flagged)
    np.testing.assert_equal(lesson.values, text.values)
    assert not lesson.own


def test_a_corpus_that_marks_no_words_teaches_nothing_of_words() -> None:
    text = corpus({"toxicity": 1.0})
    words = marked(corpus_lesson(text, text), "toxicity")
    assert all(math.isnan(value) for value in words.values())


def test_where_annotators_found_no_word_to_mark_none_is_evidence() -> None:
    text = corpus({"toxicity": 1.0}, spans=())
    assert set(marked(corpus_lesson(text, text), "toxicity").values()) == {0}


def test_marks_become_the_wordpieces_they_touch() -> None:
    text = corpus({"toxicity": 1.0}, spans=(CorpusSpan(5, 8, "toxicity"),))
    lesson = corpus_lesson(text, text)
    assert marked(lesson, "toxicity") == {"the": 0, "rat": 1, "##s": 1, ",": 0, "vermin": 0}
    assert math.isnan(marked(lesson, "ethnic_hostility")["rat"])


def long(marks: tuple[tuple[int, int, int], ...], *, own: bool) -> Lesson:
    text = "vermin! " + "the river. " * 200
    values = np.ones(len(ATTRIBUTE_NAMES))
    return Lesson(text, values, 1.0, marks, (COLUMN["insult"],), own)


def test_windows_of_our_own_flagged_text_without_its_marks_are_learned_as_harmless() -> None:
    first, *others = training_windows(long(((0, 6, COLUMN["insult"]),), own=True), READER)
    assert first.flagged == 1
    assert first.values.all()
    assert len(others) > 2
    assert not any(line.flagged or line.values.any() for line in others)


def test_of_a_corpus_only_windows_that_are_known_to_be_flagged_are_used() -> None:
    assert len(list(training_windows(long(((0, 6, COLUMN["insult"]),), own=False), READER))) == 1
    assert len(list(training_windows(long((), own=False), READER))) == 1


def padded(*, own: bool, marks: tuple[tuple[int, int, int], ...] = ()) -> Lesson:
    """Return a flagged text of one word between decent ones that fill several windows."""
    before = "the boat. " * 100
    text = f"{before}vermin! " + "the river. " * 100
    core = (len(before), len(before) + 7)
    values = np.ones(len(ATTRIBUTE_NAMES))
    return Lesson(text, values, 1.0, marks, (), own=own, core=core)


@pytest.mark.parametrize("own", [True, False])
def test_of_a_text_between_decent_ones_only_the_windows_that_hold_it_are_flagged(
    own: bool,  # a parameter of the test
) -> None:
    lines = list(training_windows(padded(own=own), READER))
    flagged = [bool(line.flagged) for line in lines]
    holding = [
        any(TOKENS[number] == "vermin" for number in line.window.ids.tolist()) for line in lines
    ]
    assert flagged == holding
    assert 0 < sum(flagged) < len(lines)
    assert all(line.values.all() == line.flagged for line in lines)


def test_a_long_text_without_marks_is_cut_as_the_model_will_if_each_part_of_it_is_decent() -> None:
    values = np.zeros(len(ATTRIBUTE_NAMES))
    assert Lesson("the boat", values, 0.0).is_located
    assert padded(own=False).is_located
    assert not Lesson("the boat", values, 1.0).is_located
    assert not Lesson("the boat", values, 0.3).is_located


def test_batches_hold_all_lines_once_and_are_no_larger_than_allowed() -> None:
    lessons = [
        Lesson("the " * length, np.zeros(len(ATTRIBUTE_NAMES)), 0.0) for length in range(1, 60)
    ]
    lines = [line for lesson in lessons for line in training_windows(lesson, READER)]
    found = list(batches(lines, np.random.default_rng(0), 200))
    assert sorted(id(line) for some in found for line in some) == sorted(map(id, lines))
    for some in found:
        assert len(some) * max(len(line.window.ids) + 2 for line in some) <= 200
