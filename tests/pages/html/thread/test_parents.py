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
