"""What a batch run did."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation.pages import Kind
from moderation.taxonomy import Label
from moderation.verdict import Action, Verdict


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that was not read, and why."""

    page: str
    reason: str


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many passages of one kind there were, and what was said of them."""

    passages: int
    labels: Mapping[str, int]
    actions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a batch run did.

    Parameters
    ----------
    pages : int
        Pages read and judged.
    kinds : mapping of kind to KindCount
        All four kinds; furniture has no labels and no actions.
    failures : tuple of Failure
        Inputs that were not read. The run is a partial success when there are any.
    encodings : mapping of page to encoding
        The pages that were not UTF-8, and what they were read as.
    model : str or None
        The id of the model that judged; None when nothing was judged.
    version : str
        This project's version.
    """

    pages: int
    kinds: Mapping[str, KindCount]
    failures: tuple[Failure, ...]
    encodings: Mapping[str, str]
    model: str | None
    version: str

    @property
    def passages(self) -> int:
        """All passages, furniture included."""
        return sum(count.passages for count in self.kinds.values())

    @property
    def labels(self) -> dict[str, int]:
        """Judged passages by label, every label present."""
        return _total(self.kinds, "labels", Label)

    @property
    def actions(self) -> dict[str, int]:
        """Judged passages by action, every action present."""
        return _total(self.kinds, "actions", Action)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as built-in values, ready for JSON."""
        return {
            "version": self.version,
            "model": self.model,
            "pages": self.pages,
            "passages": self.passages,
            "labels": self.labels,
            "actions": self.actions,
            "kinds": {
                kind: {
                    "passages": count.passages,
                    "labels": dict(count.labels),
                    "actions": dict(count.actions),
                }
                for kind, count in self.kinds.items()
            },
            "encodings": dict(self.encodings),
            "failures": [
                {"page": failure.page, "reason": failure.reason} for failure in self.failures
            ],
        }


@dataclass
class Tally:
    """Counts while the run goes on."""

    pages: int = 0
    passages: Counter[Kind] = field(default_factory=Counter)
    labels: Counter[tuple[Kind, Label]] = field(default_factory=Counter)
    actions: Counter[tuple[Kind, Action]] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)

    def add(self, judged: Iterable[tuple[Kind, Verdict | None]]) -> None:
        """Count one page's passages."""
        self.pages += 1
        for kind, verdict in judged:
            self.passages[kind] += 1
            if verdict is not None:
                self.labels[kind, verdict.label] += 1
                self.actions[kind, verdict.action] += 1
                self.models.add(verdict.model)

    def summary(self, version: str) -> Summary:
        """Return what was counted so far."""
        kinds = {
            kind.value: KindCount(
                passages=self.passages[kind],
                labels={x.value: n for x in Label if (n := self.labels[kind, x])},
                actions={x.value: n for x in Action if (n := self.actions[kind, x])},
            )
            for kind in Kind
        }
        return Summary(
            pages=self.pages,
            kinds=kinds,
            failures=tuple(self.failures),
            encodings=dict(self.encodings),
            model=", ".join(sorted(self.models)) or None,
            version=version,
        )


def shown_path(path: Path) -> str:
    """Return a path as the outputs name it: with slashes, and valid text whatever its bytes are."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _total(
    kinds: Mapping[str, KindCount], counted: str, words: Iterable[Label] | Iterable[Action]
) -> dict[str, int]:
    counts: list[Mapping[str, int]] = [getattr(count, counted) for count in kinds.values()]
    return {word.value: sum(count.get(word.value, 0) for count in counts) for word in words}
