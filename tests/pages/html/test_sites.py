"""The comments are found in the markup of many content systems, with their authors and times."""

# ruff: noqa: E501  # markup stands as it does on pages

import pytest

from moderation.pages import Kind, Page, Passage, read_html
from tests.pages.html.sites import BODY, FIRST, LEAD, SECOND, SITES, WORDPRESS, page

UNDATED = {"plain list", "json-ld", "json-ld of old"}


def read(html: str) -> Page:
    return read_html(html.encode(), url="https://paper.example/ferry")


def comments(found: Page) -> list[Passage]:
    return [each for each in found.passages if each.kind is Kind.COMMENT]


@pytest.mark.parametrize("site", SITES)
def test_each_comment_is_one_passage_with_its_author_and_nothing_else(site: str) -> None:
    found = [(each.author, each.text) for each in comments(read(SITES[site]))]
    assert found == [("Sokha Meas", FIRST), ("Dara", SECOND)]


@pytest.mark.parametrize("site", SITES)
def test_the_article_is_whole_and_holds_no_comment(site: str) -> None:
    found = [each.text for each in read(SITES[site]).passages if each.kind is Kind.ARTICLE]
    assert found == ["Ferry line opens", LEAD, BODY]


@pytest.mark.parametrize("site", sorted(SITES.keys() - UNDATED))
def test_a_comment_s_time_is_told_in_one_form(site: str) -> None:
    first, second = comments(read(SITES[site]))
    assert (first.time or "").startswith("2020-03-03")
    assert (second.time or "").startswith("2020-03-04")


@pytest.mark.parametrize("site", ["wordpress", "blogger", "isso", "remark42", "movable type"])
def test_a_comment_s_own_address_is_whole(site: str) -> None:
    first, second = comments(read(SITES[site]))
    assert (first.permalink or "").startswith("https://paper.example/f")
    assert "101" in (first.permalink or "")
    assert "102" in (second.permalink or "")


def test_comments_are_numbered_and_name_the_one_they_answer() -> None:
    first, second = comments(read(WORDPRESS))
    assert (first.position, first.parent) == (1, None)
    assert (second.position, second.parent) == (2, 1)


@pytest.mark.parametrize(
    "attributes",
    ['class="comment depth-2"', 'class="comment level-2"', 'class="comment" data-parent-id="101"'],
)
def test_an_answer_beside_what_it_answers_names_it(attributes: str) -> None:
    one = '<div id="comment-101" class="comment depth-1 level-1"><p>{}</p></div>'
    found = comments(
        read(page(one.format(FIRST) + f'<div id="comment-102" {attributes}><p>{SECOND}</p></div>'))
    )
    assert [each.parent for each in found] == [None, 1]


@pytest.mark.parametrize(
    ("area", "one"),
    [
        ("kommentare", "kommentar"),
        ("commentaires", "commentaire"),
        ("comentarios", "comentario"),
        ("commenti", "commento"),
        ("reacties", "reactie"),
        ("komentarze", "komentarz"),
        ("Kommentar-Liste", "kommentarEintrag"),
        ("commentList", "commentItem"),
        ("reviews", "review"),
    ],
)
def test_names_of_elements_are_read_in_many_languages(area: str, one: str) -> None:
    items = "".join(f'<div class="{one}"><p>{text}</p></div>' for text in (FIRST, SECOND))
    found = comments(read(page(f'<section class="{area}">{items}</section>')))
    assert [each.text for each in found] == [FIRST, SECOND]


@pytest.mark.parametrize(
    "heading",
    ["2 Kommentare", "2 commentaires", "Comentarios (2)", "2 commenti", "Reacties", "Bình luận"],
)
def test_headings_are_read_in_many_languages(heading: str) -> None:
    items = f"<li><p>{FIRST}</p></li><li><p>{SECOND}</p></li>"
    found = comments(read(page(f"<div><h3>{heading}</h3><ul>{items}</ul></div>")))
    assert [each.text for each in found] == [FIRST, SECOND]


def test_a_page_without_comments_has_none() -> None:
    teasers = "".join(
        f'<div class="t"><h3><a href="/{n}">Market reopens</a></h3><p>By Chan Dara</p>'
        f"<p>{n} March 2020</p><p>The market by the river opened its doors again.</p></div>"
        for n in range(1, 6)
    )
    recent = '<div class="widget recent-comments"><ul class="comments"><li class="comment">Dara on Ferry</li></ul></div>'
    form = '<div id="respond" class="comment-respond"><h3>Leave a Reply</h3><p>Be kind to others.</p></div>'
    assert comments(read(page(teasers + recent + form))) == []


def test_the_post_above_the_heading_of_the_comments_is_the_article() -> None:
    posts = f'<div class="my-comment"><p>{LEAD}</p></div><h2>Comments</h2>' + "".join(
        f'<div class="my-comment"><p>{text}</p></div>' for text in (FIRST, SECOND)
    )
    found = read(f"<h1>Ferry line opens</h1>{posts}")
    assert [each.text for each in comments(found)] == [FIRST, SECOND]
    assert LEAD in [each.text for each in found.passages if each.kind is Kind.ARTICLE]
