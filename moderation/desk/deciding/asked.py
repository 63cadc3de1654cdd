"""What was asked for when many were decided at once, as it is kept."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from moderation.desk.words import Bulk, Filters, Outcome, Queue
from moderation.taxonomy import Label

SOME_WORDS = "…"
"""What is kept of words that were sought."""


def plain(filters: Filters) -> dict[str, Any]:
    """Return what filters say, for JSON; of words sought, which may be a comment's, only that."""
    filters = replace(filters, words=SOME_WORDS if filters.words.strip() else "")
    said = {name: value for name, value in asdict(filters).items() if value not in (None, "")}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in said.items()
    }


def names(filters: Filters) -> list[str]:
    """Return by what was asked, not for what: names and words are a comment's."""
    said = asdict(filters).items()
    return sorted(name for name, value in said if value != getattr(Filters(), name))


def _filters(record: Mapping[str, Any]) -> Filters:
    times = {
        name: datetime.fromisoformat(record[name]) for name in ("since", "until") if name in record
    }
    label = {"label": Label(record["label"])} if "label" in record else {}
    return Filters(**{**record, **times, **label, "queue": Queue(record["queue"])})


def bulk_of(row: Any) -> Bulk:
    """Return what was decided at once, of its row."""
    return Bulk(
        row.id,
        row.name,
        Outcome(row.outcome),
        _filters(row.filters),
        row.count,
        row.made,
        None if row.holds else row.undone,
    )
