"""Above the comments: headline, body, notes, furniture, other articles."""

import pytest

from moderation.pages import Kind, split_page
from tests.pages.shapes import ARTICLE, BODY, LAST, LEAD, QUOTE, page_of, parts, texts

HEADLINE = "Ferry line opens after long delay"


def test_paragraphs_are_found_with_and_without_blank_lines_between_them() -> None:
    assert texts(split_page("\n".join(BODY)), Kind.ARTICLE) == list(BODY)
    assert texts(split_page("\n\n".join(BODY)), Kind.ARTICLE) == list(BODY)


def test_a_headline_stands_above_the_body_and_is_the_title() -> None:
    page = page_of(HEADLINE, "By Chan Dara", "3 March 2020", *BODY)
    assert page.title == HEADLINE
    assert texts(page, Kind.ARTICLE) == [HEADLINE, *BODY]


def test_a_page_without_a_headline_has_no_title() -> None:
    assert page_of(*BODY).title is None


@pytest.mark.parametrize("headline", ["Ferries: who pays?", "Two boats, one pier and a long wait"])
def test_menus_above_the_headline_are_not_taken_for_it(headline: str) -> None:
    page = page_of("Home", "World", "Letters", "Log in", headline, "By Chan Dara", *BODY)
    assert page.title == headline
    assert texts(page, Kind.ARTICLE) == [headline, *BODY]


def test_a_headline_in_khmer_is_found() -> None:
    headline = "សាឡាងថ្មីបើកដំណើរការនៅកំពង់ផែ"
    body = "កំពង់ផែបានបើកដំណើរការសាឡាងថ្មីនៅថ្ងៃច័ន្ទ បន្ទាប់ពីការពន្យារពេលបួនខែ។"
    page = page_of(headline, body, body + body)
    assert page.title == headline
    assert texts(page, Kind.ARTICLE) == [headline, body, body + body]


def test_a_repeated_headline_and_the_line_of_the_site_s_title_are_furniture() -> None:
    page = page_of(f"The River Paper - {HEADLINE}", HEADLINE, "Share", HEADLINE, *BODY)
    assert page.title == HEADLINE
    assert texts(page, Kind.ARTICLE) == [HEADLINE, *BODY]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("Wednesday, 4 March 2020", "date"),
        ("Posted on 04/03/2020 10:15", "date"),
        ("2 hours ago", "date"),
        ("By Chan Dara", "byline"),
        ("Chan Dara / River Paper Share:", "byline"),
        ("Share", "share"),
        ("Facebook Twitter WhatsApp", "share"),
        ("FILE - The pier in Kampot on a rainy morning, March 1, 2020.", "caption"),
        ("Passengers wait on the pier. RP/Chan Dara", "caption"),
        ("Passengers wait on the pier in the rain (Photo: Chan Dara)", "caption"),
        ("KAMPOT —", "dateline"),
        ("🌊🌊🌊", "ornament"),
        ("* * *", "ornament"),
        ("bigtel bigtel bigtel", "logo"),
        ("Advertisement", "advertisement"),
        ("Sign up to our newsletter", "advertisement"),
        ("This website uses cookies to work better.", "advertisement"),
        ("Home | World | Contact us", "logo_or_navigation"),
        ("Read more: The pier that sank twice", "navigation"),
        ("Tags: ferries, harbour", "navigation"),
    ],
)
def test_furniture_between_headline_and_body_is_known_by_its_form(line: str, part: str) -> None:
    found = parts(page_of(HEADLINE, line, *BODY))
    assert found[line] in {f"furniture/{choice}" for choice in part.split("_or_")}
    assert found[HEADLINE] == "article/headline"
    assert found[LEAD] == "article/paragraph"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("Tel: +855 12 000 000", "address"),
        ("Email: desk@example.org", "address"),
        ("River Paper Co., Ltd., No 4, Street 9, Kampot", "address"),
        ("Copyright © 2020 The River Paper. All rights reserved.", "copyright"),
        ("Call our desk for the whole story", "navigation"),
    ],
)
def test_what_stands_below_the_last_paragraph_is_furniture(line: str, part: str) -> None:
    assert parts(split_page("\n".join([*BODY, line])))[line] == f"furniture/{part}"


def test_a_caption_and_its_double_with_a_photographer_are_captions() -> None:
    caption = "Passengers of all ages wait on the pier in the rain."
    found = parts(page_of(HEADLINE, caption, f"{caption} Chan Dara", *BODY))
    assert found[caption] == found[f"{caption} Chan Dara"] == "furniture/caption"


def test_a_report_that_ends_with_an_abbreviation_or_an_agency_is_no_caption() -> None:
    lead = "A new ferry line was announced this week by the Inland Waters Union (IWU)."
    last = "The union gave no further details and did not name a date. (Reuters)"
    assert texts(page_of(lead, *BODY, last), Kind.ARTICLE) == [lead, *BODY, last]


@pytest.mark.parametrize(
    "remark",
    [
        "Our Village: And who will mend the road to the pier?",
        "Our Village: Four months late, and they call it a gift to us.",
        "Editor's note: The fare in this report was corrected.",
        "[Ed. note: The fare was corrected.]",
    ],
)
def test_the_owner_s_words_between_headline_and_byline_are_a_note(remark: str) -> None:
    page = page_of(HEADLINE, remark, "3 March 2020", "Chan Dara", *BODY)
    assert texts(page, Kind.NOTE) == [remark]
    assert texts(page, Kind.ARTICLE) == [HEADLINE, *BODY]


def test_the_owner_s_words_above_the_headline_are_a_note() -> None:
    remark = "So they noticed the pier at last, and it took them only four months to do so!"
    page = page_of(remark, HEADLINE, "Posted: 3 March 2020", *BODY)
    assert page.title == HEADLINE
    assert texts(page, Kind.NOTE) == [remark]


def test_a_place_and_a_colon_begin_a_report_and_no_note() -> None:
    lead = "KAMPOT: The harbour office opened the new ferry line on Monday."
    page = page_of(HEADLINE, "By Chan Dara", lead, QUOTE, LAST)
    assert texts(page, Kind.NOTE) == []
    assert lead in texts(page, Kind.ARTICLE)


def test_an_editor_s_note_below_the_article_is_a_note() -> None:
    note = "Editor's note: The fare in this report was corrected."
    assert texts(page_of(*BODY, note), Kind.NOTE) == [note]


def test_short_lines_between_paragraphs_stay_in_the_article() -> None:
    page = page_of(LEAD, "What comes next", QUOTE, "Nobody was hurt.", LAST)
    assert texts(page, Kind.ARTICLE) == [LEAD, "What comes next", QUOTE, "Nobody was hurt.", LAST]


@pytest.mark.parametrize(
    "heading",
    [
        "MOST VIEWED",
        "Most read",
        "Related articles",
        "You may also like",
        "Trending",
        "More from Kampot",
    ],
)
def test_lists_of_other_articles_are_furniture_to_the_end_of_the_page(heading: str) -> None:
    teaser = "The market in the old town reopens its doors in June, after two years of repairs that"
    page = page_of(*BODY, heading, "• Market reopens in June", teaser, "• School bus returns")
    assert texts(page, Kind.ARTICLE) == list(BODY)


def test_the_article_goes_on_below_links_that_interrupt_it() -> None:
    page = page_of(HEADLINE, LEAD, "Related articles", "Market reopens in June", QUOTE, LAST, LEAD)
    assert texts(page, Kind.ARTICLE) == [HEADLINE, LEAD, QUOTE, LAST, LEAD]


def test_the_article_is_found_below_a_list_of_other_articles() -> None:
    page = page_of("Trending", "Market reopens", HEADLINE, "By Chan Dara", *BODY)
    assert page.title == HEADLINE
    assert texts(page, Kind.ARTICLE) == [HEADLINE, *BODY]


def test_links_to_neighbouring_articles_take_the_title_below_them_along() -> None:
    page = page_of(*BODY, "Previous Article", "Is the market safe?", "Next Article", "Bus returns.")
    assert texts(page, Kind.ARTICLE) == list(BODY)


def wrapped(text: str, width: int) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


@pytest.mark.parametrize("width", [50, 72, 100])
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_hard_wrapped_lines_are_joined_to_paragraphs(width: int, gap: str) -> None:
    long = [" ".join([LEAD, LAST, LEAD]), " ".join([QUOTE, LEAD]), " ".join([LAST, QUOTE, LAST])]
    found = texts(split_page(gap.join(wrapped(text, width) for text in long)), Kind.ARTICLE)
    joined = [" ".join(text.split()) for text in found]
    # Without blank lines a paragraph that fills its last line runs into the next one.
    assert joined == long if gap == "\n\n" else " ".join(joined) == " ".join(long)


def test_the_article_ends_where_a_comment_section_begins() -> None:
    assert texts(page_of(ARTICLE, "1 comment:", "Sokha said...", LAST), Kind.ARTICLE) == list(BODY)
