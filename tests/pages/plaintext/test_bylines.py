"""Comments are found below an article although no heading announces them, by their bylines."""

import time

from moderation.pages import Kind, split_page

ARTICLE = (
    "Ferry line opens",
    "The harbour office opened the new ferry line on Monday after a delay of four months.",
    "The first ferry leaves at six in the morning, and tickets cost two thousand riel.",
)
FIRST = "My mother waited for that boat every morning, so thank you all."
SECOND = "Two thousand is too much for those of us who cross twice a day."


def read(*lines: str) -> list[tuple[str | None, str]]:
    page = split_page("\n\n".join((*ARTICLE, *lines)))
    return [(each.author, each.text) for each in page.passages if each.kind is Kind.COMMENT]


BOTH = [("Sokha Meas", FIRST), ("Dara", SECOND)]


def test_names_above_dates_begin_comments_one_after_the_other() -> None:
    assert (
        read("Sokha Meas", "3 March 2020 10:15", FIRST, "Dara", "4 March 2020 09:00", SECOND)
        == BOTH
    )


def test_a_verb_or_a_badge_may_stand_between_a_name_and_its_date() -> None:
    assert read(
        *("Sokha Meas", "says:", "3 March 2020 10:15", FIRST),
        *("Dara", "Member", "on", "4 March 2020 09:00", SECOND),
    ) == [("Sokha Meas", FIRST), ("Dara", SECOND)]


def test_names_and_dates_in_lists_of_a_text_browser_count_without_the_mark() -> None:
    assert (
        read("* Sokha Meas 3 March 2020 10:15", FIRST, "* Reply", "* Dara 4 March 2020", SECOND)
        == BOTH
    )


def test_what_a_dump_ran_together_with_a_byline_does_not_hide_it() -> None:
    assert (
        read("Sokha Meas 3 March 2020 10:15 #1", FIRST, "Dara 4 March 2020 | next | parent", SECOND)
        == BOTH
    )
    assert (
        read("Boats 3 March 2020 10:15, by Sokha Meas", FIRST, "4 March 2020 09:00 Dara", SECOND)
        == BOTH
    )


def test_a_row_of_buttons_below_each_comment_belongs_to_none() -> None:
    row = "Thumb up 0 Thumb down Reply"
    third = "And the dogs travel free."
    found = read(
        *("Sokha Meas", "3 March 2020 10:15", FIRST, row),
        *("Dara", "4 March 2020 09:00", SECOND, row),
        *("Vuthy", "4 March 2020 10:00", third, row),
    )
    assert found == [*BOTH, ("Vuthy", third)]


def test_one_byline_alone_begins_no_comments() -> None:
    assert read("Sokha Meas", "3 March 2020 10:15", FIRST) == []


def test_titles_between_names_and_dates_are_other_articles() -> None:
    found = read(
        *("Chan Dara", "3 March 2020", "A new bridge for the old market", "It will cost a lot."),
        *("Sok Vanna", "4 March 2020", "Rice prices rise again this year", "Farmers are glad."),
        *("Chan Dara", "5 March 2020", "The school gets a second floor", "Work began in May."),
    )
    assert found == []


def test_the_article_s_own_byline_begins_no_comments() -> None:
    lead, first, second = ARTICLE
    page = split_page(
        "\n\n".join(
            [
                *(lead, "By Chan Dara", "2 March 2020", first, second, first + " Again."),
                *("Sokha Meas", "3 March 2020 10:15", FIRST, "Dara", "4 March 2020 09:00", SECOND),
            ]
        )
    )
    found = [(each.author, each.text) for each in page.passages if each.kind is Kind.COMMENT]
    assert found == BOTH
    assert [each.text for each in page.passages if each.kind is Kind.ARTICLE] == [
        *ARTICLE,
        first + " Again.",
    ]


def test_a_heading_far_above_the_series_is_a_link_to_it() -> None:
    lead, first, second = ARTICLE
    page = split_page(
        "\n\n".join(
            [
                *("We write about the river, and everybody may read it for free.", lead),
                *("2 comments", first, second, "Sokha Meas", "3 March 2020 10:15", FIRST),
                *("Dara", "4 March 2020 09:00", SECOND),
            ]
        )
    )
    assert [each.text for each in page.passages if each.kind is Kind.COMMENT] == [FIRST, SECOND]


def test_many_headings_and_names_are_read_in_linear_time() -> None:
    def seconds(count: int) -> float:
        text = "\n".join(["2 comments", "Dara", "3 March 2020 10:15", "A b c."] * count)
        start = time.process_time()
        split_page(text)
        return time.process_time() - start

    seconds(100)
    assert seconds(4000) < 12 * max(seconds(1000), 0.01)
