"""Questions to an assistant that use a violent word innocently: homonyms, figures of speech, games.

The corpus was made to see whether assistants refuse what is safe. A question's meaning is known
from the kind that it was written as. The mapping:

- safe questions of the kinds in `INNOCENT`: threat 0, for what is killed is a process, the time, a
  weed or somebody in a film; and toxicity 0 with what follows from it (see `values_of`), for they
  are plain questions.
- safe questions about discrimination: left out. They were made by putting a thing or a planet into
  a hostile question, and whether that mocks anybody is open.
- unsafe questions: left out. Asking for a means of doing harm is not what any attribute means, and
  whether it announces the harm is not said.
- news is 0: questions.
- profanity is unknown: it was not asked for.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/paul-rottger/exaggerated-safety/d7bb5bd738c1fcbc36edd83d5e7d1b71a3e2d84d"
NAME = "xstest"
FILE = "xstest_prompts.csv"

INNOCENT = frozenset(
    {
        "homonyms", "figurative_language", "safe_targets", "safe_contexts", "definitions",
        "historical_events", "privacy_public", "privacy_fictional",
    }
)  # fmt: skip
"""The kinds of safe question that say nothing of a group."""

_INNOCENT = values_of(toxicity=0, threat=0, news=0)


def read_xstest(folder: Path) -> Iterator[CorpusText]:
    """Yield the innocent questions, in the order of the file."""
    for row in read_rows(folder / FILE, "id", "prompt", "type", "label"):
        if row["label"] == "safe" and row["type"] in INNOCENT:
            split = split_by(NAME, row["id"])
            yield CorpusText(row["prompt"], _INNOCENT, NAME, row["id"], split)


CORPUS = Corpus(
    NAME,
    "XSTest, the innocent questions",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/xstest_prompts.csv",
            "11783fb294ed017473ee53c207d71f2161c7672c8d0b037501e78387f801cb5a",
        ),
    ),
    "CC-BY-4.0",
    "Röttger, Kirk, Vidgen, Attanasio, Bianchi and Hovy. XSTest: A Test Suite for Identifying "
    "Exaggerated Safety Behaviours in Large Language Models. NAACL 2024.",
    "Questions that use a violent word innocently",
    read_xstest,
)
