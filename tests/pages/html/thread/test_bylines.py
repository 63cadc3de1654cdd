"""A comment's author is a name, and its time the one at which it was written."""

# ruff: noqa: E501  # markup stands as it does on pages

import pytest

from moderation.pages.html.parser import parse
from moderation.pages.html.thread.bylines import comment_author, comment_permalink, comment_time
from moderation.pages.html.thread.items import named_items


def byline(lines: str) -> tuple[str | None, str | None, str | None]:
    html = f'<div class="comment" id="comment-7">{lines}<p class="comment-text">A word or two.</p></div>'
    tree = parse(html.encode())
    (item,) = named_items(tree, set())
    body = item.own[-1:]
    return (
        comment_author(item, body, tree),
        comment_time(item, tree),
        comment_permalink(item, tree, "https://paper.example/a"),
    )


@pytest.mark.parametrize(
    ("lines", "author"),
    [
        ('<b class="author">Dara</b><span class="author">Admin</span>', "Dara"),
        ('<span class="author">Moderator</span><b class="author">Dara</b>', "Dara"),
        ('<div class="profile"><b class="points">12</b></div><b class="name">Dara</b>', "Dara"),
        ('<b class="name">4711</b>', "4711"),
        ('<b class="name">Dara</b><i>3 March 2020</i>', "Dara"),
        ('<p class="name">Dara Meas, Kampot, 3 March 2020</p>', "Dara Meas"),
        ("<p>Mai 03/03/2020 10:15</p>", "Mai"),
        ("<p>3 March 2020</p>", None),
        ("<p>28</p><p>Dara</p>", "Dara"),
        ("<p>-1</p><p>dara_meas</p>", "dara_meas"),
        ("<p>DM</p><p>Dara Meas</p>", "Dara Meas"),
        ("<p>D</p><p>Dara Meas</p>", "Dara Meas"),
        ("<p>AJ</p><p>3 March 2020</p>", "AJ"),
        ("<p>4</p><p>3 March 2020</p>", None),
        ("<p>Postat av: Dara, 2020-03-03 @ 10:15:07 <i>URL</i></p>", "Dara"),
        ("<p>Опубликовано от: Dara, 2020-03-03 10:15</p>", "Dara"),
        ('<p><a href="/~dara">dara</a><i> Perl Core Team, since 2010</i></p>', "dara"),
        ('<b class="name">Anonymous</b>', None),
    ],
)
def test_badges_counts_and_dates_are_no_names(lines: str, author: str | None) -> None:
    assert byline(lines)[0] == author


def test_the_time_of_a_change_counts_only_where_there_is_no_other() -> None:
    changed = '<span class="edited"><time datetime="2020-03-09T09:00Z">x</time></span>'
    written = '<time datetime="2020-03-03T10:15Z">x</time>'
    assert byline(changed + written)[1] == "2020-03-03T10:15Z"
    assert byline(changed)[1] == "2020-03-09T09:00Z"


def test_the_first_of_two_lines_with_a_date_is_the_comment_s() -> None:
    lines = "<p>Postat av: Dara, 2020-03-03 @ 10:15:07 URL</p><p>Sok, 2020-03-04 @ 09:00:00</p>"
    assert byline(lines)[1] == "2020-03-03T10:15:07"


def test_the_address_is_that_of_the_link_or_of_the_element() -> None:
    assert byline("")[2] == "https://paper.example/a#comment-7"
    assert byline('<a href="/b#c9">link</a>')[2] == "https://paper.example/b#c9"
