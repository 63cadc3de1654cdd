"""Only readers' comments are comments, and each has its own author, time and parent."""

# ruff: noqa: E501  # markup stands as it does on pages

import pytest

from moderation.pages import Kind, Passage, read_html
from tests.pages.html.sites import BODY, FIRST, LEAD, SECOND, page

NOTES = [
    "This comment has been removed by a moderator.",
    "Dieser Kommentar wurde gelöscht.",
    "Ce commentaire a été supprimé par la rédaction.",
    "[deleted]",
    "Pingback: Ferry line opens – River Blog",
    "{{ comment.text }}",
]
PROMPTS = [
    "You must be logged in to post a comment.",
    "Bitte melden Sie sich an, um zu kommentieren.",
    "By submitting you agree to our terms and to our privacy statement.",
    "Login Register",
    "2 Comments",
]


def found(html: str) -> list[Passage]:
    passages = read_html(html.encode(), url="https://paper.example/ferry").passages
    return [each for each in passages if each.kind is Kind.COMMENT]


def one(number: int, name: str, text: str, inner: str = "", attributes: str = "") -> str:
    return (
        f'<div class="comment" id="comment-{number}" {attributes}><span class="author">{name}</span>'
        f' <time datetime="2020-03-03T10:15:00Z">3 March</time><p class="comment-text">{text}</p>{inner}</div>'
    )


@pytest.mark.parametrize("note", NOTES)
def test_what_stands_in_the_place_of_a_comment_is_none(note: str) -> None:
    assert [c.text for c in found(page(one(101, "Dara", note) + one(102, "Sok", FIRST)))] == [FIRST]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_the_site_says_to_those_who_write_is_none(prompt: str) -> None:
    html = page(f'<section class="comments"><div class="comment-row">{prompt}</div></section>')
    assert found(html) == []


@pytest.mark.parametrize(
    "text",
    ["Why was my comment removed?", "Removed at last, thank you.", "Log out and go home.", "Reply"],
)
def test_a_reader_may_speak_of_removing_and_of_buttons(text: str) -> None:
    assert [c.text for c in found(page(one(101, "Dara", text) + one(102, "Sok", FIRST)))] == [
        text,
        FIRST,
    ]


@pytest.mark.parametrize(
    "form",
    [
        '<form action="/delete" method="post">{}</form>',
        '<form id="aspnetForm"><input type="hidden">{}</form>',
    ],
)
def test_comments_in_a_form_are_found(form: str) -> None:
    items = f"<ul><li><b>Sokha</b> 3 March 2020 10:15<p>{FIRST}</p></li><li><b>Dara</b> 4 March 2020 10:15<p>{SECOND}</p></li></ul>"
    html = page(f"<h2>2 comments</h2>{form.format(items)}")
    assert [(c.author, c.text) for c in found(html)] == [("Sokha", FIRST), ("Dara", SECOND)]
    assert LEAD in [p.text for p in read_html(html.encode()).passages if p.kind is Kind.ARTICLE]


def test_a_page_that_is_one_form_has_its_article_and_its_comments() -> None:
    html = f'<form id="f"><input name="q"><h1>Ferry line opens</h1><p>{LEAD}</p><p>{BODY}</p><div id="comments">{one(101, "Dara", FIRST)}</div></form>'
    passages = read_html(html.encode()).passages
    assert [p.text for p in passages if p.kind is Kind.COMMENT] == [FIRST]
    assert LEAD in [p.text for p in passages if p.kind is Kind.ARTICLE]


def test_a_note_in_the_form_for_comments_is_none() -> None:
    form = '<div class="comment-form"><div class="note-comment"><p>We print what we like.</p></div><textarea></textarea></div>'
    assert [c.text for c in found(page(one(101, "Dara", FIRST) + form))] == [FIRST]


@pytest.mark.parametrize(
    "shell",
    [
        '<li class="comment" id="li-comment-101"><div id="comment-101" class="my-comment">{}</div></li>',
        '<li class="comment" id="comment-101"><div class="the-comment"><div class="comment-box">{}</div></div></li>',
        '<div class="comment-row"><div class="comment-container" id="comment-101">{}</div></div>',
    ],
)
def test_a_shell_around_a_comment_is_no_second_one(shell: str) -> None:
    parts = f'<h6 class="author_name">Dara</h6><span class="date">March 3, 2020</span><div class="comment_content"><div class="comment_box"><p>{FIRST}</p></div></div>'
    comments = found(page(f'<ol class="comment-list">{shell.format(parts)}</ol>'))
    assert [(c.author, c.time, c.text) for c in comments] == [("Dara", "2020-03-03", FIRST)]


def test_a_box_around_comments_that_stand_beside_each_other_is_none() -> None:
    items = "".join(
        f'<div class="item_comment"><b class="name">{name}</b><p>{text}</p></div>'
        for name, text in (("Sok", FIRST), ("Dara", SECOND))
    )
    comments = found(page(f'<div class="box_comment">{items}</div>'))
    assert [(c.author, c.parent) for c in comments] == [("Sok", None), ("Dara", None)]


def test_a_text_inside_an_element_named_after_its_author_is_found() -> None:
    html = f'<div class="comment-card"><div class="user-panel"><b class="comment-user">Dara</b><div class="comment-text"><p>{FIRST}</p></div></div></div>'
    assert [(c.author, c.text) for c in found(page(html))] == [("Dara", FIRST)]


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ('<span class="author">Dara (not verified)</span>', "Dara"),
        ('<p class="user-info"><a href="/u">Dara</a>, Kampot, 3 March 2020</p>', "Dara"),
        (
            '<div class="post-author comment-label">Author</div><div class="comment-author">Dara</div>',
            "Dara",
        ),
        ("<h3>Too dear</h3><span>written by Dara on 3 March 2020 at 10:15</span>", "Dara"),
        ("<p>Posted Mar 3, 2020 10:15 by Dara (guest)</p>", "Dara"),
        ("<div><strong>Dara</strong><i>03.03.20</i></div>", "Dara"),
        ('<meta itemprop="author" content="Dara">', "Dara"),
    ],
)
def test_the_author_is_the_name_and_not_what_stands_beside_it(line: str, author: str) -> None:
    html = page(
        f'<div class="comment" id="comment-101">{line}<p class="comment-text">{FIRST}</p></div>'
    )
    assert [(c.author, c.text) for c in found(html)] == [(author, FIRST)]


@pytest.mark.parametrize(
    "time",
    [
        '<time datetime="2020-03-03T10:15:00Z">x</time>',
        '<relative-time datetime="2020-03-03T10:15:00Z">3 Mar</relative-time>',
        '<span class="comment-date" title="March 3, 2020 10:15 am">2 years ago</span>',
        '<span class="date" data-utc="1583230500">3 Mar</span>',
        '<abbr title="2020-03-03T10:15:00Z">2y</abbr>',
        '<span class="edited">edited <time datetime="2020-03-09T09:00:00Z">9 March</time></span> <time datetime="2020-03-03T10:15:00Z">x</time>',
        '<span class="date">03-03-2020 <span class="time">10:15 AM</span></span>',
    ],
)
def test_the_exact_time_of_writing_is_told(time: str) -> None:
    html = page(
        f'<div class="comment" id="comment-101"><b class="author">Dara</b> {time}<p class="comment-text">{FIRST}</p></div>'
    )
    (comment,) = found(html)
    assert (comment.time or "").startswith("2020-03-03T10:15")
    assert comment.text == FIRST


@pytest.mark.parametrize(
    "thread",
    [
        one(101, "Sok", FIRST) + f'<div class="replies">{one(102, "Dara", SECOND)}</div>',
        f'<div class="thread">{one(101, "Sok", FIRST)}<div class="reply-list"><div>{one(102, "Dara", SECOND)}</div></div></div>',
        one(101, "Sok", FIRST) + f'<div class="indented">{one(102, "Dara", SECOND)}</div>',
        one(101, "Sok", FIRST) + one(102, "Dara", SECOND, attributes='data-parent-id="101"'),
        one(101, "Sok", FIRST) + one(102, "Dara", SECOND, attributes='style="margin-left: 40px"'),
        one(101, "Sok", FIRST)
        + one(
            102, "Dara", SECOND, '<p class="meta">In reply to <a href="#comment-101">Sok</a></p>'
        ),
    ],
)
def test_an_answer_beside_what_it_answers_names_it(thread: str) -> None:
    comments = found(
        page(f'<div class="comments">{thread}{one(103, "Ann", "No parent at all here.")}</div>')
    )
    assert [c.parent for c in comments] == [None, 1, None]
    assert [c.text for c in comments][:2] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("heading", "names", "date", "texts", "button"),
    [
        (
            "ความคิดเห็น",
            ("สมศรี", "วิชัย"),
            "3 มี.ค. 2563 10:15 น.",
            ("เรือใหม่ดีมากเลยขอบคุณสำนักงานท่าเรือ", "ค่าตั๋วแพงเกินไปสำหรับคนที่ข้ามทุกวัน"),
            "ตอบกลับ",
        ),
        (
            "មតិយោបល់ (២)",
            ("សុភា", "ចាន់"),
            "០៣ មីនា ២០២០ ១០:១៥",
            ("ទូកថ្មីល្អណាស់ សូមអរគុណ។", "សំបុត្រថ្លៃពេកសម្រាប់យើង។"),
            "ឆ្លើយតប",
        ),
        (
            "Bình luận (2)",
            ("Mai", "Hùng"),
            "03/03/2020 10:15",
            ("Phà mới đẹp quá, cảm ơn.", "Vé đắt quá so với chúng tôi."),
            "Trả lời",
        ),
        (
            "评论",
            ("阿明", "小红"),
            "2020年3月3日 10:15",
            ("新渡轮真好，谢谢大家的努力。", "票价对我们来说太贵了吧。"),
            "回复",
        ),
    ],
)
def test_pages_in_other_scripts_need_no_telling_names(
    heading: str, names: tuple[str, str], date: str, texts: tuple[str, str], button: str
) -> None:
    items = "".join(
        f'<div><b>{name}</b> <i>{date}</i><p>{text}</p><a href="#">{button}</a></div>'
        for name, text in zip(names, texts, strict=True)
    )
    comments = found(page(f"<h3>{heading}</h3>{items}"))
    assert [(c.author, c.text, c.time) for c in comments] == [
        (name, text, "2020-03-03T10:15") for name, text in zip(names, texts, strict=True)
    ]


def test_posts_of_a_forum_may_each_stand_alone_in_an_element() -> None:
    posts = "".join(
        f'<div class="wrap"><div class="post" id="p{number}"><b class="name">{name}</b> <i class="date">3 March 2020</i><div class="postMessage">{text}</div></div></div>'
        for number, name, text in (
            (1001, "Sok", FIRST),
            (1002, "Dara", f'<a class="quotelink" href="#p1001">&gt;&gt;1001</a><br>{SECOND}'),
        )
    )
    comments = found(f"<title>Ferry</title><div>{posts}</div>")
    assert [c.author for c in comments] == ["Sok", "Dara"]
    assert [c.parent for c in comments] == [None, 1]
    assert FIRST in comments[0].text and SECOND in comments[1].text  # noqa: PT018


def test_thousands_of_comments_without_names_are_all_found() -> None:
    items = "".join(
        f"<div><b>Dara</b> <i>3 March 2020 10:15</i><p>{FIRST} {n}</p></div>" for n in range(3_500)
    )
    assert len(found(page(f"<div><h2>Comments</h2>{items}</div>"))) == 3_500


@pytest.mark.parametrize(
    ("language", "dates", "times"),
    [
        ("fr", ("03/04/2020 à 10:15", "05/04/2020"), ["2020-04-03T10:15", "2020-04-05"]),
        ("es-MX", ("03/04/2020", "05/04/2020"), ["2020-04-03", "2020-04-05"]),
        ("en-GB", ("03/04/2020", "05/04/2020"), ["2020-04-03", "2020-04-05"]),
        ("en", ("03/04/2020", "17/04/2020"), ["2020-04-03", "2020-04-17"]),
        ("fr", ("03/04/2020", "03/17/2020"), ["2020-03-04", "2020-03-17"]),
        ("en-US", ("03/04/2020", "05/04/2020"), ["03/04/2020", "05/04/2020"]),
        ("fil", ("03/04/2020", "05/04/2020"), ["03/04/2020", "05/04/2020"]),
    ],
)
def test_the_language_or_another_date_tells_the_day_from_the_month(
    language: str, dates: tuple[str, str], times: list[str]
) -> None:
    html = "".join(
        f'<div class="comment" id="comment-10{place}"><b class="author">Dara</b><i class="date">{date}</i><p class="comment-text">{text}</p></div>'
        for place, (date, text) in enumerate(zip(dates, (FIRST, SECOND), strict=True))
    )
    whole = page(html).replace("<html", f'<html lang="{language}"', 1)
    assert [c.time for c in found(whole)] == times


def test_names_and_dates_in_the_line_above_a_numbered_post_are_apart() -> None:
    html = "".join(
        f'<div class="opinion" id="op_88012{place}"><div class="op-head"><b class="op-nick">{name}</b> <span class="op-date">28.04.2024, 20:02</span> <i>IP: 83.11</i></div><div class="op-body">{text}</div></div>'
        for place, (name, text) in enumerate((("~from sector C", FIRST), ("~Sok", SECOND)))
    )
    comments = found(page(html))
    assert [(c.author, c.text) for c in comments] == [("~from sector C", FIRST), ("~Sok", SECOND)]
    assert {c.time for c in comments} == {"2024-04-28T20:02"}


def test_names_for_the_tests_of_a_site_tell_comments_where_classes_are_made_up() -> None:
    card = '<div class="x{0}" data-testid="comment-card"><b class="y">{1}</b><div class="z">3 March 2020</div><div class="q">{2}</div></div>'
    html = page(
        f'<div class="k">{card.format(1, "Dara", FIRST)}{card.format(2, "Sokha", SECOND)}</div>'
    )
    assert [(c.author, c.text) for c in found(html)] == [("Dara", FIRST), ("Sokha", SECOND)]


def test_a_template_is_no_comment_and_those_beside_it_are_found() -> None:
    line = '<div class="r"><p><b>{0}</b> <i>{1}</i></p><p>{2}</p></div>'
    html = page(
        f'<section id="comments"><h2>Comments</h2><template id="comment">{line.format("[name]", "[date]", "[text]")}</template>'
        f"{line.format('Dara by the river', '3 March 2020, 10:15', FIRST)}{line.format('Sokha', '4 March 2020, 10:15', SECOND)}</section>"
    )
    assert [(c.author, c.text) for c in found(html)] == [
        ("Dara by the river", FIRST),
        ("Sokha", SECOND),
    ]


def test_what_a_template_shows_at_once_is_read() -> None:
    html = page(
        f'<x-thread><template shadowrootmode="open"><div id="comments">{one(101, "Dara", FIRST)}</div></template></x-thread>'
    )
    assert [c.text for c in found(html)] == [FIRST]


def test_a_count_beside_the_heading_does_not_end_the_section() -> None:
    line = '<div class="f"><p><span>{0}</span><time datetime="2020-03-03T10:15">3 March, 10:15</time></p><p>{1}</p></div>'
    html = page(
        f"<div><div><h2>Comments</h2><span>2</span></div><div>{line.format('Dara', FIRST)}{line.format('Sokha', SECOND)}</div></div>"
    )
    assert [c.text for c in found(html)] == [FIRST, SECOND]


@pytest.mark.parametrize("beside", [False, True])
def test_answers_without_telling_names_are_found_in_or_beside_what_they_answer(
    beside: bool,
) -> None:
    line = "<div><p>{0}</p><p>March 3, 2020</p></div><div><div>{1}</div></div>"
    answer = f'<div class="r">{line.format("Sokha", SECOND)}</div>'
    first = line.format("Dara", FIRST)
    inner = f"<div>{first}</div>{answer}" if beside else f"<div>{first}{answer}</div>"
    html = page(
        f'<div><h2>Comments (3)</h2><div class="c">{inner}</div><div class="c"><div>{line.format("Lina", LEAD[::-1])}</div></div></div>'
    )
    assert [(c.author, c.parent) for c in found(html)] == [
        ("Dara", None),
        ("Sokha", 1),
        ("Lina", None),
    ]


@pytest.mark.parametrize("hidden", ["", ' style="display:none"'])
def test_of_a_text_that_is_there_shortened_and_whole_only_the_whole_is_the_comment(
    hidden: str,
) -> None:
    short = f"<div{hidden}><p>{FIRST[:30]}... <a href='#'>Read on</a></p></div>"
    html = page(one(101, "Dara", f"{short}<div>{FIRST}</div>") + one(102, "Sok", SECOND))
    assert [c.text for c in found(html)] == [FIRST, SECOND]


def test_whom_a_text_addresses_stays_in_it() -> None:
    html = page(
        one(101, "Dara", f'<span class="name-tag">@Sok</span>: {FIRST}') + one(102, "Sok", SECOND)
    )
    assert [(c.author, c.text) for c in found(html)] == [
        ("Dara", f"@Sok: {FIRST}"),
        ("Sok", SECOND),
    ]


def test_an_answer_inside_a_comment_is_told_by_the_line_that_signs_it() -> None:
    answer = f'<div class="reply"><p class="info">Reply by Lina Chan</p><div class="comment"><p>{SECOND}</p></div></div>'
    html = page(
        f'<div class="comments">{one(101, "Dara", FIRST, answer)}{one(102, "Sok", LEAD[::-1])}</div>'
    )
    assert [(c.author, c.parent) for c in found(html)] == [
        ("Dara", None),
        ("Lina Chan", 1),
        ("Sok", None),
    ]


def test_the_number_of_a_comment_with_its_anchor_is_not_its_text() -> None:
    item = '<div class="comment" id="c-{0}"><span class="post-number" id="comment{0}">Opinion no. {0}</span><div>{1}<br><br>{1}</div><span class="author">{2}</span></div>'
    html = page(item.format(1, FIRST, "Dara") + item.format(2, SECOND, "Sok"))
    assert [c.text for c in found(html)] == [f"{FIRST}\n{FIRST}", f"{SECOND}\n{SECOND}"]


def test_posts_of_a_table_without_numbers_are_found_by_the_names_of_phrases() -> None:
    row = (
        '<tr><td><span class="name"><b>{0}</b></span><br>Member<br><br>Joined: 1 May 2001</td>'
        '<td><table><tr><td><span class="details">Posted: 3 March 2020 10:15</span></td></tr>'
        '<tr><td><span class="postbody">{1}<br>_________________<br>Be kind</span></td></tr></table></td></tr>'
        "<tr><td>Back to top</td><td></td></tr>"
    )
    html = f"<table>{row.format('Dara', FIRST)}{row.format('Sokha', SECOND)}</table>"
    comments = found(html)
    assert [(c.author, c.text) for c in comments] == [("Dara", FIRST), ("Sokha", SECOND)]
    assert {c.time for c in comments} == {"2020-03-03T10:15"}


def test_an_advertisement_between_numbered_comments_makes_none_of_what_is_around_them() -> None:
    advertisement = "<div><p>Scroll on for more of this page</p></div>"
    html = page(
        f'<div class="comment-box" id="allcomment2">{one(101, "Dara", FIRST)}{advertisement}{one(102, "Sok", SECOND)}</div>'
    )
    assert [(c.author, c.text) for c in found(html)] == [("Dara", FIRST), ("Sok", SECOND)]


@pytest.mark.parametrize(
    ("heading", "is_found"), [("Recommended", True), ('<a href="/a">A</a>', False)]
)
def test_named_texts_beside_each_other_are_comments_if_they_are_signed_and_no_teasers(
    heading: str, is_found: bool
) -> None:
    card = (
        '<div class="card"><div><h3>{0}</h3><div class="review-content"><div class="date_posted">Posted: 3 March 2020</div>'
        '{1}</div></div><div class="card-author-name">{2}</div></div>'
    )
    html = page(
        f"<div>{card.format(heading, FIRST, 'Dara')}{card.format(heading, SECOND, 'Sok')}</div>"
    )
    comments = [("Dara", FIRST), ("Sok", SECOND)] if is_found else []
    assert [(c.author, c.text) for c in found(html)] == comments
