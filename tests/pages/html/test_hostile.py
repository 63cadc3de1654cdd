"""No page, however it is broken or built to break a reader, crashes the splitter or holds it up."""

# ruff: noqa: E501  # markup stands as it does on pages

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import UnreadablePage
from moderation.pages import Kind, read_html
from moderation.pages.html.split import MAX_BYTES

SECONDS = 5.0
TEXT = "A whole sentence about the ferry that crosses the river in the morning, and its price."
PIECES = st.sampled_from(
    [
        "<div class='comments'>", "<li class='comment' id='comment-12'>", "</li>", "</div>", "<p>",
        "<article>", "<h1>Ferry</h1>", "<h3>2 comments</h3>", "Sokha says:", "3 March 2020 at 10:15",
        "<a href='#comment-12'>Reply</a>", "<br><br>", "<!--", "-->", "<script type=application/ld+json>", '{"@type":"Comment","text":"A"}', "</script>", "<![CDATA[", "&amp;#x0;", "&bogus;",
        "<span itemprop='comment' itemscope>", "<dt>", "<dd class='comment'>", "<table><tr><td>",
        TEXT, "\0", "\ud7ff", "<title>", "<svg><title>x", "<time datetime='2020-13-45'>", "<",
        "<form>", "<template>", "</body></html>", "<meta charset=utf-16>", "<x-y z='", "'>",
    ]
)  # fmt: skip
PAGES = st.lists(PIECES | st.text(max_size=20), max_size=60).map("".join)


@given(PAGES, st.sampled_from(["utf-8", "utf-16", "cp1252", "shift_jis"]))
def test_any_markup_is_read(html: str, codec: str) -> None:
    page = read_html(html.encode(codec, "replace"), url="https://paper.example/a")
    positions = [each.position for each in page.passages if each.kind is Kind.COMMENT]
    assert positions == list(range(1, len(positions) + 1))
    assert all(each.parent is None or each.parent < (each.position or 0) for each in page.passages)
    assert all(each.text.strip() and "\0" not in each.text for each in page.passages)


@given(st.binary(max_size=400), st.none() | st.text(max_size=12))
def test_any_bytes_are_read_or_refused(data: bytes, charset: str | None) -> None:
    try:
        read_html(data, charset=charset)
    except UnreadablePage as refused:
        told = str(refused)
    else:
        told = "."
    assert told.endswith(".")


@given(PAGES)
def test_the_same_page_is_always_split_in_the_same_way(html: str) -> None:
    once = read_html(html.encode("utf-8", "replace"))
    assert once == read_html(html.encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000,
        "<b>" * 100_000,
        "<svg>" * 100_000,
        "<ul class='comments'><li class='comment'>" * 50_000,
    ],
    ids=lambda page: page[:12],
)
def test_a_page_nested_without_end_is_refused(page: str) -> None:
    with pytest.raises(UnreadablePage, match="deep"):
        read_html(page.encode())


@pytest.mark.parametrize(
    "inside",
    [
        "<p>" + TEXT,
        "<p>3 March 2020 at 10:15<p>" + TEXT,
        "<h3>2 comments</h3><p>" + TEXT,
        "<dt>Dara says:<dd class=comment id=comment-1234>" + TEXT,
        "<div class=post id=post-1234></div>",
    ],
)
@pytest.mark.parametrize("around", ["<div>", "<div class=comments>", "<div class=sidebar>"])
def test_many_lines_almost_too_deep_take_seconds_at_most(around: str, inside: str) -> None:
    page = around * 1_900 + inside * 4_000
    start = time.process_time()
    assert read_html(page.encode()).passages or TEXT not in page
    assert time.process_time() - start < SECONDS


def test_a_page_of_fifty_megabytes_is_refused() -> None:
    with pytest.raises(UnreadablePage, match=str(MAX_BYTES)):
        read_html(b"<p>" + b"a" * 50_000_000)


@pytest.mark.parametrize("data", [b"%PDF-1.7 x", b"\x1f\x8b\x08\0", b"\0\1\2" * 1000])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePage):
        read_html(data)


@pytest.mark.parametrize(
    "unit",
    [
        "<p>" + TEXT,
        "<p>",
        "<li class=comment id=comment-{n}><p>" + TEXT + "</li>",
        "<div class=comment-{n}>" + TEXT + "</div>",
        "<i></b>",
        "<!--",
        "&amp;",
        "<br>",
        "<h3>2 comments</h3>",
        "<h1>Ferry</h1>",
        "3 March 2020 at 10:15<p>",
        "Dara says:<p>",
        "<h2>Comments</h2><p>Dara 3 March 2020 10:15</p>",
        "<b>Dara</b><i>3</i>",
        "<script>comments={\"a\":[1,</script>",
        "<form><p>" + TEXT + "</form>",
        "<x-comment author=Dara>" + TEXT + "</x-comment>",
        "<a href=#{n}>x</a> ",
        "<div class='c{n} comment-x{n}'>",
        "<div class=comments></div>",
        "<meta name=a content=b>",
        "<script type=application/ld+json>[[[[[[[[",
    ],
)  # fmt: skip
def test_two_megabytes_of_anything_take_seconds_at_most(unit: str) -> None:
    count = 1_000_000 // len(unit)
    page = "".join(unit.replace("{n}", str(n)) for n in range(count))
    start = time.process_time()
    with suppress(UnreadablePage):
        read_html(page.encode())
    assert time.process_time() - start < SECONDS


def test_an_element_with_a_hundred_thousand_attributes_takes_seconds_at_most() -> None:
    start = time.process_time()
    read_html(b"<div " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">x</div>")
    assert time.process_time() - start < SECONDS


def test_entities_do_not_grow() -> None:
    bomb = b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;&b;</p>'
    assert sum(len(each.text) for each in read_html(bomb).passages) < len(bomb)


def test_a_script_nested_without_end_says_nothing() -> None:
    deep = '<script type="application/ld+json">' + "[" * 100_000 + "</script><p>" + TEXT
    assert [each.text for each in read_html(deep.encode()).passages] == [TEXT]
