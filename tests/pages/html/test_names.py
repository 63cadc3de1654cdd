"""The name of an element says what it is by its last word."""

import pytest

from moderation.pages.html.marks import PARTS, Mark
from moderation.pages.html.names import name_marks

KINDS = PARTS | Mark.ITEM | Mark.AREA | Mark.SURE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("comment", Mark.ITEM),
        ("user-comment", Mark.ITEM),
        ("comments", Mark.AREA),
        ("comments-list", Mark.AREA),
        ("comment-list-container", Mark.AREA),
        ("comments-item", Mark.ITEM),
        ("comment-text", Mark.BODY),
        ("comment-text-wrapper", Mark.BODY),
        ("mycommenttext", Mark.BODY),
        ("comment-author", Mark.AUTHOR),
        ("comment-author-name", Mark.AUTHOR),
        ("comment-author-link", Mark.AUTHOR),
        ("comment-author-avatar", Mark.TOOL),
        ("comment-text-date", Mark.TIME),
        ("comment-body-header", Mark.TOOL),
        ("likeBoxCommentText", Mark.BODY),
        ("likeBoxCommentsListComment", Mark.ITEM),
        ("comment-form-author", Mark.FORM),
        ("new-comment", Mark.FORM),
    ],
)
def test_the_last_word_behind_one_for_a_comment_names_the_part(name: str, kind: Mark) -> None:
    marks = Mark(name_marks(name))
    assert marks & Mark.SURE
    assert marks & KINDS & ~Mark.SURE == kind


def test_a_badge_named_after_an_author_is_no_author() -> None:
    assert not name_marks("post-author comment-label") & Mark.AUTHOR
    assert name_marks("post-author comment-author") & Mark.AUTHOR


@pytest.mark.parametrize("name", ["text-left", "text-2", "secondary-text", "preview", "pretext"])
def test_names_of_styles_are_no_text_of_a_comment(name: str) -> None:
    assert not name_marks(name) & (Mark.BODY | Mark.ITEM)


def test_a_number_in_the_name_of_a_style_is_none_of_a_comment() -> None:
    assert name_marks("comment-4711") & Mark.NUMBERED
    assert not name_marks("comment gutter-4202") & Mark.NUMBERED


def test_a_number_with_letters_is_not_one_of_a_post() -> None:
    assert name_marks("p65591") & Mark.ITEM
    assert not name_marks("65591f4c") & Mark.ITEM
