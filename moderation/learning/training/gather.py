"""The public corpora that are there, without what also stands in a split that tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from moderation.corpora import CorpusState, CorpusText, available, read_corpora
from moderation.labelling.record import Example
from moderation.learning.evaluation.table import read_table
from moderation.learning.judgement import HARMFUL, Flags, Floats
from moderation.taxonomy import PRESENT
from moderation.text.near_duplicates import HasText, drop_leaks

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
