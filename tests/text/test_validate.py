"""A text that cannot be judged is refused with the reason, and is not quoted."""

import re

import pytest

from moderation.errors import InvalidText, TooLarge
from moderation.text.validate import NO_NUL, NOT_BLANK, check_text, clean_text, lone_surrogate


@pytest.mark.parametrize("text", ["", " \n\t", "a\0b", "half \ud83d pair", 7, None, ["a"]])
def test_what_is_not_a_text_is_refused(text: object) -> None:
    with pytest.raises(InvalidText, match="texts"):
        check_text(text, where="texts[0]")


def test_a_text_over_the_limit_is_refused_with_both_numbers() -> None:
    with pytest.raises(TooLarge, match=r"6 characters; the limit is 5"):
        check_text("secret", limit=5)


def test_an_error_never_quotes_the_text() -> None:
    for text, limit in (("private\0words", None), ("private words", 3)):
        with pytest.raises((InvalidText, TooLarge)) as caught:
            check_text(text, limit=limit)
        assert "private" not in str(caught.value) + str(caught.value.to_dict())


def test_a_text_that_can_be_judged_is_returned_as_it_is() -> None:
    assert check_text(" សួស្តី 🙏 ") == " សួស្តី 🙏 "


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\0b", "a\ufffdb"),
        ("half \ud83d and \udfff", "half \ufffd and \ufffd"),
        ("whole 😀 and \ufffd", "whole 😀 and \ufffd"),
        ("", ""),
    ],
)
def test_what_no_text_has_is_replaced_sign_for_sign_or_left_out(text: str, clean: str) -> None:
    assert clean_text(text) == clean
    assert len(clean_text(text)) == len(text)
    assert clean_text(text, "") == text.replace("\0", "").encode(errors="ignore").decode()
    if text:
        assert check_text(clean_text(text)) == clean


@pytest.mark.parametrize(
    ("text", "offset"), [("", None), ("😀", None), ("a\0b", None), ("ab\ud83d", 2), ("\udfff😀", 0)]
)
def test_the_first_lone_surrogate_is_told(text: str, offset: int | None) -> None:
    assert lone_surrogate(text) == offset


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [("a", True), (" \n\t", False), ("\u3000\x1c\x85", False), ("a\0b", False), ("a\n", True)],
)
def test_schemas_take_what_the_check_takes(text: str, *, is_taken: bool) -> None:
    assert bool(re.search(NOT_BLANK, text) and re.search(NO_NUL, text)) == is_taken
    if is_taken:
        assert check_text(text) == text
    else:
        with pytest.raises(InvalidText):
            check_text(text)
