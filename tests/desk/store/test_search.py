"""Searching finds the same, whether the words are in few texts or in many."""

import pytest

from moderation.desk import Desk
from moderation.desk.words import Filters
from tests.desk.sending import sent


@pytest.mark.parametrize("words", ["bridge", "CLOSED bri", "ridge", "closed road", "ស្ពាន", "the"])
def test_common_and_rare_words_are_found_alike(
    desk: Desk, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.intake.take([sent("The Bridge is closed."), sent("ស្ពាន នេះ"), sent("the ridge")])
    rare = desk.queue.lines(Filters(words=words)).lines
    monkeypatch.setattr("moderation.desk.queue.search.MANY", 1)
    assert desk.queue.lines(Filters(words=words)).lines == rare
    assert desk.queue.count(Filters(words=words)).number == len(rare)
