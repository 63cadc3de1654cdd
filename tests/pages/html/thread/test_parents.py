"""The comment that another answers is told where they do not stand inside each other."""

# ruff: noqa: E501  # markup stands as it does on pages

import pytest

from moderation.pages.html.parser import parse
from moderation.pages.html.thread.items import named_items
from moderation.pages.html.thread.parents import set_parents

ONE = '<div class="comment" id="{}" {}><b class="author">Dara</b><p>A word about the ferry.</p>{}</div>'


def parents(html: str) -> list[int | None]:
    tree = parse(html.encode())
    items = named_items(tree, set())
    set_parents(items, tree)
    numbers = {id(item): number for number, item in enumerate(items, 1)}
    return [None if item.parent is None else numbers[id(item.parent)] for item in items]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("comment-7", 'data-parent-id="7"'),
        ("t1_ab1cd", 'parentid="t1_ab1cd"'),
        ("c-0f1e2d3c-1111-4a5b-8c9d-0123456789ab", 'data-parent="0f1e2d3c-1111-4a5b-8c9d-0123456789ab"'),
        ('x" data-postingid="1091', 'data-parentpostingid="1091"'),
        ("x", 'data-depth="1"'),
        ("x", 'style="padding-left:20px"'),
    ],
)  # fmt: skip
def test_an_attribute_tells_the_parent(first: str, second: str) -> None:
    opening = ONE.format(first, 'data-depth="0"', "")
    html = opening + ONE.format("y", second, "") + ONE.format("z", 'data-depth="0"', "")
    assert parents(html) == [None, 1, None]


def test_containers_of_answers_belong_to_the_comment_before_them() -> None:
    deep = f'<div class="nested">{ONE.format("c", "", "")}</div>'
    html = f'{ONE.format("a", "", "")}<div class="replies">{ONE.format("b", "", "")}{deep}{ONE.format("d", "", "")}</div>{ONE.format("e", "", "")}'
    assert parents(html) == [None, 1, 2, 1, None]


def test_a_link_to_another_comment_is_an_answer_only_where_it_says_so() -> None:
    link = '<p class="meta">{} <a href="#comment-5">Sok</a></p>'
    html = ONE.format("comment-5", "", "")
    html += ONE.format("comment-6", "", link.format("In reply to"))
    html += ONE.format("comment-7", "", link.format("I agree with"))
    assert parents(html) == [None, 1, None]


def test_a_comment_named_as_an_answer_answers_the_last_that_is_not() -> None:
    html = "".join(
        f'<div class="comment {name}" id="c-10{number}"><b class="author">Dara</b><p>A word.</p></div>'
        for number, name in enumerate(
            ("x", "comment-reply", "sub-comment", "x", "comment--indented")
        )
    )
    assert parents(html) == [None, 1, 1, None, 4]
    assert parents(html.replace(" x", " sub-comment")) == [None] * 5


def test_the_level_may_be_told_around_a_comment() -> None:
    html = "".join(
        f'<div class="tree-indent tree-indent-{level}">{ONE.format("abcde"[number], "", "")}</div>'
        for number, level in enumerate((0, 1, 2, 1, 0))
    )
    assert parents(html) == [None, 1, 2, 1, None]
    assert parents(f'<div class="level-2">{ONE.format("a", "", "") * 2}</div>') == [None, None]


def test_a_comment_inside_another_answers_the_one_that_it_says() -> None:
    line = '<p class="meta">Reply to <a href="#{}">Sok</a></p>'
    inner = ONE.format("comment-601", "", line.format("comment-501"))
    inner += ONE.format("comment-701", "", line.format("comment-601"))
    inner += ONE.format("comment-801", "", "")
    assert parents(ONE.format("comment-501", "", inner)) == [None, 1, 2, 1]


def test_a_mention_that_links_to_a_comment_is_an_answer() -> None:
    html = ONE.format("comment-5", "", "")
    html += ONE.format("comment-6", "", '<p><a href="#comment-5">@Sok</a> Indeed.</p>')
    assert parents(html) == [None, 1]


def test_numbers_tell_the_parent() -> None:
    numbers = ("#1", "#1.1", "#1.2</i><i>Antwort auf #1.1 von Dara", "#2", "#2-1", "#31")
    html = "".join(
        ONE.format(
            "abcdef"[place],
            "",
            f'<div class="comment-meta"><i>{number}</i></div>'.replace(
                "</i><i>", "</i></div><div><i>"
            ),
        )
        for place, number in enumerate(numbers)
    )
    assert parents(html) == [None, None, 2, None, None, None]


def test_a_quoted_beginning_tells_the_parent() -> None:
    quote = "<p>Replied to: {}…</p>"
    html = ONE.format("a", "", "<p>I had no idea that it ran so late!</p>")
    html += ONE.format("b", "", quote.format("I had no idea that it ran"))
    html += ONE.format("c", "", quote.format("I had every idea that it ran"))
    assert parents(html) == [None, 1, None]
