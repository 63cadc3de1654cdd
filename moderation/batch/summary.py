"""What a batch run did, as ``summary.json`` tells it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from moderation.batch.judge import JudgedPassage
from moderation.batch.types import Failure, Skip
from moderation.errors import ModerationError
from moderation.pages import Kind
from moderation.taxonomy import Label
from moderation.verdict import Action

# FOLDED tally: Counts of what was judged, of a shard or of all of them.


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


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many passages of one kind there were, and what was said of them."""

    passages: int
    labels: Mapping[str, int]
    actions: Mapping[str, int]
    unjudged: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a batch run did.

    Parameters
    ----------
    tally : Tally
    model, policy : str
        Their names.
    version : str
        This project's version.
    finished : bool
        Whether all of the input was worked on.
    """

    tally: Tally
    model: str
    policy: str
    version: str
    finished: bool = True

    @property
    def pages(self) -> int:
        """Pages split and judged."""
        return self.tally.pages

    @property
    def failures(self) -> int:
        """Pages and inputs that were not read. Where there are any, the run succeeded in part."""
        return self.tally.failures.total()

    @property
    def skipped(self) -> int:
        """Records that are no page, such as requests, redirects and pictures."""
        return self.tally.skipped.total()

    @property
    def records(self) -> dict[str, Any]:
        """The outcomes of all records of the input: ``seen`` is the sum of all the others."""
        return {
            "seen": self.tally.seen,
            "pages": self.pages,
            "skipped": dict(self.tally.skipped.most_common()),
            "failed": dict(self.tally.failures.most_common()),
        }

    @property
    def passages(self) -> int:
        """All passages, furniture included."""
        return self.tally.kinds.total()

    @property
    def kinds(self) -> dict[str, KindCount]:
        """The counts of each of the four kinds."""
        return {
            kind.value: KindCount(
                passages=self.tally.kinds[kind.value],
                labels=_of(self.tally.labels, kind),
                actions=_of(self.tally.actions, kind),
                unjudged=_of(self.tally.unjudged, kind),
            )
            for kind in Kind
        }

    @property
    def labels(self) -> dict[str, int]:
        """Judged passages by label, every label present."""
        return {each.value: _total(self.tally.labels, each.value) for each in Label}

    @property
    def actions(self) -> dict[str, int]:
        """Judged passages by action, every action present."""
        return {each.value: _total(self.tally.actions, each.value) for each in Action}

    @property
    def held(self) -> int:
        """Passages that a person should see."""
        return self.actions[Action.REVIEW] + self.actions[Action.BLOCK]

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as built-in values, ready for JSON."""
        return {
            "version": self.version,
            "model": self.model,
            "policy": self.policy,
            "finished": self.finished,
            "records": self.records,
            "pages": self.pages,
            "passages": self.passages,
            "labels": self.labels,
            "actions": self.actions,
            "kinds": {
                name: {
                    "passages": count.passages,
                    "labels": dict(count.labels),
                    "actions": dict(count.actions),
                    "unjudged": dict(count.unjudged),
                }
                for name, count in self.kinds.items()
            },
            "unsupported_languages": dict(self.tally.unsupported.most_common()),
            "encodings": dict(self.tally.encodings.most_common()),
            "failures": self.failures,
            "failure_reasons": dict(self.tally.failures.most_common()),
        }


def _of(counts: Mapping[str, int], kind: Kind) -> dict[str, int]:
    mark = f"{kind.value}/"
    return {key.removeprefix(mark): n for key, n in counts.items() if key.startswith(mark)}


def _total(counts: Mapping[str, int], value: str) -> int:
    return sum(n for key, n in counts.items() if key.endswith(f"/{value}"))
