"""Brazilian tweets, with the votes of three annotators on six kinds of toxic language.

The mapping:

- nobody voted for any kind: toxicity 0, and what follows from it (see `values_of`).
- insult is the share of three that voted for it.
- toxicity is the largest share of any kind but obscenity: soft, because annotators disagree. Where
  only obscenity has votes it is unknown, for our guidelines allow swearing at a thing.
- profanity is 1 where anybody voted for obscenity: of ten that one annotator called obscene, nine
  hold a swear word. Without such a vote it is unknown: a fifth of those that we read have one,
  mostly in letters (*pqp*, *vsf*).
- identity attack is 0 where nobody voted for homophobia, misogyny, racism or xenophobia. Else it is
  the largest share of the four, and soft for another reason as well: friends call each other by
  these words, and half of the tweets with two votes attack nobody for what he is.
- ethnic hostility is 0 where nobody voted for racism or xenophobia, else unknown: of those with two
  or three votes that we read, a quarter attack a people, and as many tease those of a state.
- the rest is unknown: it was not asked for.

A digest of the text is its name; a text that is repeated is read once, and one with two counts of
votes is left out. TuPy, another corpus, has some fifteen of its shortest tweets too.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    UNKNOWN,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    one_label,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/JAugusto97/ToLD-Br/7804082d06a42b791c456b37a8a80ed9b731198c"
NAME = "told_br_pt"
FILE = "told_br_pt.csv"

ANNOTATORS = 3
_PEOPLES = ("racism", "xenophobia")
_GROUPS = ("homophobia", "misogyny", *_PEOPLES)
_KINDS = (*_GROUPS, "insult", "obscene")


def read_told_br(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct tweet whose votes are the same throughout."""
    labelled = (
        (row["text"].strip(), tuple(float(row[kind]) / ANNOTATORS for kind in _KINDS))
        for row in read_rows(folder / FILE, "text", *_KINDS)
    )
    for text, shares in one_label(labelled).items():
        name = name_of(text)
        values = _values(dict(zip(_KINDS, shares, strict=True)))
        yield CorpusText(text, values, NAME, name, split_by(NAME, name))


def _values(shares: dict[str, float]) -> tuple[float, ...]:
    obscene = shares["obscene"] > 0
    toxicity = max(shares["insult"], *(shares[kind] for kind in _GROUPS))
    return values_of(
        toxicity=UNKNOWN if obscene and not toxicity else toxicity,
        insult=shares["insult"],
        profanity=1 if obscene else UNKNOWN,
        identity_attack=max(shares[kind] for kind in _GROUPS),
        ethnic_hostility=UNKNOWN if any(shares[kind] for kind in _PEOPLES) else 0,
    )


CORPUS = Corpus(
    NAME,
    "ToLD-Br, toxic language in Brazilian Portuguese",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/ToLD-BR.csv",
            "a905b90d5886b9c80d737aa26c41dd29077155f23b9b857080634a78f8203c90",
        ),
    ),
    "CC-BY-SA-4.0",
    "Leite, Silva, Bontcheva and Scarton. Toxic Language Detection in Social Media for Brazilian "
    "Portuguese: New Dataset and Multilingual Analysis. AACL 2020.",
    "Tweets: votes of three for insult, obscenity and four kinds of hate",
    read_told_br,
    "pt",
)
