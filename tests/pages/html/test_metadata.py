"""Metadata of a page, and its encodings."""

import pytest

from moderation.pages import detect_languages, read_html
from moderation.pages.html.dates import iso_time
from moderation.pages.html.metadata import named_metas
from tests.pages.html.sites import FIRST, LEAD, WORDPRESS, page


def test_title_language_date_and_author_are_told() -> None:
    head = (
        '<meta property="article:published_time" content="2020-03-03T10:15:00+07:00">'
        '<meta name="author" content="Chan Lina">'
    )
    found = read_html(page("", head).encode())
    assert found.title == "Ferry line opens"
    assert found.language == "en"
    assert found.date == "2020-03-03T10:15:00+07:00"
    assert found.author == "Chan Lina"


def test_structured_data_tells_what_the_head_does_not() -> None:
    head = (
        '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "datePublished":'
        ' "2020-03-03", "author": [{"name": "Chan Lina"}]}]}</script>'
    )
    found = read_html(page("", head).encode())
    assert (found.date, found.author) == ("2020-03-03", "Chan Lina")


def test_what_a_page_does_not_say_is_none() -> None:
    found = read_html(f"<p>{LEAD}</p>".encode())
    assert (found.title, found.language, found.date, found.author) == (None, None, None, None)


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("2020-03-03T10:15:00Z", "2020-03-03T10:15:00Z"),
        ("3. März 2020 um 17:12 Uhr", "2020-03-03T17:12"),
        ("March 3rd, 2020 at 5:12 pm", "2020-03-03T17:12"),
        ("le 3 mars 2020 à 9h05", "2020-03-03T09:05"),
        ("3 de marzo de 2020", "2020-03-03"),
        ("03.03.20 10:15", "2020-03-03T10:15"),
        ("23/03/2020", "2020-03-23"),
        ("03/04/2020", None),
        ("3 hours ago", None),
        ("31.02.2020", None),
    ],
)
def test_a_date_that_means_one_day_is_told_in_one_form(said: str, iso: str | None) -> None:
    assert iso_time(said) == iso


@pytest.mark.parametrize(
    ("codec", "meta", "header"),
    [
        ("utf-8", "", None),
        ("utf-8", "<meta charset=iso-8859-1>", "windows-1252"),
        ("cp1250", "<meta charset=windows-1250>", None),
        ("cp1250", "", "windows-1250"),
        ("cp1252", "<meta charset=iso-8859-1>", None),
        ("cp1252", "<meta charset=utf-8>", None),
        ("utf-16", "", None),
        ("cp1252", "", "no-such-encoding"),
    ],
)
def test_a_page_is_read_in_its_encoding_whatever_it_is_said_to_be(
    codec: str, meta: str, header: str | None
) -> None:
    text = "Die Fähre fährt früh über den Fluß, und das Café am Pier öffnet später für Gäste."
    data = f"<html><head>{meta}</head><body><p>{text}</p></body></html>".encode(codec)
    assert [each.text for each in read_html(data, charset=header).passages] == [text]


def test_a_passage_in_another_language_is_told() -> None:
    french = (
        "Le bateau part à six heures du matin et le billet coûte deux mille riels par personne."
    )
    found = detect_languages(read_html(WORDPRESS.replace(FIRST, french).encode()))
    languages = {each.text: each for each in found.passages if each.text in {french, LEAD}}
    assert languages[french].language == "fr"
    assert languages[LEAD].language == "en"


def test_a_passage_may_be_in_no_certain_language() -> None:
    found = detect_languages(read_html(WORDPRESS.replace(FIRST, "bong srolanh").encode()))
    (short,) = [each for each in found.passages if each.text == "bong srolanh"]
    assert short.language is None


def test_who_wrote_a_comment_is_not_taken_for_the_author_of_the_page() -> None:
    page = read_html(
        b"<html><body><h1>A bridge</h1><p>The council voted on Tuesday to repair the bridge.</p>"
        b'<div class="comments"><div class="comment"><span class="author">Dara</span>'
        b"<p>Good news at last, and thank you for the report.</p></div></div></body></html>"
    )
    assert page.author is None
    assert [each.author for each in page.passages if each.kind == "comment"] == ["Dara"]


def test_the_first_of_several_metas_of_one_name_counts() -> None:
    metas = [
        {"name": "Author", "content": " Lea "},
        {"property": "author", "content": "Kim"},
        {"name": "date", "content": ""},
    ]
    assert named_metas(metas) == {"author": "Lea"}
