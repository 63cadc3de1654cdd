"""A text that cannot be judged is refused with the reason, and is not quoted."""

import pytest

from moderation.errors import InvalidText, TooLarge
from moderation.text.check import check_text


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
