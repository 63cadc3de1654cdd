"""Links, tags, and marks of quoting and emphasis are not read, and all words are."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.links import unspoken_runs


def spoken(text: str) -> str:
    kept, at = [], 0
    for start, end in unspoken_runs(text):
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("read https://example.org/a?b=c first", "read  first"),
        ("www.example.org", ""),
        ("a <b>bold</b> claim<br/>", "a bold claim"),
        ("> you said so\n>> and so\nno", "you said so\nand so\nno"),
        ("tea &amp; cake &#39;now&#39;", "tea  cake now"),
        ("that is *very* **kind** of _you_ and ~~me~~", "that is very kind of you and me"),
    ],
)
def test_links_and_marks_are_not_read_and_the_words_within_are(text: str, left: str) -> None:
    assert spoken(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "what the f**k",
        "f*** you",
        "5 * 3 * 2",
        "a < b and c > d",
        "snake_case_name",
        "** not closed",
        "AT&T; and more & more",
        '"quoted" she said',
        "he wrote <3 and left",
    ],
)
def test_words_hidden_by_asterisks_and_plain_signs_are_read(text: str) -> None:
    assert spoken(text) == text


@given(st.text(st.sampled_from("a *_~><b/&;#1h\nttps:w."), max_size=60))
def test_the_runs_are_in_order_and_apart(text: str) -> None:
    ends = 0
    for start, end in unspoken_runs(text):
        assert ends <= start < end <= len(text)
        ends = end


@pytest.mark.parametrize("unit", ["<a", "*a", "**", "_ ", ">", "http://", "&a", "&#", "~~a", "> >"])
def test_hostile_input_takes_time_in_proportion_to_its_length(unit: str) -> None:
    def seconds(times: int) -> float:
        text = unit * times
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            unspoken_runs(text)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(40_000) < 20 * seconds(4_000) + 0.05
