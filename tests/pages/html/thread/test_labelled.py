"""Entries of guestbooks whose parts are named beside them, with the owner's answers."""

from moderation.pages import Kind, read_html

ROWS = (
    "<tr><td colspan=2>Tuesday, March {day}, 1998 at 21:14:08</td></tr>"
    "<tr><td>Name:</td><td>{name}</td></tr><tr><td>Where from?</td><td>Elm Fork</td></tr>"
    "<tr><td>Comments:</td><td>{text}</td></tr>"
)
ANSWER = "<table><tr><td><b>Lin answers:</b><br><i>Come and see it.</i></td></tr></table>"


def guestbook(*entries: str) -> bytes:
    body = "".join(f"<table border=1>{entry}</table><hr>" for entry in entries)
    return f"<html><body><h1>Our mill</h1><p>Sign the book.</p>{body}<p>Seen</p></body>".encode()


def entry(day: int, name: str, text: str) -> str:
    return ROWS.format(day=day, name=name, text=text)


def test_each_entry_has_its_author_its_time_and_its_text_alone() -> None:
    page = read_html(
        guestbook(
            entry(17, "Doris", "Lovely wheel.<p>Does it turn?"),
            entry(16, "zippy", "kewl page<ul><li>wheel<li>cat</ul>"),
        )
    )
    comments = [each for each in page.passages if each.kind is Kind.COMMENT]
    assert [(each.author, each.time, each.text) for each in comments] == [
        ("Doris", "1998-03-17T21:14:08", "Lovely wheel.\nDoes it turn?"),
        ("zippy", "1998-03-16T21:14:08", "kewl page\nwheel\ncat"),
    ]


def test_the_owner_s_answer_below_an_entry_answers_it() -> None:
    first, second = entry(17, "Doris", "Does it turn?"), entry(16, "zippy", "kewl page")
    page = read_html(guestbook(first + f"</table>{ANSWER}<table>", second))
    comments = [each for each in page.passages if each.kind is Kind.COMMENT]
    assert [(each.author, each.text, each.parent) for each in comments] == [
        ("Doris", "Does it turn?", None),
        ("Lin", "Come and see it.", 1),
        ("zippy", "kewl page", None),
    ]


def test_the_labels_of_a_form_and_a_single_entry_are_no_guestbook() -> None:
    form = (
        "<form><label>Name:</label><input><label>Message:</label><textarea>Hello</textarea>"
        "<button>Send</button></form>"
    )
    for html in (guestbook(entry(17, "Doris", "Alone.")), guestbook(form, form)):
        assert not [each for each in read_html(html).passages if each.kind is Kind.COMMENT]
