"""Sentences from a white supremacist forum, with or without hate speech.

Hate speech here is a deliberate attack on a group for its identity; sentences count one by one. The
mapping:

- hate: identity attack 1 and toxicity 1. Ethnic hostility is 1, for this forum's hatred is of
  peoples and religions, except in a sentence that names another kind of group (women, homosexuals,
  political opponents): there it is unknown.
- noHate: identity attack 0, and so no ethnic hostility. Rudeness was not asked for: toxicity is
  unknown.
- relation (hateful only beside its neighbours) and idk/skip say nothing of the sentence alone: left
  out.
- everything else, news too, is unknown: members paste news.

The sentences of one comment fall into one split.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from moderation.corpora.archives import read_members
from moderation.corpora.corpus import (
    RAW,
    UNKNOWN,
    Corpus,
    CorpusFile,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = "Vicomtech/hate-speech-dataset"
_COMMIT = "b802137e8314c38a8d4faa965f9908d6c8e7a84d"
NAME = "stormfront"
LABELS = "stormfront_annotations_metadata.csv"
ARCHIVE = "stormfront_all_files.tar.gz"
MEMBERS = "all_files"
"""The folder, at whatever depth of the archive, that holds the sentences."""

_OTHER_GROUPS = re.compile(
    r"\b(?:wom[ae]n|females?|girls?|feminis(?:m|ts?)|gays?|homos?|homosexuals?|lesbians?|queers?|"
    r"fags?|faggots?|transgenders?|transgendered|liberals?|leftists?|communists?|commies)\b",
    re.IGNORECASE,
)


def read_stormfront(folder: Path) -> Iterator[CorpusText]:
    """Yield the sentences that are labelled hate or noHate, in the order of the archive."""
    rows = read_rows(folder / LABELS, "file_id", "label")
    labels = {row["file_id"]: row["label"] for row in rows}
    for name, content in read_members(folder / ARCHIVE, MEMBERS):
        sentence_id = PurePosixPath(name).stem
        label = labels.get(sentence_id)
        if label not in {"hate", "noHate"}:
            continue
        text = content.decode("utf-8")
        yield CorpusText(
            text=text,
            values=_hate(text) if label == "hate" else values_of(identity_attack=0),
            source=NAME,
            id=sentence_id,
            split=split_by(NAME, sentence_id.partition("_")[0]),
        )


def _hate(text: str) -> tuple[float, ...]:
    ethnic = UNKNOWN if _OTHER_GROUPS.search(text) else 1
    return values_of(identity_attack=1, toxicity=1, ethnic_hostility=ethnic)


CORPUS = Corpus(
    NAME,
    "Hate speech from a white supremacist forum",
    (
        CorpusFile(
            ARCHIVE,
            f"https://github.com/{_REPOSITORY}/archive/{_COMMIT}.tar.gz",
            "65f59c66b9ada9794276cfadff8a60e5d1214742ce73d39622db2ce17b19ed4e",
            MEMBERS,
        ),
        CorpusFile(
            LABELS,
            f"{RAW}/{_REPOSITORY}/{_COMMIT}/annotations_metadata.csv",
            "306bfaab400e1542529d1791b9ec68d70bed579c52fc7e255b0626ab7bc5c7c9",
        ),
    ),
    "CC-BY-SA-3.0-ES",
    "de Gibert, Perez, García-Pablos and Cuadros. Hate Speech Dataset from a White Supremacy "
    "Forum. ALW2 2018.",
    "Forum sentences: hate speech or not",
    read_stormfront,
)
