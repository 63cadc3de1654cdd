"""A text that is read once: normalised, cut into sentences and tokens for all who judge it.

Reading a long text is done in short steps, so that other work can be done between them: a function
that works in steps is a generator, which yields after each bounded piece of work and returns its
result. Whoever runs it decides what happens between the steps.
"""

from collections.abc import Generator
from typing import NamedTuple, TypeVar

from moderation.text.language import detect_language
from moderation.text.normalise import Normalised, normalise
from moderation.text.segmentation import Sentence, SentenceCutter, Token, only_words, tokenise

STEP_CHARACTERS = 4_000
"""Characters that are read in one step."""

Result = TypeVar("Result")
Steps = Generator[None, None, Result]
"""A computation in steps."""


def finish(steps: Steps[Result]) -> Result:
    """Take all the steps that are left, without a pause, and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result


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

    __slots__ = ("_cut", "_language", "_normalised", "_tokens")

    _language: str | None
    _normalised: Normalised
    _tokens: list[Token]
    _cut: "_Cut"

    @classmethod
    def of(cls, text: str) -> "Document":
        """Return the document of a text: itself, if it is one."""
        return text if type(text) is cls else cls(text)

    @classmethod
    def in_language(cls, text: str, language: str | None) -> "Document":
        """Return the document of a text whose language is known already.

        Parameters
        ----------
        text : str
        language : str or None
            As `language` returns it, by detection or by the word of whoever sends the text.
        """
        document = cls(text)
        document._language = language
        return document

    @property
    def language(self) -> str | None:
        """The ISO 639 code of the language, None where that is not certain."""
        try:
            return self._language
        except AttributeError:
            self._language = detect_language(self)
            return self._language

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
            self._tokens = tokenise(self.normalised)
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
        for start, end in cut.spans or cutter.iter_spans(self):
            sentences.append(Sentence(start, end, tokenise(self.normalised.part(start, end))))
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
        for start, end in cutter.iter_spans(self):
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
