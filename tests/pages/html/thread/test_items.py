"""Elements that hold a comment each are told from what stands around them and inside them."""

# ruff: noqa: E501  # markup stands as it does on pages

import pytest

from moderation.pages import Kind, Passage, read_html

HEAD = "<html><body><article><h1>The ferry</h1><p>It sails again from Monday, the office says.</p></article>"
PART = '<{tag} class="{name}"><b class="author">{who}</b> <time datetime="2020-03-0{day}T10:00">{day} March</time><p>{text}</p></{tag}>'


def comments(body: str) -> list[Passage]:
    page = read_html(f"{HEAD}{body}</body></html>".encode())
    return [each for each in page.passages if each.kind is Kind.COMMENT]


def part(who: str, day: int, text: str, name: str = "comment", tag: str = "div") -> str:
    return PART.format(tag=tag, name=name, who=who, day=day, text=text)


@pytest.mark.parametrize("name", ["comment comment-by-anonymous", "comment comment-by-node-author"])
def test_a_name_that_says_by_whom_is_that_of_a_whole_comment(name: str) -> None:
    inside = (
        part("Dara", 1, "A word.", name)
        + f'<div class="indented">{part("Lin", 2, "Another.")}</div>'
    )
    found = comments(
        f'<div class="comment-wrapper"><h2>Comments</h2>{inside}{part("Bo", 3, "A third.")}</div>'
    )
    assert [(each.author, each.text, each.parent) for each in found] == [
        ("Dara", "A word.", None),
        ("Lin", "Another.", 1),
        ("Bo", "A third.", None),
    ]


def test_made_up_names_beside_a_telling_one_tell_nothing() -> None:
    card = '<li class="sc-169yn8p-0"><article class="sc-169yn8p-3 UserCommentItem"><div class="sc-169yn8p-4"><h3 class="sc-1kj0-7">{0}</h3> <time datetime="2020-03-03">3 March</time></div><p class="sc-169yn8p-10">{1}</p></article></li>'
    body = card.format("Dara", "The first word of all.") + card.format("Lin", "The second one.")
    found = comments(f'<section id="comments"><h2>Comments</h2><ul>{body}</ul></section>')
    assert [(each.author, each.text) for each in found] == [
        ("Dara", "The first word of all."),
        ("Lin", "The second one."),
    ]


def test_a_made_up_end_of_a_name_does_not_hide_a_container_of_answers() -> None:
    answers = f'<div class="CommentThread_replies__W1c">{part("Lin", 2, "An answer.", "CommentCard_root__x8Yq2")}</div>'
    first = f'<div class="CommentThread_root__Z2x">{part("Dara", 1, "A word.", "CommentCard_root__x8Yq2")}{answers}</div>'
    last = f'<div class="CommentThread_root__Z2x">{part("Bo", 3, "A third.", "CommentCard_root__x8Yq2")}</div>'
    found = comments(f'<section id="comments-container">{first}{last}</section>')
    assert [each.parent for each in found] == [None, 1, None]


def test_a_quotation_in_a_comment_belongs_to_its_text() -> None:
    quoted = '<blockquote class="CommentCard_quote__5"><p>It sails again.</p></blockquote>'
    card = part("Dara", 1, "PLACE", "CommentCard_root__x8Yq2").replace(
        "<p>PLACE</p>", f'<div class="CommentCard_body__n4W">{quoted}<p>Not on Sundays.</p></div>'
    )
    plain = part("Lin", 2, "Good.", "CommentCard_root__x8Yq2")
    found = comments(f'<section id="comments-container">{card}{plain}</section>')
    assert [each.text for each in found] == ["It sails again.\nNot on Sundays.", "Good."]


def test_several_answers_in_one_element_are_several_comments() -> None:
    answers = part("Lin", 2, "An answer.", "inner") + part("Bo", 3, "Another one.", "inner")
    body = f'<div class="section-comment" id="comment-71000001">{part("Dara", 1, "A word.", "inner")}</div><div class="sub-comment" id="sub-71000001">{answers}</div>'
    assert [each.author for each in comments(f'<div id="comments">{body}</div>')] == [
        "Dara",
        "Lin",
        "Bo",
    ]


def test_where_the_dates_stand_below_the_texts_the_names_tell_where_comments_begin() -> None:
    row = '<div class="_3-8y"><span class="UFICommentActorName"><a href="#">{0}</a></span><div class="_30o4">{1}</div><div class="_2vq9"><a href="#">Reply</a> <abbr data-utime="155680580{2}">4 years</abbr></div></div>'
    rows = [
        row.format(who, f"A word of {who} about the ferry.", n)
        for n, who in enumerate(("Dara", "Lin", "Bo"))
    ]
    body = f'{rows[0]}<div class="_44ri"><div>{rows[1]}</div></div>{rows[2]}'
    found = comments(f'<div class="fb-comments"><div>3 comments</div><div>{body}</div></div>')
    assert [each.author for each in found] == ["Dara", "Lin", "Bo"]
    assert [each.time for each in found] == [f"2019-05-02T14:03:2{n}Z" for n in range(3)]


def test_a_shop_s_own_answer_is_a_comment_of_its_own() -> None:
    answer = '<div class="developer_response"><div class="dev_response_header"><span>A developer has responded on Nov 6, 2021</span></div><div class="dev_response_body">Thank you, it is mended now.</div></div>'
    review = '<div class="review_box"><div class="persona_name">{0}</div><div class="postedDate">Posted: November {1}, 2021</div><div class="content">{2}</div>{3}</div>'
    body = review.format("Dara", 5, "It crashes on the second screen.", answer) + review.format(
        "Lin", 7, "It runs well here.", ""
    )
    texts = [each.text for each in comments(f'<div class="reviews_area">{body}</div>')]
    assert texts == [
        "It crashes on the second screen.",
        "Thank you, it is mended now.",
        "It runs well here.",
    ]
