"""The report of a run, ``report.html``, made from its rows."""

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

from moderation.batch.ledger import Ledger, unwritable
from moderation.batch.output import (
    REPORT,
    OutputFolder,
    iter_rows,
    list_parts,
    lock_folder,
    summarise,
    write_lines,
    write_summary,
)
from moderation.batch.summary import Summary
from moderation.charts import HEIGHT, WIDTH, histogram, target_lines
from moderation.errors import InvalidInput
from moderation.files import write_text
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED
from moderation.text.display import Piece, pieces_of
from moderation.verdict import Action, Span

BINS = 20
MAX_WORST = 40
MAX_PAGES = 25
MAX_EXAMPLES = 5
CONTEXT_BEFORE, MAX_SHOWN = 600, 3_000
"""Characters of a passage shown before its first evidence, and in all."""
MAX_SHORT = 200
"""Characters of a name or an address that are shown."""
MAX_COUNTED_PAGES = 100_000
"""Pages with held passages that are counted at once; beyond it those with fewest are dropped."""
UNSCORED = -1.0
"""The rank of a held passage that was not judged."""
KINDS = ("comment", "article")
_MONTH = re.compile(r"\d{4}-\d{2}")
_COLUMNS = ["page", "title", "kind", "time", "page_date", "verdict"]
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


class RankedPassage(NamedTuple):
    """A held passage, its severity and the place of its row. The worst is the largest."""

    blocked: bool
    score: float
    part: int
    row: int


@dataclass
class PageCount:
    """A page and the number of held passages on it."""

    page: str
    title: str | None
    held: int = 0


@dataclass
class Findings:
    """The contents of a report.

    Parameters
    ----------
    scores : dict of (kind, attribute) to array, shape (BINS,)
        The number of passages with a score in each twentieth of [0, 1].
    worst : list of dict
        Rows of held passages, the worst first.
    pages : list of PageCount
        The pages with most held passages.
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


def write_results(
    folder: OutputFolder, ledger: Ledger, *, lines: bool, finished: bool = True
) -> Summary:
    """Write the summary and the report of a run from its rows, and its lines of JSON if wanted.

    Raises
    ------
    InvalidInput
        If rows are lost or damaged.
    """
    summary = summarise(ledger, finished=finished)
    try:
        if lines:
            write_lines(folder)
        report = render(summary, collect_findings(folder))
    except (OSError, pa.ArrowException):
        raise InvalidInput(
            "The rows of the run are damaged, or some of them lost.",
            where=str(folder.passages),
            remedy="Run the same command again; it makes them again.",
        ) from None
    write_text(folder.path / REPORT, report, explain=unwritable)
    write_summary(folder, summary)
    return summary


def rebuild_report(out: Path, *, lines: bool) -> Summary:
    """Write the summary and the report of a run again from its rows.

    Those of an unfinished run cover its finished shards.

    Raises
    ------
    InvalidInput
        If there is no run in `out`, or one is writing it.
    OtherRun
        If another version wrote it.
    """
    if not out.is_dir():
        raise InvalidInput("There is no such folder.", where=str(out))
    with lock_folder(out) as folder:
        ledger = folder.open()
        return write_results(folder, ledger, lines=lines, finished=ledger.finished)


def collect_findings(folder: OutputFolder) -> Findings:
    """Read a run's rows file by file, and keep of them what the report shows."""
    findings = Findings()
    worst: list[RankedPassage] = []
    pages: dict[str, PageCount] = {}
    parts = list_parts(folder.passages)
    for number, part in enumerate(parts):
        table = pq.read_table(part, columns=_COLUMNS)
        table = table.append_column("row", pa.array(np.arange(len(table))))
        judged = table.filter(pc.is_valid(table["verdict"]))
        _count_scores(judged, findings)
        held = judged.filter(
            pc.not_equal(pc.struct_field(judged["verdict"], "action"), Action.ALLOW.value)
        )
        worst = heapq.nlargest(MAX_WORST, [*worst, *_rank(held, number)])
        _count_pages(held, pages)
        _count_targets(judged, findings)
    findings.worst = _rows_at(parts, worst)
    findings.pages = heapq.nlargest(MAX_PAGES, pages.values(), key=lambda page: page.held)
    for row in iter_rows(folder.failures):
        count, examples = findings.failures.get(row["reason"], (0, []))
        if len(examples) < MAX_EXAMPLES:
            examples.append(row)
        findings.failures[row["reason"]] = count + 1, examples
    return findings


def render(summary: Summary, findings: Findings) -> str:
    """Return the report as HTML. Texts of pages are escaped, and none of them is markup."""
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


def _count_scores(judged: pa.Table, findings: Findings) -> None:
    for kind in KINDS:
        verdicts = judged.filter(pc.equal(judged["kind"], kind))["verdict"]
        scores = pc.drop_null(pc.struct_field(verdicts, "scores"))
        for name in ATTRIBUTE_NAMES:
            values = pc.struct_field(scores, name).to_numpy()
            counts, _ = np.histogram(values, bins=BINS, range=(0, 1))
            before = findings.scores.get((kind, name))
            findings.scores[kind, name] = counts if before is None else before + counts


def _rank(held: pa.Table, part: int) -> Iterator[RankedPassage]:
    verdicts = held["verdict"]
    actions = pc.struct_field(verdicts, "action").to_pylist()
    scores = pc.struct_field(verdicts, "scores")
    # What was not judged comes after all that was.
    flagged = [
        pc.fill_null(pc.struct_field(scores, label.value), UNSCORED).to_numpy() for label in FLAGGED
    ]
    worst = np.max(flagged, axis=0) if len(held) else np.empty(0)
    rows = held["row"].to_pylist()
    for action, score, row in zip(actions, worst, rows, strict=True):
        # Of two that are equal the first comes first.
        yield RankedPassage(action == Action.BLOCK.value, float(score), -part, -row)


def _count_pages(held: pa.Table, pages: dict[str, PageCount]) -> None:
    names, titles = held["page"].to_pylist(), held["title"].to_pylist()
    for name, title in zip(names, titles, strict=True):
        pages.setdefault(name, PageCount(name, title)).held += 1
    if len(pages) > MAX_COUNTED_PAGES:
        kept = heapq.nlargest(MAX_COUNTED_PAGES // 2, pages.values(), key=lambda page: page.held)
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
    rows_by_place: dict[RankedPassage, dict[str, Any]] = {}
    for part, wanted in by_part.items():
        rows = pq.read_table(parts[part]).take([-place.row for place in wanted]).to_pylist()
        rows_by_place.update(zip(wanted, rows, strict=True))
    return [rows_by_place[place] for place in places]


def visible(text: str) -> Markup:
    """Escape a text of a page, and show invisible characters by their names."""
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
        "short": lambda text: text if len(text) <= MAX_SHORT else text[:MAX_SHORT] + " …",
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
    """Cut a row's text where its evidence begins and ends, a long text to the part around it."""
    spans = [Span(**span) for span in row["verdict"]["spans"]]
    first = min((span.start for span in spans), default=0)
    text = row["text"]
    start = max(0, first - CONTEXT_BEFORE) if len(text) > MAX_SHOWN else 0
    end = min(start + MAX_SHOWN, len(text))
    before = [Piece(0, "… ", 0)] if start else []
    after = [Piece(end, " …", 0)] if end < len(text) else []
    return [*before, *pieces_of(text, spans, start, end), *after]


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
