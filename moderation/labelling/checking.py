"""The rules of the labelled set as a whole."""

import hashlib
from collections import defaultdict
from pathlib import Path

from moderation.labelling.reading import EXAMPLES, SEED, LabelFile, Problem, read_records
from moderation.labelling.record import DECISION, Example, SeedPassage
from moderation.labelling.splitting import split_of
from moderation.labelling.variety import MAX_NEAR_DUPLICATES, variety
from moderation.taxonomy import FLAGGED
from moderation.text.normalise import normalise
from moderation.text.tokens import words


def check_labels(folder: Path, pages: Path | None = None) -> list[Problem]:
    """Return everything that is wrong with a labelled set.

    Parameters
    ----------
    folder : Path
        The folder that holds ``examples.jsonl`` and ``seed.jsonl``.
    pages : Path, optional
        The folder of the pages that ``seed.jsonl`` annotates; their digests and the offsets into
        them are checked when it is given.
    """
    examples = read_records(folder / EXAMPLES, Example)
    seed = read_records(folder / SEED, SeedPassage)
    return [
        *examples.problems,
        *_check_unique(examples),
        *_check_families(examples),
        *_check_variety(examples),
        *seed.problems,
        *_check_order(seed),
        *(_check_pages(seed, pages) if pages else ()),
    ]


def _check_unique(read: LabelFile) -> list[Problem]:
    problems: list[Problem] = []
    ids: dict[str, int] = {}
    texts: dict[tuple[str, ...], int] = {}
    for line, example in read.records.items():
        words_only = tuple(word.text for word in words(normalise(example.text)))
        for what, first in (
            (f"id {example.id!r}", ids.setdefault(example.id, line)),
            ("the same words", texts.setdefault(words_only or (example.text,), line)),
        ):
            if first != line:
                problems.append(Problem(f"{EXAMPLES}:{line}", f"{what} already in line {first}"))
    return problems


def _check_families(read: LabelFile) -> list[Problem]:
    problems: list[Problem] = []
    families: dict[str, dict[int, Example]] = defaultdict(dict)
    for line, example in read.records.items():
        families[example.family][line] = example
    for name, members in families.items():
        first_line = next(iter(members))
        split = split_of(name)
        problems += [
            Problem(
                f"{EXAMPLES}:{line}",
                f"family {name!r} belongs to {split} by its name, not to {member.split}",
            )
            for line, member in members.items()
            if member.split != split
        ]
        # Who writes a family owes it a counterpart; what people decided has none to give.
        written = any(member.function != DECISION for member in members.values())
        if written and all(member.label in FLAGGED for member in members.values()):
            problems.append(
                Problem(
                    f"{EXAMPLES}:{first_line}",
                    f"family {name!r} has no harmless counterpart, civil or news",
                )
            )
    return problems


def _check_variety(read: LabelFile) -> list[Problem]:
    """Refuse a set whose families repeat one another, naming the pairs."""
    lines = {example.id: line for line, example in read.records.items()}
    found = variety(list(read.records.values()))
    if found.share <= MAX_NEAR_DUPLICATES:
        return []
    return [
        Problem(
            f"{EXAMPLES}:{lines[second]}",
            f"near-duplicate of {first} in another family; {found.share:.1%} of the examples have "
            f"one, and {MAX_NEAR_DUPLICATES:.0%} may",
        )
        for first, second in found.near_duplicates
    ]


def _check_order(read: LabelFile) -> list[Problem]:
    problems: list[Problem] = []
    ends: dict[str, int] = {}
    for line, passage in read.records.items():
        if passage.start < ends.get(passage.file, 0):
            problems.append(
                Problem(
                    f"{SEED}:{line}",
                    f"{passage.start}-{passage.end} overlaps or precedes the line before",
                )
            )
        ends[passage.file] = passage.end
    return problems


def _check_pages(read: LabelFile, pages: Path) -> list[Problem]:
    problems: list[Problem] = []
    contents: dict[str, bytes | None] = {}
    for line, passage in read.records.items():
        where = f"{SEED}:{line}"
        file = pages / passage.file
        if passage.file not in contents:
            contents[passage.file] = file.read_bytes() if file.is_file() else None
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
