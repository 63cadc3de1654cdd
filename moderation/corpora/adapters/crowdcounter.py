"""Hateful or offensive posts, and the replies that people wrote to counter them.

Four in ten of the posts stand in HateXplain too, in the same words. The mapping:

- posts: toxicity 1. All have the one label "hatespeech/offensive", and an offence need not be at a
  group, so identity attack is unknown.
- replies: toxicity 0 and what follows from it (see `values_of`). People were asked to counter a
  post by empathy, humour, questions, contradiction, shaming or a warning of consequences, none of
  which is an insult. Of the 3,435 replies, 23 hold a word such as "idiot".
- news is 0 for a reply: it is one person talking to another.
- threat and profanity are unknown: a warning of consequences may sound like a threat, and a reply
  may quote a slur.

A post and its replies fall into one split. Replies that are repeated stay, for each answers another
post.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_json,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/hate-alert/CrowdCounter/ca8cd1a234b0c9c4eb005e12bd673616d51d1adb"
NAME = "crowdcounter"
FILE = "crowdcounter.json"

_POST = values_of(toxicity=1)
_REPLY = values_of(toxicity=0, news=0)


def read_crowdcounter(folder: Path) -> Iterator[CorpusText]:
    """Yield each post, then the replies to it."""
    for name, thread in read_json(folder / FILE).items():
        split = split_by(NAME, name)
        yield CorpusText(thread["post"], _POST, NAME, name, split)
        for worker, reply in thread["counterspeech_post"].items():
            yield CorpusText(reply["counterspeech"], _REPLY, NAME, f"{name}:{worker}", split)


CORPUS = Corpus(
    NAME,
    "CrowdCounter",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/Datasets/CrowdCounter/Final_Dataset.json",
            "b9d00b9bbcf847463c4d8732772c8e03ec6a8b8a593693f179679c89ab5b47fc",
        ),
    ),
    "MIT",
    "Saha, Datta, Jana and Mukherjee. CrowdCounter: A Benchmark Type-Specific Multi-Target "
    "Counterspeech Dataset. 2024.",
    "Hateful posts, and replies written to counter them",
    read_crowdcounter,
)
