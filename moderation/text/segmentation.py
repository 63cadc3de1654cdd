"""The segments of a text: tokens, sentences and windows of sentences, each with its offsets.

The models read tokens, words and single signs, and were trained on these: a change here needs new
models. For words as people see them there is `moderation.text.words`. Sentences are cut by Punkt
with what it learned from the labelled set. NLTK is imported where it is needed: with all that it
brings along it takes a second, which no command should wait for that cuts no sentence.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from moderation.text.normalise import Normalised, unrepeated

# No part can match what the next part matches, so the time is linear in the text's length. Khmer
# vowel signs, which \w leaves out, and inner apostrophes stay with their word.
_TOKEN = re.compile(r"[^\W_]+(?:(?:'(?=[^\W_])|[\u17b4-\u17d3]+)[^\W_]*)*|[^\w\s]|_")

# Of Khmer, Burmese, Chinese and Japanese, Arabic, Devanagari. The Thai sign ends a sentence only
# between blanks; behind a letter it shortens a name.
_MARKS_OF_SCRIPTS = re.compile("[។៕៚။。！？؟।॥]+[\"'”’」』）)]*|(?<=\\s)ฯ(?=\\s)")

MAX_WORDS = 60
"""Words after which a run without a sentence boundary is cut all the same."""
WINDOW_WORDS = 60
"""Words in a window at most, unless it is one longer sentence."""
# Abbreviations of English-language newspapers that a small training set may not show often enough.
_ABBREVIATIONS = {
    *("mr", "mrs", "ms", "dr", "prof", "st", "gen", "col", "lt", "maj", "capt", "sgt", "sen"),
    *("gov", "rep", "hon", "no", "vs", "etc", "e.g", "i.e", "u.n", "u.s", "u.k", "a.m", "p.m"),
    *("co", "ltd", "inc", "km", "kg", "jan", "feb", "aug", "sept", "oct", "nov", "dec"),
}


class Token(NamedTuple):
    """A word or a sign: its normalised text, and its offsets in the original text."""

    text: str
    start: int
    end: int
    disguised: bool = False
    """True if it was spelt so as to hide it."""


def tokenise(normalised: Normalised) -> list[Token]:
    """Cut a normalised text into words and single signs."""
    text, origins = normalised.text, normalised.origins
    runs = (match.span() for match in _TOKEN.finditer(text))
    if text == normalised.plain:
        return [Token(text[a:b], origins[a], origins[b - 1] + 1) for a, b in runs]
    return [_token(normalised, *run) for run in runs]


def tokenise_words(normalised: Normalised) -> list[Token]:
    """Cut a normalised text into words, leaving the signs out."""
    return only_words(tokenise(normalised))


def only_words(tokens: Iterable[Token]) -> list[Token]:
    """Return those of some tokens that are words."""
    return [token for token in tokens if token.text[0].isalnum()]


def _token(normalised: Normalised, first: int, last: int) -> Token:
    text = normalised.text[first:last]
    start, end = normalised.original(first, last)
    origins = normalised.plain_origins
    plain = normalised.plain[bisect_left(origins, start) : bisect_left(origins, end)]
    # Drawing a word out is speech, and one character that stands for several is a ligature.
    return Token(text, start, end, text not in plain and text != unrepeated(plain))


class Sentence(NamedTuple):
    """A sentence's offsets in the original text and its tokens."""

    start: int
    end: int
    tokens: list[Token]


class SentenceCutter:
    """Cuts texts into sentences.

    Parameters
    ----------
    state : dict
        The result of :func:`learn_sentences`: built-in values only, so that it can be stored. With
        ``scripts`` true, sentences also end at the marks of other scripts than the Latin one.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer  # noqa: PLC0415

        parameters = PunktParameters()
        parameters.abbrev_types = set(state["abbreviations"])
        parameters.collocations = {tuple(pair) for pair in state["collocations"]}
        parameters.sent_starters = set(state["starters"])
        parameters.ortho_context.update(state["orthography"])
        self._punkt = PunktSentenceTokenizer(parameters)
        self._marks = _MARKS_OF_SCRIPTS if state.get("scripts") else None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the offsets of each sentence, in order, without the blanks around it.

        A line break ends a sentence, as comments and scraped pages have it.
        """
        return list(self.iter_spans(text))

    def iter_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the offsets that `spans` returns, each as soon as it is known."""
        offset = 0
        for line in text.splitlines(keepends=True):
            for whole in self._punkt.span_tokenize(line):
                for start, end in self._cut_at_marks(line, *whole):
                    stripped = line[start:end].strip()
                    if stripped:
                        begin = offset + start + line[start:end].index(stripped[0])
                        yield from _cut(text, begin, begin + len(stripped))
            offset += len(line)

    def _cut_at_marks(self, line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cut a sentence behind the marks with which other scripts end one."""
        if self._marks is not None and not line.isascii():
            for mark in self._marks.finditer(line, start, end):
                yield start, mark.end()
                start = mark.end()
        yield start, end


def learn_sentences(texts: Iterable[str]) -> dict[str, Any]:
    """Learn abbreviations and sentence starters from texts (Kiss & Strunk, 2006).

    Returns
    -------
    dict
        Built-in values, in a fixed order, for :class:`SentenceCutter`.
    """
    from nltk.tokenize.punkt import PunktTrainer  # noqa: PLC0415

    trainer = PunktTrainer()
    for text in texts:
        trainer.train(text, finalize=False)
    trainer.finalize_training()
    learned = trainer.get_params()
    return {
        "abbreviations": sorted(learned.abbrev_types | _ABBREVIATIONS),
        "collocations": sorted(list(pair) for pair in learned.collocations),
        "starters": sorted(learned.sent_starters),
        "orthography": dict(sorted(learned.ortho_context.items())),
    }


def windows(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs of sentences, first to last (exclusive), that together cover the text.

    A long text is judged in windows that overlap, so that one vile sentence is noticed.

    A window begins at every sentence and takes in those that follow while there is room; a window
    that lies wholly inside the one before it is left out. The number of windows is at most the
    number of sentences, and each has a bounded length, so that the cost grows linearly.

    Parameters
    ----------
    lengths : sequence of int
        The number of words in each sentence.
    """
    runs: list[tuple[int, int]] = []
    last, words = 0, 0
    for first in range(len(lengths)):
        reached = last
        while last < len(lengths) and (
            last == first or words + max(lengths[last], 1) <= WINDOW_WORDS
        ):
            words += max(lengths[last], 1)
            last += 1
        if last > reached:
            runs.append((first, last))
        words -= max(lengths[first], 1)
    return runs


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a run of more than `MAX_WORDS` words into pieces of that many."""
    words = 0
    inside = False
    for index in range(start, end):
        if text[index].isspace():
            inside = False
        elif not inside:
            inside = True
            words += 1
            if words > MAX_WORDS:
                yield start, len(text[:index].rstrip())
                start, words = index, 1
    yield start, end
