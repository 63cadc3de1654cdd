"""The rows of a run, read once -> the little of them that a report shows."""

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from moderation.batch.ledger import unwritable
from moderation.batch.output import REPORT, Folder, parts_of, rows_of
from moderation.batch.summary import Summary
from moderation.charts import HEIGHT, WIDTH, histogram, target_lines
from moderation.files import write_text
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED
from moderation.text.display import Piece, pieces_of
from moderation.verdict import Action, Span

BINS = 20
WORST = 40
MAX_PAGES = 25
EXAMPLES = 5
PAGES_KEPT = 100_000
"""Pages with held passages that are counted at once; of more, those with fewest are dropped."""
KINDS = ("comment", "article")
_MONTH = re.compile(r"\d{4}-\d{2}")
_COLUMNS = ["page", "title", "kind", "time", "page_date", "verdict"]


class RankedPassage(NamedTuple):
    """A held passage: how bad it is, and where its row is. The worst is the largest."""

    blocked: bool
    score: float
    part: int
    row: int


@dataclass
class PageCount:
    """A page, by what is held on it."""

    page: str
    title: str | None
    held: int = 0


@dataclass
class Findings:
    """What a report shows of the rows.

    Parameters
    ----------
    scores : dict of (kind, attribute) to array, shape (BINS,)
        How many passages have a score in each twentieth of [0, 1].
    worst : list of dict
        Rows of held passages, the worst first.
    pages : list of PageCount
        Those with most held passages.
    targets : dict of target to Counter of month
        Passages that attack each target, by the month (``2026-03``) of the comment or the page,
        an empty string where it is not known.
    failures : dict of reason to (count, examples)
    """

    scores: dict[tuple[str, str], np.ndarray[Any, Any]] = field(default_factory=dict)
    worst: list[dict[str, Any]] = field(default_factory=list)
    pages: list[PageCount] = field(default_factory=list)
    targets: dict[str, Counter[str]] = field(default_factory=dict)
    failures: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)


def gather(folder: Folder) -> Findings:
    """Read a run's rows file by file."""
    findings = Findings()
    worst: list[RankedPassage] = []
    pages: dict[str, PageCount] = {}
    parts = parts_of(folder.passages)
    for number, part in enumerate(parts):
        table = pq.read_table(part, columns=_COLUMNS)
        table = table.append_column("row", pa.array(np.arange(len(table))))
        judged = table.filter(pc.is_valid(table["verdict"]))
        _count_scores(judged, findings)
        held = judged.filter(
            pc.not_equal(pc.struct_field(judged["verdict"], "action"), Action.ALLOW.value)
        )
        worst = heapq.nlargest(WORST, [*worst, *_places(held, number)])
        _count_pages(held, pages)
        _count_targets(judged, findings)
    findings.worst = _rows_at(parts, worst)
    findings.pages = heapq.nlargest(MAX_PAGES, pages.values(), key=lambda page: page.held)
    for row in rows_of(folder.failures):
        count, examples = findings.failures.get(row["reason"], (0, []))
        if len(examples) < EXAMPLES:
            examples.append(row)
        findings.failures[row["reason"]] = count + 1, examples
    return findings


def _count_scores(judged: pa.Table, findings: Findings) -> None:
    for kind in KINDS:
        verdicts = judged.filter(pc.equal(judged["kind"], kind))["verdict"]
        scores = pc.struct_field(verdicts, "scores")
        for name in ATTRIBUTE_NAMES:
            values = pc.struct_field(scores, name).to_numpy()
            counts, _ = np.histogram(values, bins=BINS, range=(0, 1))
            before = findings.scores.get((kind, name))
            findings.scores[kind, name] = counts if before is None else before + counts


def _places(held: pa.Table, part: int) -> Iterator[RankedPassage]:
    verdicts = held["verdict"]
    actions = pc.struct_field(verdicts, "action").to_pylist()
    scores = pc.struct_field(verdicts, "scores")
    flagged = [pc.struct_field(scores, label.value).to_numpy() for label in FLAGGED]
    worst = np.max(flagged, axis=0) if len(held) else np.empty(0)
    rows = held["row"].to_pylist()
    for action, score, row in zip(actions, worst, rows, strict=True):
        # Of two that are alike the first comes first.
        yield RankedPassage(action == Action.BLOCK.value, float(score), -part, -row)


def _count_pages(held: pa.Table, pages: dict[str, PageCount]) -> None:
    names, titles = held["page"].to_pylist(), held["title"].to_pylist()
    for name, title in zip(names, titles, strict=True):
        pages.setdefault(name, PageCount(name, title)).held += 1
    if len(pages) > PAGES_KEPT:
        kept = heapq.nlargest(PAGES_KEPT // 2, pages.values(), key=lambda page: page.held)
        pages.clear()
        pages.update((page.page, page) for page in kept)


def _count_targets(judged: pa.Table, findings: Findings) -> None:
    targets = pc.struct_field(judged["verdict"], "targets")
    attacking = pc.greater(pc.list_value_length(targets), 0)
    rows = judged.filter(attacking).select(["time", "page_date", "verdict"]).to_pylist()
    for row in rows:
        month = _MONTH.match(row["time"] or "") or _MONTH.match(row["page_date"] or "")
        for target in row["verdict"]["targets"]:
            counts = findings.targets.setdefault(target, Counter())
            counts[month.group() if month else ""] += 1


def _rows_at(parts: list[Path], places: list[RankedPassage]) -> list[dict[str, Any]]:
    by_part: dict[int, list[RankedPassage]] = {}
    for place in places:
        by_part.setdefault(-place.part, []).append(place)
    found: dict[RankedPassage, dict[str, Any]] = {}
    for part, wanted in by_part.items():
        rows = pq.read_table(parts[part]).take([-place.row for place in wanted]).to_pylist()
        found.update(zip(wanted, rows, strict=True))
    return [found[place] for place in places]


# FOLDED write: Findings -> ``report.html``.

BEFORE, LONGEST = 600, 3_000
"""Characters shown before the first evidence, and at most."""
SHORT = 200
_LABELS = {attribute.name: attribute.title for attribute in ATTRIBUTES} | {"civil": "Civil"}
_ACTIONS = {
    Action.ALLOW.value: "Allowed",
    Action.REVIEW.value: "Held for review",
    Action.BLOCK.value: "Blocked",
}
_KIND_NAMES = {"comment": "Comment", "article": "Article passage", "note": "Owner’s note"}
_REASONS = {
    "missing": "Missing",
    "unreadable": "Cannot be read",
    "damaged": "Damaged",
    "malformed": "Not in the expected format",
    "too_large": "Too large",
    "empty": "No text",
    "not_text": "Not text",
    "time": "Over the time limit",
    "memory": "Over the memory limit",
    "crash": "The reader crashed",
    "judge": "The model failed",
}
_SKIPS = {
    "warcinfo": "notes on an archive",
    "request": "requests",
    "metadata": "metadata",
    "revisit": "unchanged since an earlier visit",
    "continuation": "continuations",
    "other": "of other types",
    "status": "redirects and errors",
    "media": "pictures and the like",
    "blank": "blank",
}


def write_report(folder: Folder, summary: Summary) -> None:
    """Read a run's rows, and write its report."""
    write_text(folder.path / REPORT, render(summary, gather(folder)), explain=unwritable)


def render(summary: Summary, findings: Findings) -> str:
    """Return the report. Whatever a page says is escaped, and none of it is markup."""
    months, lines = target_lines(findings.targets)
    return (
        _templates()
        .get_template("report.html")
        .render(
            summary=summary,
            findings=findings,
            months=months,
            lines=lines,
            distributions=_distributions(findings),
            chart={"width": WIDTH, "height": HEIGHT},
        )
    )


def visible(text: str) -> Markup:
    """Escape a text of a page, and show by name the signs that nobody sees."""
    return Markup("").join(map(_shown, pieces_of(text, (), 0, len(text))))


def _shown(piece: Piece) -> Markup:
    if not piece.odd:
        return escape(piece.text)
    return Markup('<span class="sign">{}</span>').format(piece.text) if piece.text else Markup("")


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("moderation.batch"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "visible": visible,
        "shown": _shown,
        "short": lambda text: text if len(text) <= SHORT else text[:SHORT] + " …",
        "segments": _segments,
        "worst": _worst,
        "titles": lambda names: ", ".join(_LABELS.get(name, name) for name in names),
        "bars": _bars,
        "count": lambda number: f"{number:,}".replace(",", "\u202f"),
    }
    templates.globals |= {
        "labels": _LABELS,
        "actions": _ACTIONS,
        "kinds": _KIND_NAMES,
        "reasons": _REASONS,
        "skips": _SKIPS,
    }
    return templates


def _distributions(findings: Findings) -> list[dict[str, Any]]:
    return [
        {
            "attribute": attribute,
            "charts": [
                (kind, histogram(counts.tolist()))
                for kind in KINDS
                if (counts := findings.scores.get((kind, attribute.name))) is not None
                and counts.sum()
            ],
        }
        for attribute in ATTRIBUTES
    ]


def _segments(row: dict[str, Any]) -> list[Piece]:
    """Cut a row's text where its evidence begins and ends; of a long one, what is around it."""
    spans = [Span(**span) for span in row["verdict"]["spans"]]
    first = min((span.start for span in spans), default=0)
    whole = row["text"]
    start = max(0, first - BEFORE) if len(whole) > LONGEST else 0
    end = min(start + LONGEST, len(whole))
    before = [Piece(0, "… ", 0)] if start else []
    after = [Piece(end, " …", 0)] if end < len(whole) else []
    return [*before, *pieces_of(whole, spans, start, end), *after]


def _worst(attributes: Sequence[str]) -> str:
    """Return the class of a mark: the worst label that it is evidence for."""
    return next((label.value for label in FLAGGED if label.value in attributes), "other")


def _bars(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "title": attribute.title,
            "meaning": attribute.meaning,
            "harmful": attribute.harmful,
            "percent": round(100 * verdict["scores"][attribute.name]),
        }
        for attribute in ATTRIBUTES
    ]
