"""Judgements of comments in public corpora under our guidelines: ``judged.jsonl``.

A line names a corpus, a text of it and the text's digest, and copies nothing. It shows where a
corpus's own label is not ours. Texts that were drawn at random stand for real streams, on which
thresholds are chosen; others were drawn because models were unsure of them, and only teach.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from moderation.corpora.registry import CORPORA
from moderation.labels.records import (
    AnyLabel,
    LabelFile,
    Problem,
    StrictRecord,
    raise_problems,
    read_records,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, Label

JUDGED = "judged.jsonl"
JUDGED_AGAIN = "judged_again.jsonl"
"""A second annotator's judgements of some of the texts, made without sight of the first."""

_CORPORA = frozenset(corpus.name for corpus in CORPORA)


class JudgedText(StrictRecord):
    """A judgement of one text of a corpus; `labels/README.md` documents each field."""

    corpus: str
    id: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of the text as the corpus's adapter yields it, in UTF-8."""
    label: AnyLabel
    """None where it cannot be decided."""
    present: tuple[str, ...] = ()
    """The attributes that are 1."""
    undecided: tuple[str, ...] = ()
    """The attributes that cannot be decided; all others are 0, if there is a label."""
    drawn: Literal["random", "unsure"]

    @field_validator("corpus")
    @classmethod
    def _known(cls, corpus: str) -> str:
        if corpus not in _CORPORA:
            raise ValueError(f"{corpus!r} is not a corpus of moderation/corpora/registry.py")
        return corpus

    @field_validator("present", "undecided", mode="before")
    @classmethod
    def _attributes(cls, names: object) -> object:
        if not isinstance(names, list):
            return names
        in_order = [name for name in ATTRIBUTE_NAMES if name in names]
        if names != in_order:
            raise ValueError(f"must be attributes, each once and in order, not {names}")
        return tuple(names)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.label is None:
            if self.present or self.undecided:
                raise ValueError("a text without a label has no attributes")
            return self
        if twice := set(self.present) & set(self.undecided):
            raise ValueError(f"{min(twice)} is both present and undecided")
        for name in LABELLING:
            also = name is Label.INFLAMMATORY and self.label is Label.ETHNIC_HOSTILITY
            if not also and (name in self.present) != (self.label is name):
                raise ValueError(f"attribute {name} contradicts the label {self.label}")
        if self.label in FLAGGED and "toxicity" not in self.present:
            raise ValueError(f"a text labelled {self.label} is toxic")
        if self.label is Label.NEWS and len(self.present) > 1:
            raise ValueError("a news passage has every harm attribute 0")
        return self

    @property
    def key(self) -> tuple[str, str]:
        """The corpus, and the name of the text in it."""
        return self.corpus, self.id

    @property
    def values(self) -> tuple[float, ...]:
        """A value an attribute, in the order of `ATTRIBUTE_NAMES`; NaN where it is unknown."""
        unknown = ATTRIBUTE_NAMES if self.label is None else self.undecided
        return tuple(
            float("nan") if name in unknown else float(name in self.present)
            for name in ATTRIBUTE_NAMES
        )


def read_judged(folder: Path, name: str = JUDGED) -> list[JudgedText]:
    """Return the judgements of a labelled set; none if it has no such file.

    Parameters
    ----------
    folder : Path
    name : str
        The file of the first or of the second annotator.

    Raises
    ------
    InvalidLabels
        If a line breaks a rule; it names the first few.
    """
    file = _read(folder / name)
    raise_problems([*file.problems, *_check_unique(file)], folder)
    return list(file.records.values())


def check_judged(folder: Path) -> Iterator[Problem]:
    """Yield all the problems of both files of judgements, where they are there."""
    first = _read(folder / JUDGED)
    again = _read(folder / JUDGED_AGAIN)
    known = {judged.key: judged.sha256 for judged in first.records.values()}
    for file in (first, again):
        yield from file.problems
        yield from _check_unique(file)
    for where, judged in again.records.items():
        if known.get(judged.key) != judged.sha256:
            yield Problem(where, f"{judged.corpus} {judged.id} is not in {JUDGED}")


def _read(path: Path) -> LabelFile:
    return read_records([path] if path.is_file() else [], JudgedText)


def _check_unique(file: LabelFile) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for where, judged in file.records.items():
        first = seen.setdefault(judged.key, where)
        if first != where:
            yield Problem(where, f"{judged.corpus} {judged.id} is already in {first}")
