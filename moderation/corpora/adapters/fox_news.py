"""Comments of readers below ten articles of Fox News, hateful or not.

Hateful means here: it threatens or demeans somebody for an identity, such as gender, ethnicity or
orientation, openly or by implication. Annotators read a comment with its article and its
neighbours. The mapping:

- hateful: toxicity 1 and identity attack 1. For which identity is not said: ethnic hostility is
  unknown.
- a hateful answer of fewer than five words ("Agreed") is left out: its hate is in the comment that
  it answers.
- not hateful: identity attack 0, and so ethnic hostility 0. Rudeness to each other was not asked
  for: toxicity is unknown.
- news is 0: readers' comments.
- the rest is unknown: it was not asked for.

A comment and those that answer it, directly or not, are one thread and fall into one split. The
comments have no names: the number of the line is the name.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_objects,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/sjtuprog/fox-news-comments/914b6bcdff380b16b6a11818e4760529fe23f2f3"
NAME = "fox_news"
FILE = "fox_news_comments.jsonl"

FEWEST_WORDS = 5
"""Words that a hateful answer has at least, to be hateful without what it answers."""

_HATEFUL = values_of(toxicity=1, identity_attack=1)
_NOT_HATEFUL = values_of(identity_attack=0, news=0)


def read_fox_news(folder: Path) -> Iterator[CorpusText]:
    """Yield the comments, in the order of the file."""
    comments = list(read_objects(folder / FILE))
    threads = _threads(comments)
    for number, (comment, thread) in enumerate(zip(comments, threads, strict=True), start=1):
        text, hateful = comment["text"], comment["label"] == 1
        if hateful and comment["prev"] and len(text.split()) < FEWEST_WORDS:
            continue
        yield CorpusText(
            text=text,
            values=_HATEFUL if hateful else _NOT_HATEFUL,
            source=NAME,
            id=str(number),
            split=split_by(NAME, thread),
        )


def _threads(comments: list[dict[str, Any]]) -> list[str]:
    """Return the name of each comment's thread: its article and its first comment in the file."""
    first: dict[str, str] = {}

    def beginning(name: str) -> str:
        while first.setdefault(name, name) != name:
            name = first[name]
        return name

    for comment in comments:
        here = beginning(_name(comment, "text"))
        for neighbour in ("prev", "succ"):
            if comment[neighbour]:
                other = beginning(_name(comment, neighbour))
                first[other] = here
    # An answer may have stood before what it answers, so a thread gets its first name only now.
    names: dict[str, str] = {}
    return [
        names.setdefault(beginning(name), name)
        for name in (_name(comment, "text") for comment in comments)
    ]


def _name(comment: dict[str, Any], field: str) -> str:
    return f"{comment['title']}\n{comment[field]}"


CORPUS = Corpus(
    NAME,
    "Fox News user comments",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/fox-news-comments.json",
            "059152e61f632f1e6671a68214d5618a21e6cf78f2512773e0421b9568aab8cf",
        ),
    ),
    "MIT",
    "Gao and Huang. Detecting Online Hate Speech Using Context Aware Models. RANLP 2017.",
    "Reader comments of a news site, in threads: hateful or not",
    read_fox_news,
)
