"""Some comments of a list are told by names, and those beside them are comments too."""

# ruff: noqa: E501  # markup stands as it does on pages

import pytest

from moderation.pages import Kind, Passage, read_html

HEAD = "<html><body><article><h1>The ferry</h1><p>It sails again from Monday, the office says.</p></article>"
ENTRY = '<div class="{name}"><div class="tkb_row">{title}</div><span class="tkb_author">{who}</span> <span class="tkb_date">(0{day}.03.2020 10:02)</span><div class="tkb_text">{text}</div></div>'


def comments(body: str) -> list[Passage]:
    page = read_html(f"{HEAD}{body}</body></html>".encode())
    return [each for each in page.passages if each.kind is Kind.COMMENT]


def entry(who: str, day: int, text: str, name: str) -> str:
    return ENTRY.format(name=name, title=f"{day}.", who=who, day=day, text=text)


def test_the_name_that_all_share_counts_where_a_state_alone_told_a_comment() -> None:
    body = (
        entry("Dara", 1, "A word about it.", "tkb_entry")
        + entry("Lin", 2, "An answer to that.", "tkb_entry tkb_reply")
        + '<div class="tkb_entry"><div class="tkb_row">3.</div>This comment was removed.</div>'
        + entry("Bo", 4, "Something else.", "tkb_entry")
    )
    found = comments(f'<div class="talkbacks">{body}</div>')
    assert [(each.author, each.text) for each in found] == [
        ("Dara", "A word about it."),
        ("Lin", "An answer to that."),
        ("Bo", "Something else."),
    ]


@pytest.mark.parametrize("shared", ["width_common", "tkb_part"])
def test_a_name_that_parts_of_a_comment_have_too_is_one_of_style(shared: str) -> None:
    one = '<div class="comment_item {0}"><div class="{0}"><b class="author">{1}</b> <span class="date">{2} March 2020</span></div><div class="{0} text">{3}</div></div>'
    body = one.format(shared, "Dara", 1, "A word about it.") + one.format(shared, "Lin", 2, "No.")
    found = comments(f'<div id="comments">{body}</div>')
    assert [(each.author, each.time, each.text) for each in found] == [
        ("Dara", "2020-03-01", "A word about it."),
        ("Lin", "2020-03-02", "No."),
    ]


def test_messages_beside_each_other_are_found_by_their_authors_dates_and_texts() -> None:
    one = '<div class="email"><div class="email-sender"><span class="name">{0}</span></div><div class="email-date">{1} Jan 2020</div><div class="email-body"><p>{2}</p></div></div>'
    rows = [
        one.format(who, day, f"{who} writes a line about the bell.")
        for day, who in enumerate(("Dara", "Lin", "Bo", "Ann"), 11)
    ]
    found = comments(f'<div class="messages-of-thread">{"".join(rows)}</div>')
    assert [each.author for each in found] == ["Dara", "Lin", "Bo", "Ann"]
    # Teasers of other articles look the same, but for their headlines.
    teasers = "".join(
        row.replace("<p>", '<p><a href="/a">A headline of an article elsewhere, in full</a></p><p>')
        for row in rows
    )
    assert comments(f'<div class="more-of-these">{teasers}</div>') == []
