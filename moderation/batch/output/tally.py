"""Counts of what was judged, of a shard or of all of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from moderation.batch.inputs.shard import Failure, Skip
from moderation.batch.work.passages import JudgedPassage
from moderation.errors import ModerationError


class Unaccounted(ModerationError):
    """Records went in of which nothing came out, neither a page nor a reason."""

    code = "unaccounted"


@dataclass
class Tally:
    """Counts.

    Parameters
    ----------
    pages : int
        Pages split and judged; of bare comments, the comments.
    seen : int
        Files, records, lines and rows of the input, and failures to find or to read one.
    skipped : Counter
        Records that are no page, by what they are.
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
    seen: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)

    def add(self, judged: Iterable[JudgedPassage], encoding: str | None = None) -> None:
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

    def skip(self, what: Skip) -> None:
        """Count a record that is no page."""
        self.skipped[what.value] += 1

    @property
    def accounted(self) -> int:
        """The number of records that became a page, were passed over, or failed: all seen."""
        return self.pages + self.skipped.total() + self.failures.total()

    def check(self, where: str) -> None:
        """Check that what became of each record is counted.

        Raises
        ------
        Unaccounted
        """
        if self.seen != self.accounted:
            raise Unaccounted(
                f"{self.seen} records were seen, and {self.accounted} are accounted for.",
                where=where,
                remedy="This is a fault of the program; please report it.",
            )

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
