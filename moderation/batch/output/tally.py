"""Counts of what was judged, of a shard or of all of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from moderation.batch.inputs.shard import Failure
from moderation.batch.work.passages import Judged


@dataclass
class Tally:
    """Counts.

    Parameters
    ----------
    pages : int
        Pages split and judged; of bare comments, the comments.
    skipped : int
        Records that are no page: pictures, redirects, errors, blank lines.
    kinds, labels, actions, unjudged : Counter
        Passages by kind; the last three by ``kind/value``.
    unsupported : Counter
        Passages not judged for their language, by language.
    encodings : Counter
        Pages of text that were not UTF-8, by what they were read as.
    failures : Counter
        Pages and inputs that were not read, by the kind of failure.
    models : Counter
        Passages by the id of the model that judged them.
    """

    pages: int = 0
    skipped: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)

    def add(self, judged: Iterable[Judged], encoding: str | None = None) -> None:
        """Count one page."""
        self.pages += 1
        if encoding:
            self.encodings[encoding] += 1
        for passage, verdict, why in judged:
            kind = passage.kind.value
            self.kinds[kind] += 1
            if verdict is not None:
                self.labels[f"{kind}/{verdict.label.value}"] += 1
                self.actions[f"{kind}/{verdict.action.value}"] += 1
                self.models[verdict.model] += 1
            if why is not None:
                self.unjudged[f"{kind}/{why.value}"] += 1
            if why == "language":
                self.unsupported[str(passage.language)] += 1

    def fail(self, failure: Failure) -> None:
        """Count a failure."""
        self.failures[failure.reason.value] += 1

    def update(self, other: Self) -> None:
        """Add the counts of another tally."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            setattr(self, each.name, mine + theirs)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as built-in values; what there is none of is left out."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: dict(sorted(value.items())) if isinstance(value, Counter) else value
            for name, value in values.items()
            if value
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` returned."""
        tally = cls()
        for name, value in values.items():
            setattr(tally, name, Counter(value) if isinstance(value, dict) else value)
        return tally
