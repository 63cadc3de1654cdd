"""Varied texts still mean the same, and marks that no longer fit them are dropped."""

import random

import numpy as np
import pytest

from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.finetune.data import Lesson, rename_peoples, slip, surround, vary

TEXT = "The Vietnamese fish here, my Thai friend, and Vietnamese boats are fast."


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # it varies texts


def varied(text: str, *, own: bool = True, seeds: int = 200) -> list[Lesson]:
    values = np.zeros(len(ATTRIBUTE_NAMES))
    lesson = Lesson(text, values, 0.0, ((0, 3, 2),), (2,), own)
    return [vary(lesson, chance(seed)) for seed in range(seeds)]


@pytest.mark.parametrize("seed", range(20))
def test_a_people_becomes_another_one_the_same_throughout(seed: int) -> None:
    words = rename_peoples(TEXT, chance(seed)).split()
    assert words[1] == words[8] != "Vietnamese"
    assert words[5] != "Thai"
    assert [words[at] for at in (0, 2, 4, 9)] == ["The", "fish", "my", "boats"]


def test_a_name_in_lower_case_stays_so_and_insults_are_nobody_elses() -> None:
    text = rename_peoples("a thai and a yuon", chance(0))
    assert text == text.lower()
    assert "thai" not in text
    assert text.endswith(" and a yuon")


def test_a_text_that_names_nobody_stays_as_it_is() -> None:
    assert rename_peoples("My mother cooks.", chance(0)) == "My mother cooks."


def test_marks_stay_with_the_text_they_were_made_for_and_with_no_other() -> None:
    lessons = varied(TEXT)
    changed = [one for one in lessons if one.text != TEXT]
    same = [one for one in lessons if one.text == TEXT]
    assert len(changed) > 50
    assert len(same) > 50
    assert not any(one.marks or one.marked for one in changed)
    assert all(one.marks and one.marked for one in same)


def test_what_is_right_about_the_whole_text_stays() -> None:
    assert all((one.values == 0).all() and one.flagged == 0 and one.own for one in varied(TEXT))


def test_peoples_of_a_corpus_are_not_renamed() -> None:
    plain = [one.text for one in varied("the thai", own=False, seeds=400)]
    assert "the thai" in plain
    assert not {"the lao", "the khmer", "the chinese", "the cham"} & set(plain)


@pytest.mark.parametrize("seed", range(20))
def test_a_slip_is_one_letter_more_or_less_or_another(seed: int) -> None:
    slipped = slip("vermin", chance(seed))
    assert abs(len(slipped) - 6) <= 1
    assert len(set(slipped) - set("vermin")) <= 1


def test_the_same_seed_varies_the_same_way() -> None:
    assert [one.text for one in varied(TEXT)] == [one.text for one in varied(TEXT)]


NEWS = np.array([float(name == "news") for name in ATTRIBUTE_NAMES])
DECENT = ("The bus was late.", "My mother grows beans.", "See you on Sunday!")


@pytest.mark.parametrize("seed", range(20))
def test_a_text_between_decent_ones_keeps_its_marks_and_what_is_right_about_it(seed: int) -> None:
    lesson = Lesson("You vermin, leave.", np.ones(9) - NEWS, 1.0, ((4, 10, 2),), (2,), own=True)
    found = surround(lesson, DECENT, chance(seed))
    ((start, end, column),) = found.marks
    assert found.text[start:end] == "vermin"
    assert column == 2
    assert lesson.text in found.text
    assert found.text != lesson.text
    assert (found.values == lesson.values).all()


@pytest.mark.parametrize("seed", range(20))
def test_the_core_is_the_text_itself_whether_it_is_marked_or_not(seed: int) -> None:
    lesson = Lesson("You vermin, leave.", np.ones(9) - NEWS, 1.0)
    found = surround(lesson, DECENT, chance(seed))
    assert found.core is not None
    start, end = found.core
    assert found.text[start:end] == lesson.text


def test_news_and_long_texts_stay_alone() -> None:
    news = Lesson("The bridge is open.", NEWS, 0.0, own=True)
    long = Lesson("You vermin, leave. " * 50, np.ones(9) - NEWS, 1.0)
    assert surround(news, DECENT, chance(0)) is news
    assert surround(long, DECENT, chance(0)) is long
