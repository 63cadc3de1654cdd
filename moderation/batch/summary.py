"""The counts of a batch run, and its summary, ``summary.json``."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from moderation.batch.judge import JudgedPassage, UnjudgedReason
from moderation.batch.types import Failure, SkipReason
from moderation.errors import ModerationError
from moderation.pages import Kind
from moderation.taxonomy import Label
from moderation.verdict import Action


class Unaccounted(ModerationError):
    """Some records of the input became neither a page nor a counted reason."""

    code = "unaccounted"


@dataclass
class Tally:
    """The counts of a shard, or of several.

    Parameters
    ----------
    pages : int
        Pages split and judged.
    comments : int
        Comments that stood alone in lines and rows.
    seen : int
        Files, records, lines and rows of the input, and failures to find or to read one.
    skipped : Counter
        Records that are no page, by reason.
    skipped_files : Counter
        Files in folders that are no input, by the suffixes of their names.
    kinds, labels, actions, unjudged : Counter
        Passages by kind; the last three by ``kind/value``.
    unsupported : Counter
        Passages not judged for their language, by language.
    encodings : Counter
        Pages of text that were not UTF-8, by encoding.
    failures : Counter
        Pages and inputs that were not read, by reason.
    models : Counter
        Passages by the id of the model that was asked.
    """

    pages: int = 0
    comments: int = 0
    seen: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    skipped_files: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    encodings: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        judged: Iterable[JudgedPassage],
        encoding: str | None = None,
        *,
        is_comment: bool = False,
    ) -> None:
        """Count one page, or a comment that stood alone."""
        if is_comment:
            self.comments += 1
        else:
            self.pages += 1
        if encoding:
            self.encodings[encoding] += 1
        for passage, verdict, reason in judged:
            kind = passage.kind.value
            self.kinds[kind] += 1
            if verdict is not None:
                if verdict.label is not None:
                    self.labels[f"{kind}/{verdict.label.value}"] += 1
                self.actions[f"{kind}/{verdict.action.value}"] += 1
                self.models[verdict.model] += 1
            if reason is not None:
                self.unjudged[f"{kind}/{reason.value}"] += 1
            if reason is UnjudgedReason.LANGUAGE:
                self.unsupported[str(passage.language)] += 1

    def skip(self, reason: SkipReason) -> None:
        """Count a record that is no page."""
        self.skipped[reason.value] += 1

    @property
    def accounted(self) -> int:
        """The number of records that became a page or a comment, were skipped or failed."""
        return self.pages + self.comments + self.skipped.total() + self.failures.total()

    def check(self, where: str) -> None:
        """Check that the outcome of each record is counted.

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
        for count in fields(self):
            total = getattr(self, count.name) + getattr(other, count.name)
            setattr(self, count.name, total)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as built-in values, without those that are 0."""
        values = {count.name: getattr(self, count.name) for count in fields(self)}
        return {
            name: dict(sorted(value.items())) if isinstance(value, Counter) else value
            for name, value in values.items()
            if value
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the tally whose `to_dict` returned these values."""
        tally = cls()
        for name, value in values.items():
            setattr(tally, name, Counter(value) if isinstance(value, dict) else value)
        return tally


@dataclass(frozen=True, slots=True)
class KindCount:
    """The number of passages of one kind, and the counts of their verdicts."""

    passages: int
    labels: Mapping[str, int]
    actions: Mapping[str, int]
    unjudged: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of a batch run.

    Parameters
    ----------
    tally : Tally
    model, policy : str
        Their names.
    version : str
        This project's version.
    finished : bool
        Whether all of the input was processed.
    """

    tally: Tally
    model: str
    policy: str
    version: str
    finished: bool = True

    def __str__(self) -> str:
        """Return the counts of what was read in one line of words."""
        read = [f"{self.pages} pages"] if self.pages or not self.comments else []
        read += [f"{self.comments} comments"] if self.comments else []
        return f"{' and '.join(read)}, {self.passages} passages"

    @property
    def pages(self) -> int:
        """Pages split and judged."""
        return self.tally.pages

    @property
    def comments(self) -> int:
        """Comments that stood alone in lines and rows."""
        return self.tally.comments

    @property
    def failures(self) -> int:
        """Pages and inputs that were not read; with any of them the run succeeded only in part."""
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
            "comments": self.comments,
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
        return {label.value: _total(self.tally.labels, label.value) for label in Label}

    @property
    def actions(self) -> dict[str, int]:
        """Passages by action, every action present, those in unknown languages among them."""
        return {action.value: _total(self.tally.actions, action.value) for action in Action}

    @property
    def held(self) -> int:
        """Passages held for a person to review."""
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
            "comments": self.comments,
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
            "skipped_files": dict(self.tally.skipped_files.most_common()),
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
