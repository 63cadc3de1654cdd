"""Rude sentences and the same without rudeness, and sentences that could not be so rewritten.

People were given a sentence that a classifier had called toxic and asked to say the same without
rudeness; others checked that nothing toxic was left. Whoever could not do it said why: nothing was
toxic, or the content itself was. The mapping:

- sentences that were rewritten: toxicity 1. In this corpus every swear word counts as toxic, so a
  good part of them swears at a thing or at nobody, which our guidelines call civil.
- the rewritten ones: toxicity 0 and what follows from it (see `values_of`).
- not rewritten for the one reason "toxic content": toxicity 1.
- not rewritten for the one reason "not toxic": toxicity 0 and what follows from it. One person said
  so; of fifty that we read, about ten insult somebody by our guidelines.
- not rewritten for another reason or for several: left out.
- the rest is unknown: it was not asked for.

A sentence and its rewritings fall into one split, by the sentence. A digest of the text is its
name, a text that is repeated is read once, and one with two labels is left out: some were not
changed, or were rewritten by one person and found not toxic by another. The sentences that were not
rewritten stand in the file as strings of JSON and are read as such.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    one_label,
    read_rows,
    split_by,
    values_of,
)

_FOLDER = f"{RAW}/s-nlp/paradetox/d97b17d0813539cf05c74f9cdb5e66372704ca57/paradetox"
NAME = "paradetox"
PAIRS = "paradetox_en.tsv"
NOT_REWRITTEN = "paradetox_cannot_rewrite.tsv"

_TOXIC, _NEUTRAL = values_of(toxicity=1), values_of(toxicity=0)
_REASONS = {'{"toxic_content":true}': _TOXIC, '{"not_toxic":true}': _NEUTRAL}
_REWRITINGS = ("neutral1", "neutral2", "neutral3")


class _Labelled(NamedTuple):
    """A text with its values, and the sentence that it belongs to."""

    text: str
    values: tuple[float, ...]
    sentence: str


def read_paradetox(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct text that has one label."""
    texts = [*_pairs(folder), *_not_rewritten(folder)]
    sentences: dict[str, str] = {}
    for labelled in texts:
        sentences.setdefault(labelled.text, labelled.sentence)
    for text, values in one_label((text, values) for text, values, _ in texts).items():
        yield CorpusText(text, values, NAME, name_of(text), split_by(NAME, sentences[text]))


def _pairs(folder: Path) -> Iterator[_Labelled]:
    for row in read_rows(folder / PAIRS, "toxic", *_REWRITINGS, delimiter="\t"):
        sentence = row["toxic"]
        yield _Labelled(sentence, _TOXIC, sentence)
        for column in _REWRITINGS:
            if row[column].strip():
                yield _Labelled(row[column], _NEUTRAL, sentence)


def _not_rewritten(folder: Path) -> Iterator[_Labelled]:
    text, reasons = "INPUT:toxic_comment", "OUTPUT:reasons"
    for row in read_rows(folder / NOT_REWRITTEN, text, reasons, delimiter="\t"):
        values = _REASONS.get(row[reasons])
        if values is not None:
            sentence = _unquoted(row[text])
            yield _Labelled(sentence, values, sentence)


def _unquoted(field: str) -> str:
    """Return the text of a string of JSON; a field that is none is the text itself."""
    return str(json.loads(field)) if field.startswith('"') and field.endswith('"') else field


CORPUS = Corpus(
    NAME,
    "ParaDetox",
    (
        CorpusFile(
            PAIRS,
            f"{_FOLDER}/paradetox.tsv",
            "6e5e80def7deaf4a3410f7de6c638c13f100ce5ece09ee84a47f6f14ab69a0cd",
        ),
        CorpusFile(
            NOT_REWRITTEN,
            f"{_FOLDER}/paradetox_cannot_rewrite.tsv",
            "d3dbe41d0a20e1f2df76ed487d424e35555b81d88d80b28f81fa0f793197971b",
        ),
    ),
    "CC0-1.0",
    "Logacheva, Dementieva, Ustyantsev, Moskovskiy, Dale, Krotova, Semenov and Panchenko. "
    "ParaDetox: Detoxification with Parallel Data. ACL 2022.",
    "Rude sentences and the same said politely; those that cannot be",
    read_paradetox,
)
