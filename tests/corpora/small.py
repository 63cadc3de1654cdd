"""Tiny files of our own in the format of each corpus."""

import csv
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from moderation.corpora.corpus import CorpusText
from moderation.taxonomy import ATTRIBUTE_NAMES

ONE, TWO = b"a first line\n", b"a second line\n"
SHA_ONE, SHA_TWO = (hashlib.sha256(content).hexdigest() for content in (ONE, TWO))

NOT_TOXIC = {
    "toxicity": 0, "severe_toxicity": 0, "identity_attack": 0, "ethnic_hostility": 0, "insult": 0,
    "inflammatory": 0,
}  # fmt: skip
"""What follows from toxicity 0."""

Rows = list[tuple[object, ...]]


def write_csv(file: Path, *rows: tuple[object, ...], delimiter: str = ",") -> None:
    """Write rows as quoted values, separated by commas or by another sign."""
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows(rows)


def write_archive(file: Path, members: dict[str, str]) -> None:
    """Write a gzipped tar archive of text files."""
    with tarfile.open(file, "w:gz") as archive:
        for name, text in members.items():
            content = text.encode("utf-8")
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write_zip(file: Path, members: dict[str, str]) -> None:
    """Write a zip file of text files."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def write_civil(folder: Path, comments: Rows, annotations: Rows, spans: Rows) -> None:
    """Write the three files of Civil Comments."""
    write_csv(folder / "civil_comments.csv", ("comment_id", "comment_text"), *comments)
    head = ("annotation", "comment_id", "worker", "country", "all toxic", "not toxic")
    write_csv(folder / "civil_annotations.csv", head, *annotations)
    write_csv(folder / "civil_spans.csv", ("annotation", "type", "start", "end"), *spans)


def said(record: CorpusText) -> dict[str, float]:
    """Return the values that are known, by attribute."""
    return {
        name: value
        for name, value in zip(ATTRIBUTE_NAMES, record.values, strict=True)
        if value == value  # noqa: PLR0124  # NaN, unknown, is not itself
    }
