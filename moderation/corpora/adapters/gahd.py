"""German sentences written or found to deceive a classifier of hate speech, and their contrasts.

Hate speech means here: it attacks or demeans people for a protected group to which they belong. In
four rounds, annotators wrote sentences, checked translations, checked sentences of newspapers that
a classifier had flagged, and wrote contrasts. The second round is left out: the translations are of
an English set on which models are judged (Vidgen and others, 2021), and nothing learns from that.
The mapping:

- 1: toxicity 1 and identity attack 1. For which identity is not said: ethnic hostility is unknown.
- 0: identity attack 0, and so ethnic hostility 0. Insults to persons and parties are in this
  class, so toxicity is unknown.
- news is unknown where nothing is attacked: most of the third round is of newspapers, columns and
  interviews included.
- the rest is unknown: it was not asked for.

The corpus has a published test split, so its own splits are kept. They tear a third of the pairs of
contrasts apart, and some texts are in GermEval too; training drops what nearly repeats a text of
another split.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from moderation.corpora.corpus import RAW, Corpus, CorpusFile, CorpusText, read_rows, values_of
from moderation.splits import Split

_REPOSITORY = f"{RAW}/jagol/gahd/2a4e919d5208d99a885824c63583d898d02ca1a1"
NAME = "gahd_de"
FILE = "gahd_de.csv"

_TRANSLATED = "R2"
"""The round of translations."""
_VALUES = {"1": values_of(toxicity=1, identity_attack=1), "0": values_of(identity_attack=0)}


def read_gahd(folder: Path) -> Iterator[CorpusText]:
    """Yield the sentences that were not translated, in the order of the file."""
    for row in read_rows(folder / FILE, "gahd_id", "text", "label", "round", "split"):
        if row["text"].strip() and row["round"] != _TRANSLATED:
            split = cast("Split", row["split"])
            yield CorpusText(row["text"], _VALUES[row["label"]], NAME, row["gahd_id"], split)


CORPUS = Corpus(
    NAME,
    "GAHD, German Adversarial Hate speech Dataset",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/gahd.csv",
            "a1ba022786b198f0d2145c0ee8cbe4d65a1d3aadb81105ac55684b79d3ed650b",
        ),
    ),
    "CC-BY-4.0",
    "Goldzycher, Röttger and Schneider. Improving Adversarial Data Collection by Supporting "
    "Annotators: Lessons from GAHD, a German Hate Speech Dataset. NAACL 2024.",
    "Sentences that deceive classifiers: hate speech or not",
    read_gahd,
    "de",
)
