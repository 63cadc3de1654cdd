"""The rules that the labelled set keeps as a whole, and the measures of its variety."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from moderation.labels.judged import check_judged
from moderation.labels.records import (
    DECISION,
    LANGUAGES,
    SEED,
    Example,
    LabelFile,
    Problem,
    SeedPassage,
    example_files,
    read_records,
)
from moderation.splits import split_of
from moderation.taxonomy import FLAGGED
from moderation.text.near_duplicates import overlapping_pairs
from moderation.text.normalise import normalise
from moderation.text.segmentation import tokenise_words

MAX_NEAR_DUPLICATES = 0.02
"""Share of the examples that may have a near-duplicate outside their own family."""


class Variety(NamedTuple):
    """Figures about a set of examples."""

    near_duplicates: list[tuple[str, str]]
    """Ids of the pairs, of different families, that overlap (see `near_duplicates.OVERLAP`)."""
    share: float
    """Share of the examples that are in a pair."""
    vocabulary: int
    """Different words."""
    distinct: float
    """Different word 3-grams as a share of all."""


def check_labels(folder: Path, pages: Path | None = None) -> list[Problem]:
    """Return all the problems of a labelled set.

    Parameters
    ----------
    folder : Path
        The folder that holds ``examples.jsonl``, more files of examples, ``seed.jsonl``, and the
        folder of the examples in other languages.
    pages : Path, optional
        The folder of the pages that ``seed.jsonl`` annotates; their digests and the offsets into
        them are checked when it is given.
    """
    seed = read_records([folder / SEED], SeedPassage)
    languages = folder / LANGUAGES
    return [
        *_check_examples(folder),
        *(_check_examples(languages) if languages.is_dir() else ()),
        *seed.problems,
        *_check_order(seed),
        *check_judged(folder),
        *(_check_pages(seed, pages) if pages else ()),
    ]


def _check_examples(folder: Path) -> list[Problem]:
    examples = read_records(example_files(folder), Example)
    return [
        *examples.problems,
        *_check_unique(examples),
        *_check_families(examples),
        *_check_variety(examples),
    ]


def variety(examples: Sequence[Example]) -> Variety:
    """Measure near-duplicates and lexical variety."""
    pairs = [
        (first, second)
        for first, second in overlapping_pairs([example.text for example in examples])
        if examples[first].family != examples[second].family
    ]
    # The model's own tokens: this measures how much there is to learn.
    texts = [
        [word.text for word in tokenise_words(normalise(example.text))] for example in examples
    ]
    trigrams = [gram for text in texts for gram in zip(text, text[1:], text[2:], strict=False)]
    return Variety(
        [(examples[first].id, examples[second].id) for first, second in pairs],
        len(set(chain.from_iterable(pairs))) / max(len(examples), 1),
        len(set(chain.from_iterable(texts))),
        len(set(trigrams)) / max(len(trigrams), 1),
    )


def _check_unique(file: LabelFile) -> list[Problem]:
    problems: list[Problem] = []
    ids: dict[str, str] = {}
    texts: dict[tuple[str, ...], str] = {}
    for where, example in file.records.items():
        tokens = tuple(word.text for word in tokenise_words(normalise(example.text)))
        for repeated, first in (
            (f"id {example.id!r}", ids.setdefault(example.id, where)),
            ("the same words", texts.setdefault(tokens or (example.text,), where)),
        ):
            if first != where:
                problems.append(Problem(where, f"{repeated} already in {first}"))
    return problems


def _check_families(file: LabelFile) -> list[Problem]:
    problems: list[Problem] = []
    families: dict[str, dict[str, Example]] = defaultdict(dict)
    for where, example in file.records.items():
        families[example.family][where] = example
    for name, members in families.items():
        first = next(iter(members))
        split = split_of(name)
        problems += [
            Problem(
                where,
                f"family {name!r} belongs to {split} by its name, not to {member.split}",
            )
            for where, member in members.items()
            if member.split != split
        ]
        # A family that was written for the set has a counterpart; decisions come as they are.
        written = any(member.function != DECISION for member in members.values())
        if written and all(member.label in FLAGGED for member in members.values()):
            problems.append(
                Problem(
                    first,
                    f"family {name!r} has no harmless counterpart, civil or news",
                )
            )
    return problems


def _check_variety(file: LabelFile) -> list[Problem]:
    """Refuse a set whose families repeat one another, naming the pairs."""
    places = {example.id: where for where, example in file.records.items()}
    figures = variety(list(file.records.values()))
    if figures.share <= MAX_NEAR_DUPLICATES:
        return []
    return [
        Problem(
            places[second],
            f"near-duplicate of {first} in another family; {figures.share:.1%} of the examples "
            f"have one, and {MAX_NEAR_DUPLICATES:.0%} may",
        )
        for first, second in figures.near_duplicates
    ]


def _check_order(file: LabelFile) -> list[Problem]:
    problems: list[Problem] = []
    ends: dict[str, int] = {}
    for where, passage in file.records.items():
        if passage.start < ends.get(passage.file, 0):
            problems.append(
                Problem(
                    where,
                    f"{passage.start}-{passage.end} overlaps or precedes the line before",
                )
            )
        ends[passage.file] = passage.end
    return problems


def _check_pages(file: LabelFile, pages: Path) -> list[Problem]:
    problems: list[Problem] = []
    contents: dict[str, bytes | None] = {}
    for where, passage in file.records.items():
        page = pages / passage.file
        if passage.file not in contents:
            contents[passage.file] = page.read_bytes() if page.is_file() else None
        content = contents[passage.file]
        if content is None:
            problems.append(Problem(where, f"page {passage.file} is not in the pages' folder"))
        elif (digest := hashlib.sha256(content).hexdigest()) != passage.sha256:
            problems.append(
                Problem(where, f"page {passage.file} has SHA-256 {digest}, not {passage.sha256}")
            )
        else:
            text = content.decode("utf-8")
            run = text[passage.start : passage.end]
            if passage.end > len(text) or run != run.strip():
                problems.append(Problem(where, "runs past the page or has blanks at its edges"))
    return problems
