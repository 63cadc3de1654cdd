"""A text that is read once: normalised, and cut into sentences and words, for all who judge it."""

from bisect import bisect_left
from collections.abc import Generator, Iterable
from typing import NamedTuple, TypeVar

from moderation.text.normalise import Normalised, normalise
from moderation.text.sentences import Sentence, SentenceCutter
from moderation.text.words import Token, only_words, tokens

# FOLDED steps: Long work in short steps, so that other work can be done between them.
# A function that judges in steps is a generator: it yields after each bounded piece of work, and
# returns what it found. Whoever runs it decides what happens between the steps.

Found = TypeVar("Found")
Steps = Generator[None, None, Found]


def finish(steps: Steps[Found]) -> Found:
    """Take all the steps that are left, without a pause, and return what they found."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found


# FOLDED utf16: Offsets as upstream counts them: in UTF-16 code units, where Python counts
# characters.

LAST_OF_ONE_UNIT = "\uffff"
"""Characters after this one are two code units in UTF-16."""


def to_utf16(text: str, offsets: Iterable[int]) -> list[int]:
    """Return where the characters at some `str` offsets of a text begin in its UTF-16 form.

    Parameters
    ----------
    text : str
    offsets : iterable of int
        From 0 to ``len(text)``, in any order.
    """
    wide = _wide(text)
    return [offset + bisect_left(wide, offset) for offset in offsets]


def from_utf16(text: str, units: Iterable[int]) -> list[int] | None:
    """Return the `str` offsets of some UTF-16 offsets; None where one is within a character."""
    begins = {unit: offset for offset, unit in enumerate(to_utf16(text, range(len(text) + 1)))}
    found = [begins.get(unit) for unit in units]
    return None if None in found else [offset for offset in found if offset is not None]


def _wide(text: str) -> list[int]:
    return [at for at, character in enumerate(text) if character > LAST_OF_ONE_UNIT]


STEP_CHARACTERS = 4_000
"""Characters that are read in one step."""


class Document(str):
    """A text as received, with its readings: each is made when it is first asked for, and kept.

    It is that text, so that whatever takes a text takes it, and whatever is cut from it is a plain
    ``str`` again. All offsets are those of the text as received.

    Examples
    --------
    >>> document = Document("Việt\u200b NAM")
    >>> document.normalised.text, document.tokens[1].start
    ('viet nam', 6)
    """

    __slots__ = ("_cut", "_normalised", "_tokens")

    _normalised: Normalised
    _tokens: list[Token]
    _cut: "_Cut"

    @classmethod
    def of(cls, text: str) -> "Document":
        """Return the document of a text: itself, if it is one."""
        return text if type(text) is cls else cls(text)

    @property
    def normalised(self) -> Normalised:
        """The whole text, normalised."""
        try:
            return self._normalised
        except AttributeError:
            # Of a plain copy, so that the two do not hold each other in memory.
            self._normalised = normalise(str(self))
            return self._normalised

    @property
    def tokens(self) -> list[Token]:
        """The words and signs of the whole text."""
        try:
            return self._tokens
        except AttributeError:
            self._tokens = tokens(self.normalised)
            return self._tokens

    @property
    def words(self) -> list[Token]:
        """The words of the whole text."""
        return only_words(self.tokens)

    def sentences(self, cutter: SentenceCutter) -> list[Sentence]:
        """Return the sentences and their tokens; a text of signs alone has one sentence."""
        return finish(self.begin_sentences(cutter))

    def begin_sentences(self, cutter: SentenceCutter) -> Steps[list[Sentence]]:
        """Cut the text as `sentences` does, in steps of a few thousand characters."""
        cut = self._cut_by(cutter)
        if cut.sentences:
            return cut.sentences
        sentences: list[Sentence] = []
        pause = STEP_CHARACTERS
        for start, end in cut.spans or cutter.each_span(self):
            sentences.append(Sentence(start, end, tokens(self.normalised.part(start, end))))
            if end >= pause:
                pause = end + STEP_CHARACTERS
                yield
        sentences = sentences or [Sentence(0, len(self), [])]
        self._cut = _Cut(cutter, [(start, end) for start, end, _ in sentences], sentences)
        return sentences

    def begin_spans(self, cutter: SentenceCutter) -> Steps[list[tuple[int, int]]]:
        """Find the offsets of each sentence, in steps of a few thousand characters."""
        cut = self._cut_by(cutter)
        if cut.spans:
            return cut.spans
        spans: list[tuple[int, int]] = []
        pause = STEP_CHARACTERS
        for start, end in cutter.each_span(self):
            spans.append((start, end))
            if end >= pause:
                pause = end + STEP_CHARACTERS
                yield
        spans = spans or [(0, len(self))]
        self._cut = _Cut(cutter, spans, [])
        return spans

    def _cut_by(self, cutter: SentenceCutter) -> "_Cut":
        cut = getattr(self, "_cut", None)
        return cut if cut and cut.cutter is cutter else _Cut(cutter, [], [])


class _Cut(NamedTuple):
    """The sentences of a text as one cutter cuts it; an empty list for what is not known yet."""

    cutter: SentenceCutter
    spans: list[tuple[int, int]]
    sentences: list[Sentence]
