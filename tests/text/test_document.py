"""A document is the text as received; each of its readings is made once, and leads back to it."""

import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.text import document as module
from moderation.text.document import STEP_CHARACTERS, Document
from moderation.text.normalise import normalise
from moderation.text.segmentation import SentenceCutter, learn_sentences, tokenise, tokenise_words

LEARNED = learn_sentences(["The road is closed. Mr. Som said so. It will open soon."])
CUTTER = SentenceCutter(LEARNED)

# Disguises, expanding and vanishing characters, and ends of sentences stand thick in it.
DISGUISING = st.sampled_from(
    [*"aabcz .!?-_*'1034@$\n", *"éĐ’…🐀\u200d\ufe0f½ﬁ™аорһα", "y u o n", "v1et. ", "sooo ", "។ សួស្តី"]
)
texts = st.lists(st.one_of(DISGUISING, st.characters(exclude_categories=["Cs"])), max_size=60).map(
    "".join
)


@given(texts)
def test_every_run_of_every_reading_leads_back_to_the_text_as_received(text: str) -> None:
    document = Document(text)
    sentences = document.sentences(CUTTER)
    every = [document.normalised, *(document.normalised.part(s.start, s.end) for s in sentences)]
    bounds = [(0, len(text)), *((s.start, s.end) for s in sentences)]
    for normal, (first, last) in zip(every, bounds, strict=True):
        assert len(normal.origins) == len(normal.text) == len(normal.kept)
        for index in range(len(normal.text)):
            start, end = normal.original(index, index + 1)
            assert first <= start < end <= last
            # What the received character becomes by itself holds the character it is mapped to,
            # as it was before disguises were undone.
            assert normal.plain[normal.kept[index]] in normalise(text[start:end]).plain
        whole = normal.original(0, len(normal.text)) if normal.text else (first, last)
        assert first <= whole[0] <= whole[1] <= last


@given(texts)
def test_a_sentence_is_read_as_a_text_of_its_own_with_offsets_of_the_whole(text: str) -> None:
    for start, end, found in Document(text).sentences(CUTTER):
        alone = tokenise(normalise(text[start:end]))
        moved = [t._replace(start=t.start + start, end=t.end + start) for t in alone]
        assert found == (moved if text.strip() else [])


@given(texts)
def test_the_whole_text_is_read_as_normalising_reads_it(text: str) -> None:
    document, normal = Document(text), normalise(text)
    assert document.normalised.text == normal.text
    assert list(document.normalised.origins) == list(normal.origins)
    assert document.tokens == tokenise(normal)
    assert document.words == tokenise_words(normal)


@given(texts)
def test_a_document_is_the_text_and_what_is_cut_from_it_is_plain_text(text: str) -> None:
    document = Document(text)
    assert document == text
    assert hash(document) == hash(text)
    assert type(document[:]) is type(document.strip() + "") is str
    assert Document.of(document) is document
    assert type(Document.of(text)) is Document


def test_a_document_takes_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Document("a").colour = "red"  # type: ignore[attr-defined]


def test_a_document_that_was_read_can_be_copied_and_sent_to_another_process() -> None:
    document = Document("Viet. Nam")
    assert document.words
    for again in (copy.deepcopy(document), pickle.loads(pickle.dumps(document))):  # noqa: S301
        assert (again, again.words) == (document, document.words)


def counted(
    monkeypatch: pytest.MonkeyPatch, name: str, function: Callable[..., object]
) -> list[object]:
    """Count the calls of a function that documents read by."""
    calls: list[object] = []

    def count(*given: object) -> object:
        calls.append(given)
        return function(*given)

    monkeypatch.setattr(module, name, count)
    return calls


def test_each_reading_is_made_when_it_is_first_asked_for_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    normalised = counted(monkeypatch, "normalise", normalise)
    cut = counted(monkeypatch, "tokenise", tokenise)
    document = Document("They came. They saw v1et. They left.")
    assert (len(normalised), len(cut)) == (0, 0)
    assert list(document.begin_spans(CUTTER)) == []
    assert (len(normalised), len(cut)) == (0, 0)
    assert document.normalised is document.normalised
    assert document.sentences(CUTTER) is document.sentences(CUTTER)
    assert (len(normalised), len(cut)) == (1, 3)
    assert document.words == document.words
    assert (len(normalised), len(cut)) == (1, 4)


def test_a_text_is_cut_once_for_each_cutter(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    cut = SentenceCutter.iter_spans

    def count(self: SentenceCutter, text: str) -> object:
        calls.append(text)
        return cut(self, text)

    monkeypatch.setattr(SentenceCutter, "iter_spans", count)
    document = Document("They came. They saw.")
    list(document.begin_spans(CUTTER))
    first = document.sentences(CUTTER)
    list(document.begin_spans(CUTTER))
    assert len(calls) == 1
    other = SentenceCutter(LEARNED | {"abbreviations": ["came"]})
    assert len(first) == 2
    assert len(document.sentences(other)) == 1
    assert len(calls) == 2


@settings(deadline=None, max_examples=10)
@given(texts.filter(lambda text: bool(text.strip())))
def test_in_steps_a_long_text_is_cut_as_it_is_at_once(text: str) -> None:
    long = f"{text} They came. " * (3 * STEP_CHARACTERS // len(text))
    document = Document(long)
    assert len(list(document.begin_sentences(CUTTER))) >= 2
    assert document.sentences(CUTTER) == Document(long).sentences(CUTTER)


def test_a_text_of_blanks_is_one_sentence_without_tokens() -> None:
    assert Document(" \n").sentences(CUTTER) == [(0, 2, [])]
    assert Document("").sentences(CUTTER) == [(0, 0, [])]
