"""Tiny files of our own in the formats of the corpora in other languages than English.

A writer takes the rows that matter to a test, and writes every file that the corpus has.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from moderation.corpora.adapters import cold, tupy
from tests.corpora.small import Rows, write_csv

RowsByFile = Mapping[str, Sequence[tuple[object, ...]]]


def write_lines(file: Path, *lines: str) -> None:
    """Write lines of text as they are."""
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def write_gahd(folder: Path, *rows: tuple[object, ...]) -> None:
    """Write rows of id, text, label, round and split."""
    write_csv(folder / "gahd_de.csv", ("gahd_id", "text", "label", "round", "split"), *rows)


def write_cold(folder: Path, rows: RowsByFile) -> None:
    """Write rows of text, topic, label and finer label, by file; only test has the last column."""
    for split, file in cold.FILES.items():
        head = ("TEXT", "topic", "label") + (("fine-grained-label",) if split == "test" else ())
        write_csv(folder / file, head, *(row[: len(head)] for row in rows.get(file, [])))


def write_tupy(folder: Path, *rows: tuple[str, str]) -> None:
    """Write rows of a text and the names of the columns in which it has a 1."""
    kinds = (
        "aggressive", "hate", "ageism", "aporophobia", "body_shame", "capacitism", "lgbtphobia",
        "political", "racism", "religious_intolerance", "misogyny", "xenophobia", "other",
    )  # fmt: skip
    lines: Rows = [
        (text, *(int(kind in chosen.split()) for kind in kinds)) for text, chosen in rows
    ]
    write_csv(folder / tupy.FILE, ("text", *kinds), *lines)
