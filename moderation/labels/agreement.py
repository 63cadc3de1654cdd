"""Agreement between the labelled set and an independent second pass over a part of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import binary_distance, masi_distance
from pydantic import field_validator

from moderation.errors import InvalidLabels
from moderation.labels.judged import JUDGED_AGAIN, read_judged
from moderation.labels.records import (
    Example,
    StrictRecord,
    raise_problems,
    read_examples,
    read_records,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, Label

SECOND_PASS = "second_pass.jsonl"  # noqa: S105  # a file, no password


class SecondOpinion(StrictRecord):
    """A second annotator's judgement of an example, made without sight of the first label."""

    id: str
    label: str
    targets: tuple[str, ...] = ()
    annotator: str

    @field_validator("label")
    @classmethod
    def _known(cls, label: str) -> str:
        return Label(label).value

    @field_validator("targets", mode="before")
    @classmethod
    def _from_json(cls, values: object) -> object:
        return tuple(values) if isinstance(values, list) else values


class Agreement(NamedTuple):
    """The agreement of two passes."""

    examples: int
    alpha: float
    """Krippendorff's alpha over the four labels."""
    by_label: dict[str, float]
    """Krippendorff's alpha of each label against the rest."""
    targets: float
    """Krippendorff's alpha over sets of targets, with MASI distance, if both labels are hostile."""
    disagreements: list[tuple[str, str, str]]
    """Example id, first label and second label."""
    judged: dict[str, float]
    """The number of texts of corpora that were judged twice; alpha over the four labels and "cannot
    be decided", and of each attribute where both decided."""


def agreement(folder: Path) -> Agreement:
    """Compare ``second_pass.jsonl`` with the examples.

    Raises
    ------
    InvalidLabels
        If either file is bad, or the second names an example that the first has not.
    """
    first = {example.id: example for example in read_examples(folder)}
    file = read_records([folder / SECOND_PASS], SecondOpinion)
    raise_problems(file.problems, folder)
    second: list[SecondOpinion] = list(file.records.values())
    for where, opinion in file.records.items():
        if opinion.id not in first:
            raise InvalidLabels(f"There is no example {opinion.id!r}.", where=where)
    pairs = [(first[opinion.id], opinion) for opinion in second]
    return Agreement(
        len(pairs),
        alpha([(e.id, e.label.value, o.label) for e, o in pairs]),
        {
            label.value: alpha([(e.id, e.label is label, o.label == label) for e, o in pairs])
            for label in Label
        },
        _targets_alpha(pairs),
        [(e.id, e.label.value, o.label) for e, o in pairs if e.label != o.label],
        _of_judged(folder),
    )


def _of_judged(folder: Path) -> dict[str, float]:
    first = {one.key: one for one in read_judged(folder)}
    pairs = [(first[again.key], again) for again in read_judged(folder, JUDGED_AGAIN)]
    if not pairs:
        return {}
    labels = [("/".join(one.key), str(one.label), str(again.label)) for one, again in pairs]
    return {
        "texts": len(pairs),
        "alpha": alpha(labels),
        **{
            name: alpha(
                [
                    ("/".join(one.key), name in one.present, name in again.present)
                    for one, again in pairs
                    if one.label and again.label and name not in (*one.undecided, *again.undecided)
                ]
            )
            for name in ATTRIBUTE_NAMES
        },
    }


def _targets_alpha(pairs: Sequence[tuple[Example, SecondOpinion]]) -> float:
    hostile = [(e, o) for e, o in pairs if e.label == o.label == Label.ETHNIC_HOSTILITY]
    named = [(e.id, frozenset(e.targets), frozenset(o.targets)) for e, o in hostile]
    return alpha(named, masi_distance)


def alpha(judged: Sequence[tuple[str, Any, Any]], distance: Any = binary_distance) -> float:
    """Return Krippendorff's alpha of two coders; 1 where all values are the same."""
    if len({value for _, *values in judged for value in values}) <= 1:
        return 1.0
    data = [
        (coder, item, value)
        for item, *values in judged
        for coder, value in zip(("first", "second"), values, strict=True)
    ]
    return float(AnnotationTask(data=data, distance=distance).alpha())
