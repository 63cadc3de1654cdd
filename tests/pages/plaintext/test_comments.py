"""Below the article: each reader comment whole, with its author."""

import pytest

from moderation.pages import Kind, split_page
from tests.pages.shapes import ARTICLE, BODY, LAST, LEAD, QUOTE, comments, page_of, parts, texts

FIRST = "At last a boat that leaves on time"
SECOND = "My aunt waited at that pier for years. She would laugh."


@pytest.mark.parametrize(
    "heading",
    [
        "1 comment:",
        "2 comments",
        "Comments (2)",
        "COMMENTS",
        "Reader comments",
        "12 Responses to “Ferry line opens”",
        "One thought on “Ferry line opens”",
        "See all comments (2)",
        "Have your say",
        "Leave a Reply",
        "2 Kommentare",
        "Bình luận (2)",
    ],
)
def test_comments_begin_below_their_heading_in_any_wording(heading: str) -> None:
    page = page_of(ARTICLE, heading, "Sokha said...", FIRST, "Dara said...", SECOND)
    assert comments(page) == [("Sokha", FIRST), ("Dara", SECOND)]
    assert texts(page, Kind.ARTICLE) == list(BODY)
    assert parts(page)[heading] == "furniture/heading"


@pytest.mark.parametrize(
    "line",
    [
        "Sokha Meas said...",
        "Sokha Meas says:",
        "Sokha Meas wrote on 3 March 2020:",
        "Sokha Meas, on March 3, 2020 at 5:00 PM said:",
        "On 3 March 2020, Sokha Meas wrote:",
        "Posted by Sokha Meas at 10:15",
        "Posted by Sokha Meas on 3 March 2020",
        "Comment by Sokha Meas",
        "Sokha Meas | 3 March 2020 | 10:15",
        "Sokha Meas · 3 hours ago",
        "Sokha Meas • 2d",
        "Sokha Meas - 3 March 2020",
        "Sokha Meas March 3, 2020 at 5:12 pm Reply",
        "1. Sokha Meas says:",
        "Name: Sokha Meas",
        "Sokha Meas schrieb am 3. März 2020:",
    ],
)
def test_an_author_s_line_is_read_in_any_wording(line: str) -> None:
    page = page_of(ARTICLE, "2 comments", line, FIRST, SECOND)
    assert comments(page) == [("Sokha Meas", f"{FIRST}\n\n{SECOND}")]
    assert parts(page)[line] == "furniture/byline"


@pytest.mark.parametrize("author", ["Anonymous", "Guest", "anonym", "Deleted user"])
def test_a_placeholder_is_no_author(author: str) -> None:
    assert comments(page_of(ARTICLE, "1 comment", f"{author} said...", FIRST)) == [(None, FIRST)]


def test_a_nameless_comment_s_signature_is_its_author_and_stays_in_its_text() -> None:
    page = page_of(ARTICLE, "1 comment", "Anonymous said...", FIRST, SECOND, "Sokha Meas")
    assert comments(page) == [("Sokha Meas", f"{FIRST}\n\n{SECOND}\n\nSokha Meas")]


def test_a_given_name_outranks_a_signature() -> None:
    page = page_of(ARTICLE, "1 comment", "Dara said...", SECOND, "Sokha Meas")
    assert [author for author, _ in comments(page)] == ["Dara"]


@pytest.mark.parametrize("ending", ["Shame On You", "This is not right", "Thank you!", "At last"])
def test_a_last_line_that_is_no_name_is_no_signature(ending: str) -> None:
    page = page_of(ARTICLE, "1 comment", "Anonymous said...", SECOND, ending)
    assert comments(page) == [(None, f"{SECOND}\n\n{ending}")]


def test_buttons_and_counts_between_comments_part_them_and_belong_to_none() -> None:
    page = page_of(
        *(ARTICLE, "2 comments", "Sokha said...", FIRST, "Like · Reply · 3h", "4"),
        *("Dara said...", SECOND, "Reply", "Report abuse", "Load more comments"),
    )
    assert comments(page) == [("Sokha", FIRST), ("Dara", SECOND)]


def test_names_alone_above_dates_are_authors() -> None:
    page = page_of(
        *(ARTICLE, "2 comments", "Sokha Meas", "3 March 2020 at 10:15", FIRST, "Reply"),
        *("dara_77", "4 March 2020 at 11:00", SECOND, "Reply"),
    )
    assert comments(page) == [("Sokha Meas", FIRST), ("dara_77", SECOND)]


def test_names_alone_above_every_comment_are_authors() -> None:
    page = page_of(
        *(ARTICLE, "2 comments", "Sokha Meas", FIRST, "Reply", "Dara", SECOND, "Reply"),
    )
    assert comments(page) == [("Sokha Meas", FIRST), ("Dara", SECOND)]


def test_nameless_comments_are_parted_by_dates_or_buttons() -> None:
    page = page_of(ARTICLE, "Comments", FIRST, "Reply", SECOND, "3 March 2020", QUOTE)
    assert comments(page) == [(None, FIRST), (None, SECOND), (None, QUOTE)]


def test_a_heading_that_counts_the_paragraphs_below_it_counts_the_comments() -> None:
    assert comments(page_of(ARTICLE, "2 comments", FIRST, SECOND)) == [
        (None, FIRST),
        (None, SECOND),
    ]
    assert comments(page_of(ARTICLE, "1 comment", FIRST, SECOND)) == [
        (None, f"{FIRST}\n\n{SECOND}")
    ]


def test_dates_below_comments_do_not_take_a_signature_for_the_next_author() -> None:
    page = page_of(
        *(ARTICLE, "2 comments", "Anonymous said...", SECOND, "Sokha Meas", "3 March 2020 10:15"),
        *("Dara said...", FIRST, "4 March 2020 09:00"),
    )
    assert comments(page) == [("Sokha Meas", f"{SECOND}\n\nSokha Meas"), ("Dara", FIRST)]


def test_comments_without_a_heading_are_found_by_their_authors_lines() -> None:
    page = page_of(ARTICLE, "Anonymous said...", FIRST, "Dara said...", SECOND)
    assert comments(page) == [(None, FIRST), ("Dara", SECOND)]
    page = page_of(ARTICLE, "Dara says:", "3 March 2020 at 10:15", SECOND)
    assert comments(page) == [("Dara", SECOND)]


def test_a_page_of_comments_alone_is_read() -> None:
    page = page_of("2 comments", "Sokha said...", FIRST, "Dara said...", SECOND)
    assert comments(page) == [("Sokha", FIRST), ("Dara", SECOND)]


def test_a_speaker_in_the_article_is_no_comment_s_author() -> None:
    page = page_of(LEAD, "The harbour master said:", QUOTE, LAST)
    assert comments(page) == []


@pytest.mark.parametrize("link", ["3 comments", "Comments (3)", "Leave a comment"])
def test_a_link_to_the_comments_above_the_body_does_not_make_the_article_a_comment(
    link: str,
) -> None:
    page = page_of("Ferry line opens again", "By Chan Dara", link, *BODY)
    assert comments(page) == []
    assert LEAD in texts(page, Kind.ARTICLE)


def test_a_link_to_the_comments_inside_the_article_does_not_end_it() -> None:
    page = page_of(LEAD, "2 comments", QUOTE, LAST, "2 comments", "Sokha said...", FIRST)
    assert texts(page, Kind.ARTICLE) == list(BODY)
    assert comments(page) == [("Sokha", FIRST)]


def test_the_form_below_the_comments_is_furniture() -> None:
    form = [
        "Leave a Reply",
        "Your email address will not be published. Required fields are marked *",
        "Name *",
        "Website",
        "Post Comment",
        "Older Post",
        "Copyright © 2020 The River Paper",
        "About the paper",
    ]
    page = page_of(ARTICLE, "1 comment", "Sokha said...", FIRST, *form)
    assert comments(page) == [("Sokha", FIRST)]
    assert texts(page, Kind.FURNITURE)[-len(form) :] == form


def test_other_articles_below_the_comments_are_furniture() -> None:
    page = page_of(ARTICLE, "1 comment", "Sokha said...", FIRST, "MOST VIEWED", "• Market reopens")
    assert comments(page) == [("Sokha", FIRST)]


@pytest.mark.parametrize("heading", ["Trending", "Related articles", "Most viewed"])
def test_a_reader_cannot_hide_a_comment_below_the_heading_of_a_section(heading: str) -> None:
    page = page_of(ARTICLE, "2 comments", "Sokha said...", heading, FIRST, "Dara said...", SECOND)
    assert comments(page) == [("Sokha", f"{heading}\n\n{FIRST}"), ("Dara", SECOND)]


@pytest.mark.parametrize("line", ["Reply", "Home", "Next Article", "3 March 2020", "Photo: me"])
def test_a_reader_cannot_hide_the_rest_of_a_comment_below_a_line_of_furniture(line: str) -> None:
    hidden = "And you, sir, are a leaky boat, as is everyone in your family, so there."
    page = page_of(ARTICLE, "1 comment", "Sokha said...", FIRST, line, SECOND, hidden)
    assert hidden in " ".join(text for _, text in comments(page))


def test_a_comment_of_emoji_alone_is_a_comment() -> None:
    assert comments(page_of(ARTICLE, "1 comment", "Sokha said...", "🐗🐗")) == [("Sokha", "🐗🐗")]


def test_ornaments_and_advertisements_inside_a_comment_do_not_part_it() -> None:
    page = page_of(ARTICLE, "1 comment", "Sokha said...", FIRST, "* * *", SECOND, "Advertisement")
    assert comments(page) == [("Sokha", f"{FIRST}\n\n* * *\n\n{SECOND}")]


def test_comments_on_lines_without_blank_lines_are_parted() -> None:
    page = split_page("\n".join([*BODY, "2 comments", "Sokha says:", FIRST, "Dara says:", SECOND]))
    assert comments(page) == [("Sokha", FIRST), ("Dara", SECOND)]
