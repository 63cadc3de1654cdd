"""The public corpora that are there, without what also stands in a split that tests."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

from moderation.corpora import CorpusState, CorpusText, available, read_corpora
from moderation.evaluation.tables import read_table
from moderation.labels.records import Example
from moderation.models.base import HARMFUL, Flags, Floats
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.text.document import Document
from moderation.text.near_duplicates import HasText, drop_leaks
from moderation.text.sentences import SentenceCutter, windows
from moderation.training.vectorizer import NgramHasher

# FOLDED data: Labelled examples and public corpora as the arrays that training and evaluation
# work on.


class Dataset(NamedTuple):
    """Examples of one split, with their texts and attribute values at hand."""

    examples: list[Example]
    texts: list[str]
    values: Floats
    """Shape ``(n_examples, n_attributes)``; NaN where an annotator left it open."""

    @classmethod
    def of(cls, examples: Sequence[Example], split: Split) -> Self:
        """Take the examples of a split, in their order."""
        chosen = [example for example in examples if example.split == split]
        values = [
            [np.nan if (value := e.attributes[name]) is None else value for name in ATTRIBUTE_NAMES]
            for e in chosen
        ]
        shape = (len(chosen), len(ATTRIBUTE_NAMES))
        return cls(chosen, [e.text for e in chosen], np.array(values, dtype=float).reshape(shape))


class TrainingRows(NamedTuple):
    """What is learned from."""

    features: sparse.csr_array
    """Shape ``(n_rows, n_features)``."""
    values: Floats
    """Shape ``(n_rows, n_attributes)``; NaN for unknown."""
    weights: Floats
    """How much each row counts, shape ``(n_rows,)``."""


def read_rows(
    train: Dataset,
    corpora: Sequence[CorpusText],
    cutter: SentenceCutter,
    hasher: NgramHasher,
    label_weight: float,
) -> TrainingRows:
    """Make rows of our examples, window by window, and of the corpora, text by text.

    Parameters
    ----------
    train : Dataset
    corpora : sequence of CorpusText
    cutter : SentenceCutter
    hasher : NgramHasher
    label_weight : float
        How much a window of our own counts beside a text of a corpus.
    """
    pairs = list(_windows(train, cutter))
    texts = [*(text for text, _ in pairs), *(text.text for text in corpora)]
    values = [*(known for _, known in pairs), *(np.array(text.values) for text in corpora)]
    weights = np.ones(len(texts))
    weights[: len(pairs)] = label_weight if corpora else 1.0
    return TrainingRows(hasher.transform(texts), np.array(values), weights)


def _windows(train: Dataset, cutter: SentenceCutter) -> Iterator[tuple[str, Floats]]:
    """Yield each window of each text, and its attribute values.

    A window of a flagged text that holds none of its evidence is harmless, and is learned as such.
    """
    for example, text, values in zip(train.examples, train.texts, train.values, strict=False):
        sentences = Document(text).sentences(cutter)
        for first, last in windows([len(sentence.tokens) for sentence in sentences]):
            begin, end = sentences[first].start, sentences[last - 1].end
            marked = any(e.start < end and begin < e.end for e in example.evidence)
            innocent = bool(example.evidence) and not marked
            yield text[begin:end], values * (0.0 if innocent else 1.0)


SUITE = "suite.csv"
TEMPLATES = "templates"
TEMPLATES_STEP = 5
"""Of so many sentence templates one trains: they are short, alike, and more than all else."""


class Text(NamedTuple):
    """A text that nothing that trains may repeat."""

    text: str


ORDINARY = ("wikipedia_talk", "wikinews")
"""Corpora of ordinary writing. What they call harmless stands for harmless writing in general."""


class Gathered(NamedTuple):
    """Texts of public corpora."""

    train: list[CorpusText]
    """Their train texts, without the harms of which a corpus knows one kind only."""
    said: list[CorpusText]
    """The same texts, with all that the corpora say."""
    held_out: list[CorpusText]
    """Their dev texts; their test texts are for nobody's eyes yet."""
    states: dict[str, CorpusState]
    leaks: int
    """Texts left out because they repeat one that tests."""

    def told(self) -> str:
        """Say which corpora are used and which are not, in words."""
        used = [name for name, state in self.states.items() if state is CorpusState.PRESENT]
        absent = [name for name, state in self.states.items() if state is not CorpusState.PRESENT]
        return (
            f"corpora used: {', '.join(used) or 'none'}; absent: {', '.join(absent) or 'none'}; "
            f"{self.leaks} texts left out that repeat a held-out one"
        )


def gather(folder: Path, examples: Sequence[Example], labels: Path) -> Gathered:
    """Read the corpora that are in a folder.

    The sentence templates train too, or naming an identity would be held against a text: one in
    five of those whose adjectives and verbs are not in the ones that measure.

    Parameters
    ----------
    folder : Path
        It need not exist.
    examples : sequence of Example
        Their dev and test splits, and the functional suite, are held out.
    labels : Path
        The labelled set's folder.
    """
    states = available(folder)
    texts = list(read_corpora(folder)) if CorpusState.PRESENT in states.values() else []
    suite = labels / SUITE
    held_out: list[HasText] = [
        *(Text(example.text) for example in examples if example.split != "train"),
        *(Text(row.text) for row in (read_table(suite) if suite.is_file() else ())),
        *(text for text in texts if text.split != "train" and text.source != TEMPLATES),
    ]
    train = [text for text in texts if text.split == "train" and text.source != TEMPLATES]
    kept = drop_leaks(train, held_out)
    templates = [text for text in texts if text.split == "train" and text.source == TEMPLATES]
    said = [*kept, *templates[::TEMPLATES_STEP]]
    return Gathered(
        drop_one_sided(said),
        said,
        [text for text in texts if text.split == "dev"],
        states,
        len(train) - len(kept),
    )


def drop_one_sided(texts: Sequence[CorpusText]) -> list[CorpusText]:
    """Make unknown each harm of which a corpus, unless it is ordinary, knows one kind only.

    A corpus of abuse that says of some texts that they are no threat, and of none that it is one,
    would teach its own style as harmless; one that knows threats only, as threatening.
    """
    values = {
        source: np.array([text.values for text in texts if text.source == source])
        for source in {text.source for text in texts}
    }
    unknown = {source: _one_sided(some, source) for source, some in values.items()}
    return [
        text._replace(values=tuple(np.where(unknown[text.source], np.nan, text.values).tolist()))
        for text in texts
    ]


def _one_sided(values: Floats, source: str) -> Flags:
    present = (values >= PRESENT).any(axis=0)
    absent = (values < PRESENT).any(axis=0)
    ordinary = source in ORDINARY
    return HARMFUL & ~(present & absent) & ~(ordinary & absent)
