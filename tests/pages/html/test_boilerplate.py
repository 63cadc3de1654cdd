"""Asides of a site inside an article are left out; the article's own words stay."""

import pytest

from moderation.pages import Kind, read_html

BODY = (
    "The harbour office opened the new ferry line on Monday after a delay of four months.",
    "People on the pier had waited long enough for this boat, says a woman who sells tea there.",
    "Tickets cost two thousand riel, and those who cross every day pay half of that.",
    "In the rainy season the boat will stay at the pier when the river stands too high.",
    "A second boat is being built in the yard beside the bridge, and it will be larger.",
    "The office wants to decide in spring whether it will cross at night as well.",
    "Until then the old barge carries the cars, as it has done for eleven years now.",
)


def article(*blocks: str) -> list[str]:
    markup = "".join(each if each.startswith("<") else f"<p>{each}</p>" for each in blocks)
    page = f"<body><main><h1>Ferry line opens</h1><div>{markup}</div></main></body>"
    found = read_html(page.encode()).passages
    return [each.text for each in found if each.kind is Kind.ARTICLE][1:]


@pytest.mark.parametrize(
    "aside",
    [
        "Read also: The old barge is for sale again, and nobody wants to have it.",
        "Lesen Sie auch: Der alte Kahn steht wieder zum Verkauf, und niemand will ihn haben.",
        "Lea también: La vieja barcaza está otra vez en venta y nadie la quiere tener.",
        "Source: the harbour office",
        "Foto: Sokha Meas",
        "© The River Paper",
        "Share this",
        "3 March 2020, 10:15",
        "To protect your privacy, the map loads only once you accept external content.",
        "Zum Schutz der Privatsphäre wird die Karte erst nach Einwilligung geladen.",
        "You must log in to write a comment about this article.",
        "This post contains affiliate links: we may earn a commission on what you buy.",
        "Subscribe to our free newsletter and read what the river brings each Friday.",
        "Tags: ferry, harbour, river",
        "Jump to recipe Print recipe",
    ],
)
def test_an_aside_anywhere_in_an_article_is_none_of_it(aside: str) -> None:
    assert article(*BODY[:4], aside, *BODY[4:]) == list(BODY)


@pytest.mark.parametrize(
    "note",
    [
        "This article was first published in the spring number of The River Paper.",
        "Dieser Artikel erschien zuerst im Frühjahrsheft der Flusszeitung.",
        "The views expressed here are the author's own and not those of the paper.",
        "Part 2 of our series on boats",
        "Leave a comment and tell us how you cross the river on a day like this!",
        "Write to sokha@river.example for more of what the harbour office says.",
    ],
)
def test_a_note_at_the_head_or_the_tail_is_none_of_the_article(note: str) -> None:
    assert article(*BODY, note) == list(BODY)
    assert article(note, *BODY) == list(BODY)


def test_what_sounds_like_a_note_in_the_middle_is_the_article_s() -> None:
    said = "This report was published late, says the harbour master, because the office closed it."
    assert article(*BODY[:4], said, *BODY[4:]) == [*BODY[:4], said, *BODY[4:]]


@pytest.mark.parametrize("heading", ["Related articles", "Next article", "2 comments", "See also:"])
def test_what_stands_below_a_last_heading_for_links_or_comments_is_dropped(heading: str) -> None:
    teaser = "A market for fish opens beside the pier, and the sellers may stay there all night."
    assert article(*BODY, f"<h3>{heading}</h3>", teaser) == list(BODY)


def test_a_box_about_the_author_is_known_by_the_name_it_begins_with() -> None:
    meta = '<meta name="author" content="Sokha Meas">'
    box = "<p>Sokha Meas grew up on the river and has reported on its boats for nine years.</p>"
    markup = "".join(f"<p>{each}</p>" for each in BODY)
    page = (
        f"<head>{meta}</head><body><main><h1>Ferry line opens</h1><div>{markup}{box}</div></main>"
    )
    found = read_html(page.encode()).passages
    assert [p.text for p in found if p.kind is Kind.ARTICLE] == ["Ferry line opens", *BODY]


@pytest.mark.parametrize(
    "name",
    [
        "author-box", "about-the-author", "article-sidebar", "postTags", "read-more",
        "next-article", "shareBar", "image-description", "photo", "newsletter-signup",
    ],
)  # fmt: skip
def test_an_element_named_as_furniture_is_none_of_the_article(name: str) -> None:
    aside = f'<div class="{name}"><p>What the site itself says beside all of the article.</p></div>'
    assert article(*BODY[:4], aside, *BODY[4:]) == list(BODY)


def test_a_line_that_answers_a_colon_ends_the_article() -> None:
    assert article(*BODY, "The boat leaves at:", "six and ten") == [
        *BODY, "The boat leaves at:", "six and ten",
    ]  # fmt: skip
