"""What a batch run did, as ``summary.json`` tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.batch.output.tally import Tally
from moderation.pages import Kind
from moderation.taxonomy import Label
from moderation.verdict import Action


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
