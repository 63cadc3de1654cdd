"""A comment's body becomes what its readers see, whatever it holds."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service.coral.messages import readings

EITHER: Literal["either"] = "either"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("I agree.", ["I agree."]),
        ("<div>I <b>agree</b>.</div><div>Really.</div>", ["I agree.\nReally."]),
        ("<div>ag<i>re</i>e</div>", ["agree"]),
        ('<div><a href="https://news.example/a" rel="nofollow">here</a></div>', ["here"]),
        ("you &amp; me &lt;3", ["you & me <3"]),
        ("<blockquote>yes</blockquote>no", ["yes\nno"]),
        ("", []),
        ("  \n", []),
        ("<div><br></div>", []),
        ("half \ud83d of an emoji and \0", ["half  of an emoji and "]),
    ],
)
def test_what_corals_editor_writes_is_read_as_html(body: str, texts: list[str]) -> None:
    assert readings(body, EITHER) == texts


@pytest.mark.parametrize(
    "body",
    [
        "<hidden words",
        "<p title='hidden words'>x</p>",
        '<a href="hidden words">x</a>',
        "<!-- hidden words -->x",
    ],
)
def test_words_in_a_tag_of_the_authors_own_are_judged_too(body: str) -> None:
    assert any("hidden words" in text for text in readings(body, EITHER))


def test_what_is_nested_too_deeply_is_judged_as_it_stands() -> None:
    body = "<div>" * 2_000 + "words"
    assert readings(body, EITHER) == [body]


def test_a_newsroom_may_say_how_coral_sends_comments() -> None:
    body = "a <b>b</b> <c>"
    assert readings(body, "html") == ["a b"]
    assert readings(body, "text") == [body]


@settings(deadline=None)
@given(st.text(), st.sampled_from(["either", "html", "text"]))
def test_no_body_whatever_keeps_it_from_being_judged(
    body: str, form: Literal["either", "html", "text"]
) -> None:
    for text in readings(body, form):
        assert text.strip()
        assert "\0" not in text
        text.encode("utf-8")


@settings(deadline=None)
@given(st.text(alphabet="<>/!-&;abdiv p\"'=\n", max_size=200))
def test_every_plain_word_outside_of_markup_is_kept(body: str) -> None:
    texts = readings(f"first word {body}", EITHER)
    assert any("first word" in " ".join(text.split()) for text in texts)
