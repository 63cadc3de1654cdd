"""The compiled spelling kernel and the rule in Python agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.models.ngrams.scorer import known_words, tokenise_texts
from moderation.models.ngrams.spelling import spell, spell_texts
from moderation.text.normalise import normalise
from moderation.text.segmentation import tokenise

# Bytes that disguises are made of stand thick in it, beside any other character.
DISGUISING = st.sampled_from(
    list("aabbcz ..-_*'1034@$!?\n\t") + list("éĐ’…–😂\u200d\ufe0f½™\u00a0")
)
texts = st.text(st.one_of(DISGUISING, st.characters(exclude_categories=["Cs"])), max_size=30)


def spelled(batch: list[str]) -> tuple[list[bytes], set[int]]:
    """Return the spelling of each text of a batch, and the indices of the hard ones."""
    easy, hard, which = spell_texts(batch)
    found = easy.tobytes().split(b"\0")[: len(batch)]
    for index, one in zip(which, hard.tobytes().split(b"\0"), strict=False):
        found[index] = one
    return found, set(which.tolist())


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=6))
def test_many_texts_are_spelt_as_each_is_by_the_rule(batch: list[str]) -> None:
    assert spelled(batch)[0] == [spell(text) for text in batch]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(DISGUISING, max_size=30), max_size=6))
def test_disguises_are_spelt_as_by_the_rule(batch: list[str]) -> None:
    assert spelled(batch)[0] == [spell(text) for text in batch]


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("The THIRD  day\tof Tet,\nwe met.", b"the third  day of tet,\nwe met."),
        ("“Đông” – Café…", b'"dong" \x03\xe2\x80\x93 cafe...'),
        ("a v1et and @ll for $5", b"a \x01viet and @ll for $5"),
        ("a$$es say nooooo", b"a$$es say no".replace(b"a$$es", b"\x01asses")),
        ("a rat 🐀!", b"a rat  rat !"),
        ("no\u200bthing", b"nothing"),
    ],
)
def test_ordinary_texts_need_no_slow_way(text: str, bytes_: bytes) -> None:
    found, hard = spelled([text])
    assert found == [bytes_]
    assert not hard


@pytest.mark.parametrize("text", ["the y u o n", "фаrang", "សួស្តី", "a\x01b", "sooo0n"])
def test_what_the_kernel_cannot_judge_it_leaves_to_the_rule(text: str) -> None:
    found, hard = spelled(["before", text, "after"])
    assert hard == {1}
    assert found == [b"before", spell(text), b"after"]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_spelt_texts_have_the_tokens_of_the_text(text: str) -> None:
    expected = tokenise(normalise(text))
    content = spell(text) + b"\0"
    cut = tokenise_texts(np.frombuffer(bytearray(content), np.uint8), known_words(), whole=True)
    found = [content[a:b].decode() for a, b in zip(cut.begins, cut.ends, strict=True)]
    controls = str.maketrans(dict.fromkeys("\0\1\2\3", "\4"))
    assert found == [token.text.translate(controls) for token in expected]
    assert (cut.flags > 1).tolist() == [token.disguised for token in expected]
