"""Comments in a text dump are found in the wording of many sites and languages."""

import pytest

from tests.pages.shapes import ARTICLE, comments, page_of

FIRST = "At last a boat that leaves on time"
SECOND = "My aunt waited at that pier for years. She would laugh."


@pytest.mark.parametrize(
    "line",
    [
        "{} wrote on 3 March 2020",
        "#{n} {}",
        "#{n} {} 3 March 2020 10:15",
        "{n}. {}",
        "({n}) {}",
        "{} #{n}",
        "Comment {n}: {}",
        "Comment #{n} by {}",
        "Posted by {} at 10:15 AM",
        "Submitted by {} on Tue, 03/03/2020 - 10:15",
        "From {}, 3 March 2020",
        "2020-03-03 10:15 {}",
        "Geschrieben von {} am 3. März 2020",
        "Von {} am 3. März 2020",
        "Posté par {} le 3 mars 2020",
        "Publicado por {} el 3 de marzo de 2020",
        "Por {} em 3 de março de 2020",
        "Scritto da {} il 3 marzo 2020",
        "{} schreef op 3 maart 2020:",
        "Dodane przez {}, 3 marca 2020",
        "{} написал:",
        "Dari {}, 3 Maret 2020",
        "{} 3 giờ trước",
    ],
)
def test_each_comment_has_the_author_its_line_names(line: str) -> None:
    first, second = line.format("Sokha Meas", n=1), line.format("Dara", n=2)
    page = page_of(ARTICLE, "2 comments", first, FIRST, second, SECOND)
    assert comments(page) == [("Sokha Meas", FIRST), ("Dara", SECOND)]


@pytest.mark.parametrize(
    "heading",
    [
        "2 Kommentare", "Vos commentaires", "Opiniones (2)", "2 reacties", "Komentarze (2)",
        "Комментарии (2)", "2 коментарі", "Komentáře", "2 kommentarer", "2 kommenttia", "2 Yorum",
        "Σχόλια", "Hozzászólások", "2 comentarii", "评论 (2)", "コメント", "댓글 2", "التعليقات",
        "תגובות", "মন্তব্য", "2 Beiträge",
    ],
)  # fmt: skip
def test_comments_begin_below_their_heading_in_many_languages(heading: str) -> None:
    page = page_of(ARTICLE, heading, FIRST, "Reply", SECOND, "Reply")
    assert comments(page) == [(None, FIRST), (None, SECOND)]


@pytest.mark.parametrize(
    "buttons",
    [
        "Reply Report", "Report this comment", "👍 3 👎 1 Reply", "Reply to Sokha Meas",
        "Antworten",
        "Kommentar melden", "Signaler un abus", "Responder", "Reageer", "Ответить", "返信", "回复",
        "Svara", "Yanıtla", "Zgłoś nadużycie", "Jawab",
    ],
)  # fmt: skip
def test_the_buttons_between_comments_are_in_none(buttons: str) -> None:
    page = page_of(ARTICLE, "2 comments", "Sokha says:", FIRST, buttons, "Dara says:", SECOND)
    assert comments(page) == [("Sokha", FIRST), ("Dara", SECOND)]


def test_numbers_that_do_not_count_on_name_no_author() -> None:
    page = page_of(ARTICLE, "2 comments", "#3 Sokha", FIRST, "#9 Dara", SECOND)
    assert [author for author, _ in comments(page)] == [None]


def test_a_quoted_parent_stays_in_the_comment_that_quotes_it() -> None:
    quote = ["Sokha wrote:", f"> {FIRST}", SECOND]
    page = page_of(ARTICLE, "2 comments", "Sokha says:", FIRST, "Dara says:", *quote)
    assert comments(page) == [("Sokha", FIRST), ("Dara", "\n\n".join(quote))]


def test_an_indented_reply_is_a_comment_of_its_own() -> None:
    page = page_of(ARTICLE, "2 comments", "Sokha says:", FIRST, "    Dara says:", f"    {SECOND}")
    assert comments(page) == [("Sokha", FIRST), ("Dara", SECOND)]


@pytest.mark.parametrize("word", ["Helpful", "Thumbs up", "Block", "Da Nang"])
def test_a_short_comment_that_is_no_button_is_kept(word: str) -> None:
    page = page_of(ARTICLE, "2 comments", "Sokha says:", word, "Dara says:", SECOND)
    assert comments(page) == [("Sokha", word), ("Dara", SECOND)]
