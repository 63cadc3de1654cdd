"""Comments that lie in a page's scripts are found; articles, and comments elsewhere, are not."""

# ruff: noqa: E501  # markup stands as it does on pages

import json

from moderation.pages import Kind, read_html
from moderation.pages.html.data.embedded import embedded_comments
from tests.pages.html.sites import FIRST, SECOND, page

ONE = {
    "id": 7,
    "body": FIRST,
    "author": {"displayName": "Sokha"},
    "createdAt": "2020-03-03T10:15:00Z",
}
TWO = {
    "id": 8,
    "text": f"<p>{SECOND}</p>",
    "user": {"name": "Dara"},
    "created": 1583230500,
    "parentId": 7,
}


def test_comments_in_a_state_have_author_time_and_parent() -> None:
    html = page(
        '<div id="app"></div><script type="application/json">'
        + json.dumps({"props": {"comments": [ONE, TWO]}})
        + "</script>"
    )
    found = [each for each in read_html(html.encode()).passages if each.kind is Kind.COMMENT]
    assert [(each.text, each.author, each.time, each.parent) for each in found] == [
        (FIRST, "Sokha", "2020-03-03T10:15:00Z", None),
        (SECOND, "Dara", "2020-03-03T10:15:00Z", 1),
    ]


def test_a_value_that_a_script_assigns_is_read() -> None:
    script = f"var a = f({{b: 1}}); window.STATE = {json.dumps({'comments': [ONE]})}; start();"
    assert [each.text for each in embedded_comments([script])] == [FIRST]


def test_an_answer_inside_another_names_it() -> None:
    data = {"comments": [ONE | {"replies": [{k: v for k, v in TWO.items() if k != "parentId"}]}]}
    assert [each.parent for each in embedded_comments([json.dumps(data)])] == [None, 0]


def test_articles_and_comments_on_other_pages_are_none() -> None:
    article = ONE | {"headline": "Ferry"}
    data = {"posts": [ONE], "recentComments": [ONE], "comments": [article, {"body": FIRST}]}
    assert embedded_comments([json.dumps(data)]) == []


def test_a_page_that_shows_its_comments_is_not_read_twice() -> None:
    html = page(
        f'<div class="comment"><p>{SECOND}</p></div><script>var a = {json.dumps({"comments": [ONE]})}</script>'
    )
    found = [each for each in read_html(html.encode()).passages if each.kind is Kind.COMMENT]
    assert [each.text for each in found] == [SECOND]
