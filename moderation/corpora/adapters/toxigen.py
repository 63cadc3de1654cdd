"""Sentences about groups written by a language model, as people judged them: harmful or benign.

These are the sentences of ToxiGen on which annotators agreed, about the harm and about the group
that is meant. Few of them use a slur. The score is the mean of theirs, from 1 for benign to 5 for
very offensive. The mapping:

- hate, scored 4 or more: toxicity 1 and identity attack 1. Ethnic hostility is 1 where a people or
  a religion is among the groups, and 0 where only women, LGBTQ people or disabled people are.
- neutral, scored 2 or less: toxicity 0 and what follows from it (see `values_of`).
- scored between 2 and 4: left out. There, annotators themselves were in doubt, and counter-speech
  and reports of discrimination stand on both sides.
- the rest is unknown: it was not asked for.

The texts are as the file has them, but for ``_x000D_``, a line's end that a spreadsheet wrote in
letters. A digest of the text is its name, a text that is repeated is read once, and one with two
labels is left out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    one_label,
    read_json,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/microsoft/SafeNLP/e351b6cb892284cf843b88e363b1a6dbaded584e"
NAME = "toxigen"
FILE = "toxigen_human_agreed.json"

BENIGN, HARMFUL = 2, 4
"""The scores up to which, and from which, a sentence is clearly one or the other."""
PEOPLES = frozenset(
    {
        "asian", "black", "chinese", "jewish", "latino", "mexican", "middle-eastern", "muslim",
        "native-american",
    }
)  # fmt: skip
"""The corpus's groups that are a people or a religion."""

_VALUES = {
    "hostile": values_of(toxicity=1, identity_attack=1, ethnic_hostility=1),
    "hate": values_of(toxicity=1, identity_attack=1, ethnic_hostility=0),
    "neutral": values_of(toxicity=0),
}
_LINE_END = "_x000D_"


def read_toxigen(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct sentence that is clearly harmful or benign."""
    labelled = (
        (str(row["text"]).replace(_LINE_END, "\n"), label)
        for row in read_json(folder / FILE)
        if (label := _label(row))
    )
    for text, label in one_label(labelled).items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


def _label(row: dict[str, Any]) -> str | None:
    """Return the label of a sentence; None if it is in doubt."""
    if row["label"] == "neutral":
        return "neutral" if row["toxicity_score"] <= BENIGN else None
    if row["toxicity_score"] < HARMFUL:
        return None
    return "hate" if PEOPLES.isdisjoint(row["target_groups"]) else "hostile"


CORPUS = Corpus(
    NAME,
    "ToxiGen, sentences on which annotators agreed",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/data/toxiGen.json",
            "42863b997f545833b8c9bfe7fc950aeaccc274d49f7386384db147face745fc3",
        ),
    ),
    "MIT AND CDLA-Permissive-2.0",
    "Hartvigsen, Gabriel, Palangi, Sap, Ray and Kamar. ToxiGen: A Large-Scale Machine-Generated "
    "Dataset for Adversarial and Implicit Hate Speech Detection. ACL 2022.",
    "Sentences about groups, written by a model: harmful or benign",
    read_toxigen,
)
