"""HTML becomes the text that a reader sees."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.text.markup import MAX_DEPTH, TooDeep, visible_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain words", "plain words"),
        ("<p>one</p><p>two", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one</div>two", "one\ntwo"),
        ("a wo<b></b>rd and a w<i>or</i>d", "a word and a word"),
        ("one\n  two&nbsp;three", "one two three"),
        ("I &lt;3 it &amp; &#39;you&#39; <3 too", "I <3 it & 'you' <3 too"),
        ("seen<!-- unseen --><script>unseen</script><style>unseen</style>", "seen"),
        ("<head><title>unseen</title></head><body>seen</body>", "seen"),
        ("before</body></html><p>after", "before\nafter"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("a\0b", "ab"),
        ("", ""),
        ("<b>", ""),
    ],
)
def test_a_reader_sees_a_line_for_each_block_and_no_markup(html: str, text: str) -> None:
    assert visible_text(html).replace("\ufffd", "") == text


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_text_whatever_breaks_it(text: str) -> None:
    assert isinstance(visible_text(text), str)


@settings(deadline=None)
@given(st.text(alphabet="<>/!-&;abdiv pb\"'=\n", max_size=300))
def test_no_markup_whatever_breaks_it(text: str) -> None:
    assert isinstance(visible_text(text), str)


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 200_000 + "</x>" * 200_000,
        "<div>" * (MAX_DEPTH - 20) + "</x>" * 200_000,
        "<b><i>" * 100_000 + "</b>" * 100_000,
        "<a b=1 " * 150_000,
        '<a b="x' * 150_000,
        "<!-- -" * 150_000,
        "<script><!--" * 80_000,
        "<" * 1_000_000,
        "&amp" * 250_000,
        "<br>" * 250_000,
    ],
    ids=lambda hostile: hostile[:12],
)
def test_a_megabyte_of_hostile_markup_takes_no_longer_than_plain(hostile: str) -> None:
    started = time.process_time()
    with suppress(TooDeep):
        visible_text(hostile)
    # Each takes well under a second; what is quadratic takes a minute and more.
    assert time.process_time() - started < 5


def test_what_no_person_nests_is_refused() -> None:
    with pytest.raises(TooDeep):
        visible_text("<div>" * (MAX_DEPTH + 1) + "x")
