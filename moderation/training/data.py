"""Training data: labelled examples and public corpora, as texts and as arrays.

Texts of corpora that repeat a held-out text are left out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

from moderation.corpora import (
    CorpusState,
    CorpusText,
    available,
    corpora_in,
    read_corpora,
)
from moderation.corpora.corpus import digest_of
from moderation.evaluation.tables import read_table
from moderation.labels.judged import JudgedText, read_judged
from moderation.labels.records import LANGUAGES, Example
from moderation.models.base import HARMFUL, Flags, Floats
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT, Label
from moderation.text.document import Document
from moderation.text.near_duplicates import HasText, drop_leaks
from moderation.text.segmentation import SentenceCutter, windows
from moderation.training.judged import Judged, Odds, foretell, join, well_judged
from moderation.training.vectorizer import NgramHasher

SUITE = "suite.csv"
"""The functional suite, in the labelled set's folder."""
SUITES = "suite-*.csv"
"""Those in other languages, in their folder."""
TEMPLATES = "templates"
"""The corpus of sentence templates."""
MOST_OF_A_CORPUS = 15_000
"""Texts of one corpus that train at most, so that none outweighs all others."""
MOST_HELD_OUT = 1_000
"""Texts of one corpus's dev split on which models are measured at most; of the templates, all."""
TEMPLATES_STEP = 5
"""One template in so many trains: they are short, alike, and more than all other texts."""
ORDINARY = ("wikipedia_talk", "wikinews", "bold")
"""Corpora of ordinary writing: harmless texts in them stand for harmless writing in general."""

ENGLISH = "en"
BESIDE_TRANSLATIONS = ("ntrex_en",)
"""English corpora that are read only together with their translations: they came with those, and a
model of English alone learns without them."""


class Dataset(NamedTuple):
    """The examples of one split, with their texts and attribute values."""

    examples: list[Example]
    texts: list[str]
    values: Floats
    """Shape ``(n_examples, n_attributes)``; NaN where an annotator left it open."""

    @classmethod
    def of(cls, examples: Sequence[Example], split: Split) -> Self:
        """Return the examples of a split, in their order."""
        chosen = [example for example in examples if example.split == split]
        values = [
            [np.nan if (value := e.attributes[name]) is None else value for name in ATTRIBUTE_NAMES]
            for e in chosen
        ]
        shape = (len(chosen), len(ATTRIBUTE_NAMES))
        return cls(chosen, [e.text for e in chosen], np.array(values, dtype=float).reshape(shape))


OWN, REAL = "own", "real"
"""The streams of texts to calibrate on: our own examples, and judged texts of corpora."""


class Labelled(NamedTuple):
    """Texts of several streams with their right values and labels."""

    texts: list[str]
    values: Floats
    """Shape ``(n_texts, n_attributes)``; NaN for unknown."""
    labels: list[Label]
    streams: list[str]

    @classmethod
    def of(cls, own: Dataset, judged: Sequence[Judged] = ()) -> Self:
        """Return our own examples, then texts of corpora that were judged."""
        values = [judged_text.values for judged_text in judged]
        return cls(
            [*own.texts, *(judged_text.text for judged_text in judged)],
            np.vstack([own.values, np.reshape(values, (-1, len(ATTRIBUTE_NAMES)))]),
            [*(e.label for e in own.examples), *(judged_text.label for judged_text in judged)],
            [OWN] * len(own.texts) + [REAL] * len(judged),
        )


class TrainingRows(NamedTuple):
    """The rows that a model learns from."""

    features: sparse.csr_array
    """Shape ``(n_rows, n_features)``."""
    values: Floats
    """Shape ``(n_rows, n_attributes)``; NaN for unknown."""
    weights: Floats
    """The weight of each row, shape ``(n_rows,)``."""


class Weights(NamedTuple):
    """The weights of rows; that of a text of a corpus that was not judged is 1."""

    own: float
    """Of a window of our own."""
    judged: float
    """Of a text of a corpus that was judged."""


def read_rows(
    train: Dataset,
    corpora: Sequence[CorpusText],
    judged: Sequence[Judged],
    cutter: SentenceCutter,
    hasher: NgramHasher,
    weights: Weights,
) -> TrainingRows:
    """Return a row for each window of our examples and for each text of the corpora.

    Parameters
    ----------
    train : Dataset
    corpora : sequence of CorpusText
        Texts that were not judged.
    judged : sequence of Judged
        Those that were.
    cutter : SentenceCutter
    hasher : NgramHasher
    weights : Weights
        They count where there are corpora; without, all are 1.
    """
    pairs = list(_windows(train, cutter))
    rows = [
        *((text, values, weights.own) for text, values in pairs),
        *((one.text, np.array(one.values), weights.judged) for one in judged),
        *((text.text, np.array(text.values), 1.0) for text in corpora),
    ]
    texts, values, of_rows = zip(*rows, strict=True) if rows else ((), (), ())
    alone = len(rows) == len(pairs)
    return TrainingRows(
        hasher.transform(list(texts)),
        np.array(values),
        np.ones(len(rows)) if alone else np.array(of_rows),
    )


def _windows(train: Dataset, cutter: SentenceCutter) -> Iterator[tuple[str, Floats]]:
    """Yield each window of each text, and its attribute values.

    A window of a flagged text that has none of its evidence is learned as harmless.
    """
    for example, text, values in zip(train.examples, train.texts, train.values, strict=False):
        sentences = Document(text).sentences(cutter)
        for first, last in windows([len(sentence.tokens) for sentence in sentences]):
            begin, end = sentences[first].start, sentences[last - 1].end
            marked = any(e.start < end and begin < e.end for e in example.evidence)
            innocent = bool(example.evidence) and not marked
            yield text[begin:end], values * (0.0 if innocent else 1.0)


class Text(NamedTuple):
    """A held-out text, which no text that trains may repeat."""

    text: str


class Gathered(NamedTuple):
    """Texts of public corpora."""

    train: list[CorpusText]
    """Their train texts that were not judged, with the values that judgements foretell, or without
    the harms that a corpus labels one-sidedly."""
    unmasked: list[CorpusText]
    """The same texts, with all values of the corpora."""
    judged: list[Judged]
    """Texts of all splits that were judged under our guidelines."""
    held_out: list[CorpusText]
    """Dev texts on which models are measured."""
    states: dict[str, CorpusState]
    leaks: int
    """The number of texts left out because they repeat a held-out one."""

    def judged_of(self, split: Split) -> list[Judged]:
        """Return the judged texts of a split: all of train, of others those drawn at random."""
        return [
            judged
            for judged in self.judged
            if judged.of_corpus.split == split and (judged.random or split == "train")
        ]

    def summary(self) -> str:
        """Return a sentence that names the corpora used and the absent ones."""
        used = [name for name, state in self.states.items() if state is CorpusState.PRESENT]
        absent = [name for name, state in self.states.items() if state is not CorpusState.PRESENT]
        return (
            f"corpora used: {', '.join(used) or 'none'}; absent: {', '.join(absent) or 'none'}; "
            f"{self.leaks} texts left out that repeat a held-out one"
        )


def gather(
    folder: Path,
    examples: Sequence[Example],
    labels: Path,
    languages: Collection[str] = (ENGLISH,),
    *,
    most: int = MOST_OF_A_CORPUS,
) -> Gathered:
    """Read the corpora of some languages that are in a folder.

    One in five of the sentence templates trains too, or naming an identity would raise a text's
    score. Their adjectives and verbs do not occur in the templates that measure.

    Parameters
    ----------
    folder : Path
        It may be missing.
    examples : sequence of Example
        Their dev and test splits, and the functional suites, are held out.
    labels : Path
        The labelled set's folder.
    languages : collection of str
        ISO 639 codes.
    most : int
        Texts of one corpus that train at most.
    """
    states = available(folder, names_of(languages))
    there = [name for name, state in states.items() if state is not CorpusState.ABSENT]
    texts = list(read_corpora(folder, there))
    suites = [labels / SUITE, *sorted((labels / LANGUAGES).glob(SUITES))]
    held_out: list[HasText] = [
        *(Text(example.text) for example in examples if example.split != "train"),
        *(Text(row.text) for suite in suites if suite.is_file() for row in read_table(suite)),
        *(text for text in texts if text.split != "train" and text.source != TEMPLATES),
    ]
    train = [text for text in texts if text.split == "train" and text.source != TEMPLATES]
    kept = drop_leaks(train, held_out)
    templates = [text for text in texts if text.split == "train" and text.source == TEMPLATES]
    judgements = read_judged(labels)
    dev = [text for text in texts if text.split == "dev"]
    tests = [text for text in texts if text.split == "test"]
    judged = join(judgements, [*kept, *dev, *tests])
    unmasked = [*_others(kept, judgements, most), *templates[::TEMPLATES_STEP]]
    measured = held_out_texts(dev)
    gathered = Gathered([], unmasked, judged, measured, states, len(train) - len(kept))
    return gathered._replace(train=taught_values(gathered, gathered.judged_of("train")))


def names_of(languages: Collection[str]) -> list[str]:
    """Return the names of the corpora that are read for some languages."""
    english_alone = set(languages) <= {ENGLISH}
    return [
        name
        for name in corpora_in(languages)
        if not (english_alone and name in BESIDE_TRANSLATIONS)
    ]


def _others(
    texts: Sequence[CorpusText], judgements: Sequence[JudgedText], most: int
) -> list[CorpusText]:
    """Return texts for which there is no judgement, `most` of each corpus at most."""
    keys = {judgement.key for judgement in judgements}
    return drawn((t for t in texts if (t.source, t.id) not in keys), most)


def held_out_texts(dev: Iterable[CorpusText]) -> list[CorpusText]:
    """Return the dev texts on which models are measured: `MOST_HELD_OUT` of each corpus at most."""
    texts = list(dev)
    return [
        *drawn((text for text in texts if text.source != TEMPLATES), MOST_HELD_OUT),
        *(text for text in texts if text.source == TEMPLATES),
    ]


def drawn(texts: Iterable[CorpusText], most: int) -> list[CorpusText]:
    """Return so many texts of each corpus at most, always the same ones.

    They are chosen by their digests, which have nothing to do with what they say.
    """
    by_source = defaultdict[str, list[CorpusText]](list)
    for text in texts:
        by_source[text.source].append(text)
    return [
        text
        for of_source in by_source.values()
        for text in sorted(of_source, key=lambda text: digest_of(text.text))[:most]
    ]


def taught_values(
    gathered: Gathered, judged: Sequence[Judged], odds: Odds | None = None
) -> list[CorpusText]:
    """Return the train texts that were not judged, with the values that they teach.

    Parameters
    ----------
    gathered : Gathered
        Its `train` is not looked at.
    judged : sequence of Judged
        The judged texts that foretell values.
    odds : Odds, optional
        A model's scores of `judged` and of the texts.
    """
    foretold = foretell(gathered.unmasked, judged, odds)
    masked = mask_one_sided(gathered.unmasked)
    sources = well_judged(judged)
    return [
        values if values.source in sources else own
        for values, own in zip(foretold, masked, strict=True)
    ]


def mask_one_sided(texts: Sequence[CorpusText]) -> list[CorpusText]:
    """Return texts with each harm unknown that their corpus labels as present only, or absent only.

    A corpus of abuse in which some texts are labelled as no threat, and none as one, would teach
    its own style as harmless; one that labels threats only, as threatening. In corpora of ordinary
    writing, harms that are only absent stay known.
    """
    values = {
        source: np.array([text.values for text in texts if text.source == source])
        for source in {text.source for text in texts}
    }
    unknown = {source: _one_sided(rows, source) for source, rows in values.items()}
    return [
        text._replace(values=tuple(np.where(unknown[text.source], np.nan, text.values).tolist()))
        for text in texts
    ]


def _one_sided(values: Floats, source: str) -> Flags:
    """Return True for each harm, by column, of which a corpus has one class only."""
    present = (values >= PRESENT).any(axis=0)
    absent = (values < PRESENT).any(axis=0)
    ordinary = source in ORDINARY
    return HARMFUL & ~(present & absent) & ~(ordinary & absent)
