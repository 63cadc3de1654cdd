"""The site's words among comments are told from those of readers."""

import pytest

from moderation.pages.cues.notices import is_notice, is_placeholder, is_prompt

READERS = [
    "Why was my comment removed?",
    "This comment section is a delight, for once.",
    "They removed the bench and nobody asked us.",
    "Login is broken again, and so is the ferry." * 20,
    "{{ was a strange thing to print }} they said",
    "Removed the hedge for the neighbours, and the moderator of the parish meeting was furious.",
    "Deleted my account because of the rules.",
    "Opinia sąsiadów nic tu nie zmieni.",
    "Удалённый хутор, комментарий излишен.",
    "[sic] deleted scenes are the best part",
    "Hidden. That is all one can say of the entrance.",
]


@pytest.mark.parametrize(
    "text",
    [
        "This comment was deleted by its author.",
        "Ihr Kommentar wartet auf Freischaltung.",
        "Este comentario ha sido eliminado.",
        "[removed]",
        "Trackback: River Blog " + "and so on " * 40,
        "[flagged]",
        "[flagged] [dead]",
        "Entfernt. Bitte bleiben Sie beim Thema. Die Redaktion",
        "Removed for breaking the house rules",
        "Opinia została usunięta przez administratora",
        "Kommentaren har tagits bort av bloggägaren",
        "Удалённый комментарий",
        "Цей коментар видалено модератором",
        "Tento komentář byl odstraněn",
        "Kommentti on poistettu",
        "このコメントは削除されました",
        "작성자가 삭제한 댓글입니다",
        "تم حذف هذا التعليق",
    ],
)
def test_what_stands_in_the_place_of_a_comment_is_a_notice(text: str) -> None:
    assert is_notice(text)


@pytest.mark.parametrize(
    "text",
    [
        "Log in to reply",
        "Comments are closed.",
        "Sei der Erste!",
        "3 Comments",
        "Login Register",
        "ADVERTISEMENT\nScroll on for more",
    ],
)
def test_what_is_said_to_those_who_write_is_a_prompt(text: str) -> None:
    assert is_prompt(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ text }}",
        "<%= body %>",
        "${comment.text}",
        "{% body %}",
        "{{{name}}}\n{{date}}: {{text}}",
    ],
)
def test_marks_of_a_template_are_placeholders(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", READERS)
def test_readers_are_heard(text: str) -> None:
    assert not is_notice(text)
    assert not is_placeholder(text)
    assert not is_prompt(text)
