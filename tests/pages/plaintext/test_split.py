"""Properties of every text, whatever is in it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.pages import Kind, Page, split_page
from tests.pages.shapes import ARTICLE, BODY

LINES = st.sampled_from(
    [
        *BODY,
        "3 comments",
        "Leave a Reply",
        "Sokha said...",
        "Dara | 3 March 2020 | 10:15",
        "Reply",
        "MOST VIEWED",
        "Next Article",
        "A short line",
        "By Chan Dara",
        "Photo: Chan Dara",
        "Editor's note: The fare was corrected.",
        "ខ្ញុំចូលចិត្តសៀវភៅនេះណាស់។",
        "🌊🌊🌊",
        "—",
        "3 March 2020",
        "© 2020 The Paper",
    ]
)
BREAKS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\x85", "\x0c", "\u2028", "\n \u00a0 \n"])
DUMPS = st.lists(st.tuples(LINES | st.text(max_size=40), BREAKS), max_size=40).map(
    lambda pairs: "".join(line + end for line, end in pairs)
)


def assert_covers(text: str, page: Page) -> None:
    position = 0
    for passage in page.passages:
        assert passage.start is not None
        assert passage.end is not None
        assert passage.text == text[passage.start : passage.end]
        assert passage.text.strip() == passage.text != ""
        assert not text[position : passage.start].strip()
        position = passage.end
    assert not text[position:].strip()


@given(DUMPS | st.text())
def test_each_visible_character_is_in_exactly_one_passage(text: str) -> None:
    assert_covers(text, split_page(text))


@given(DUMPS)
def test_the_title_is_a_headline_of_the_page_and_only_comments_have_authors(text: str) -> None:
    page = split_page(text)
    headlines = [" ".join(p.text.split()) for p in page.passages if p.part == "headline"]
    assert page.title is None or page.title in headlines
    assert all(p.author is None or p.kind is Kind.COMMENT for p in page.passages)


@given(DUMPS)
def test_the_same_text_is_always_split_in_the_same_way(text: str) -> None:
    assert split_page(text) == split_page(text)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x0c", "\v"])
def test_every_line_ending_of_unicode_ends_a_line(ending: str) -> None:
    page = split_page(ending.join([*BODY, "1 comment:", "Sokha said...", "At last!"]))
    assert [p.kind for p in page.passages if p.kind is not Kind.FURNITURE] == [
        *[Kind.ARTICLE] * len(BODY),
        Kind.COMMENT,
    ]


def test_a_blank_page_has_no_passages() -> None:
    assert split_page(" \r\n\u00a0\n").passages == ()


def test_a_few_words_alone_are_judged_rather_than_called_furniture() -> None:
    assert [p.kind for p in split_page("those boats again").passages] == [Kind.ARTICLE]


@pytest.mark.parametrize(
    "unit",
    [
        ARTICLE + "\n\n",
        "3 comments\n\nSokha said...\n\nAt last a boat.\n\nReply\n\n",
        "MOST VIEWED\n\n• One more boat\n\n",
        "a",
        "a\n",
        "word ",
        "(((((",
        "1:1/1-",
        "។",
        "Sokha said ",
        "Sokha\n3 March 2020\n",
        "Leave a Reply\n",
        "One title of a page\n",
        "Next Article\n",
        "\u00a0\n",
        "A: b? ",
    ],
    ids=repr,
)
def test_the_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        times = []
        for _ in range(3):
            start = time.process_time()
            split_page(text)
            times.append(time.process_time() - start)
        return min(times)

    seconds(1_000)
    # Eight times the text may take eight times as long; quadratic work would take 64 times.
    assert seconds(80_000) < 24 * max(seconds(10_000), 0.002)
