"""The changes between two versions of a text rebuild both, whatever the texts."""

import time

from hypothesis import given
from hypothesis import strategies as st

from moderation.text.changes import MAX_WORDS, Change, changes_between

words = st.lists(st.sampled_from(["a", "b", "ខ្មែរ", " ", "\n", "long" * 30]), max_size=30)
texts = words.map("".join) | st.text(max_size=60)


@given(texts, texts)
def test_both_versions_can_be_rebuilt(before: str, after: str) -> None:
    changes = changes_between(before, after)
    assert "".join(each.text for each in changes if each.kind != "added") == before
    assert "".join(each.text for each in changes if each.kind != "removed") == after


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert changes_between(text, text) == ([Change("same", text)] if text else [])


def test_only_the_words_that_changed_are_marked() -> None:
    assert changes_between("You are all fools, sir.", "You are all wrong, sir.") == [
        Change("same", "You are all "),
        Change("removed", "fools,"),
        Change("added", "wrong,"),
        Change("same", " sir."),
    ]


def test_long_texts_take_no_long_time() -> None:
    before, after = "a b " * 20_000, "b a " * 20_000
    started = time.monotonic()
    changes = changes_between(before, after)
    assert time.monotonic() - started < 5  # by the square of all words it would take hours
    assert len(changes) <= 2 * MAX_WORDS + 2
