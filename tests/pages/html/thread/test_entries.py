"""Entries of old guestbooks, which have line breaks instead of elements."""

from moderation.pages.encoding import to_utf8
from moderation.pages.html.parser import parse
from moderation.pages.html.thread.entries import GuestbookEntry, guestbook_entries

DATED = "Elm Fork - Saturday, November 0{0}, 1997 at 20:14:33 (CST)"
INTRODUCTION = "<h1>Our railway</h1><p>Welcome to the guestbook of our club.</p><hr>"


def entries(*texts: str) -> list[GuestbookEntry]:
    """Return the entries of a guestbook with some texts."""
    signed = [
        f"<b>Dara {number}</b> &lt;dara@paper.example&gt;<br>{DATED.format(number)}<br>{text}<hr>"
        for number, text in enumerate(texts, 1)
    ]
    html = f"<html><body>{INTRODUCTION}{''.join(signed)}<p>Visitor 4127</p></body></html>"
    return guestbook_entries(parse(to_utf8(html.encode(), None)))


def test_each_entry_has_its_author_its_time_and_its_text() -> None:
    found = entries("Great page!", "A banana?<p>He is serious.", "First!")
    assert [(e.author, e.time) for e in found] == [
        ("Dara 1", "1997-11-01T20:14:33"),
        ("Dara 2", "1997-11-02T20:14:33"),
        ("Dara 3", "1997-11-03T20:14:33"),
    ]
    assert [[block.text for block in e.blocks] for e in found] == [
        ["Great page!"],
        ["A banana?", "He is serious."],
        ["First!"],
    ]


def test_two_signed_notes_are_no_guestbook() -> None:
    assert entries("Great page!", "First!") == []
