"""The report of a run, ``report.html``, made from its rows."""

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from moderation.batch.counting import (
    GroupCount,
    Sample,
    authors,
    most_held,
    rows_at,
    sites,
    text_keys,
)
from moderation.batch.export import RowFormat, write_export
from moderation.batch.ledger import Ledger, unwritable
from moderation.batch.output import (
    REPORT,
    OutputFolder,
    iter_rows,
    list_parts,
    lock_folder,
    summarise,
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
MAX_GROUPS = 25
"""Sites and authors that are shown."""
REPEATED = 2
"""Held comments from which an author is a repeat commenter."""
SAMPLES = {"comment": 24, "article": 8}
"""Allowed passages of each kind that are shown at random."""
CONTEXT_BEFORE, MAX_SHOWN = 600, 3_000
"""Characters of a passage shown before its first evidence, and in all."""
MAX_SHORT = 200
"""Characters of a name or an address that are shown."""
MAX_COUNTED_PAGES = 100_000
"""Pages with held passages that are counted at once; beyond it those with fewest are dropped."""
UNSCORED = -1.0
"""The rank of a held passage that was not judged."""
KINDS = ("comment", "article")
_WEB = re.compile(r"https?://[^\s/]{1,300}[^\s]{0,2000}\Z")
_LINK = Markup('<a href="{}" rel="noreferrer noopener" target="_blank">{}</a>')
_MONTH = re.compile(r"\d{4}-\d{2}")
_COLUMNS = ["page", "title", "url", "kind", "written", "page_date", "digest", "verdict"]
_LABELS = {attribute.name: attribute.title for attribute in ATTRIBUTES} | {"civil": "Civil"}


class RankedPassage(NamedTuple):
    """A held passage, its severity and the place of its row. The worst is the largest."""

    blocked: bool
    score: float
    part: int
    row: int
    key: int = 0
    """The number of its kind and text."""


@dataclass
class PageCount:
    """A page and the number of held passages on it."""

    page: str
    title: str | None
    held: int = 0
    url: str | None = None


@dataclass
class Findings:
    """The contents of a report.

    Parameters
    ----------
    scores : dict of (kind, attribute) to array, shape (BINS,)
        The number of passages with a score in each twentieth of [0, 1].
    worst : list of dict
        Rows of held passages, the worst first, and of those with the same text one, with their
        number as ``copies``.
    pages : list of PageCount
        The pages with most held passages.
    targets : dict of target to Counter of month
        Passages that attack each target, by the month (``2026-03``) of the comment or the page,
        an empty string where it is not known.
    failures : dict of reason to (count, examples)
    samples : dict of kind to Sample
    sites, authors : list of GroupCount
        Those with most held passages.
    """

    scores: dict[tuple[str, str], np.ndarray[Any, Any]] = field(default_factory=dict)
    worst: list[dict[str, Any]] = field(default_factory=list)
    pages: list[PageCount] = field(default_factory=list)
    targets: dict[str, Counter[str]] = field(default_factory=dict)
    failures: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    sites: list[GroupCount] = field(default_factory=list)
    authors: list[GroupCount] = field(default_factory=list)


def write_results(
    folder: OutputFolder,
    ledger: Ledger,
    form: RowFormat = RowFormat.PARQUET,
    *,
    distinct: bool = False,
    finished: bool = True,
) -> Summary:
    """Write the summary and the report of a run from its rows, and an export if one is wanted.

    Raises
    ------
    InvalidInput
        If rows are lost or damaged.
    """
    summary = summarise(ledger, finished=finished)
    try:
        write_export(folder, form, distinct=distinct)
        report = render(summary, collect_findings(folder), ledger.head)
    except (OSError, pa.ArrowException):
        raise InvalidInput(
            "The rows of the run are damaged, or some of them lost.",
            where=str(folder.passages),
            remedy="Run the same command again; it makes them again.",
        ) from None
    write_text(folder.path / REPORT, report, explain=unwritable)
    write_summary(folder, summary)
    return summary


def rebuild_report(
    out: Path, form: RowFormat = RowFormat.PARQUET, *, distinct: bool = False
) -> Summary:
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
        return write_results(folder, ledger, form, distinct=distinct, finished=ledger.finished)


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
        worst = _worst_of([*worst, *_rank(held, number)])
        _count_pages(held, pages)
        _count_targets(judged, findings)
        _draw(judged, number, findings)
    findings.worst = rows_at(parts, [(-place.part, -place.row) for place in worst])
    _count_worst(parts, worst, findings)
    for sample in findings.samples.values():
        sample.read(parts)
    findings.sites = most_held(parts, sites, MAX_GROUPS)
    repeated = most_held(parts, authors, MAX_GROUPS)
    findings.authors = [author for author in repeated if author.held() >= REPEATED]
    findings.pages = heapq.nlargest(MAX_PAGES, pages.values(), key=lambda page: page.held)
    for row in iter_rows(folder.failures):
        count, examples = findings.failures.get(row["reason"], (0, []))
        if len(examples) < MAX_EXAMPLES:
            examples.append(row)
        findings.failures[row["reason"]] = count + 1, examples
    return findings


def render(summary: Summary, findings: Findings, head: Mapping[str, Any]) -> str:
    """Return the report as HTML. Texts of pages are escaped, and none of them is markup.

    Parameters
    ----------
    summary : Summary
    findings : Findings
    head : mapping
        The first line of the ledger: inputs, limits and thresholds.
    """
    months, lines = target_lines(findings.targets)
    return (
        _templates()
        .get_template("report.html")
        .render(
            summary=summary,
            findings=findings,
            months=months,
            lines=lines,
            distributions=_distributions(findings, head.get("thresholds", {})),
            head=head,
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
    keys = text_keys(held).tolist()
    for action, score, row, key in zip(actions, worst, rows, keys, strict=True):
        # Of two that are equal the first comes first.
        yield RankedPassage(action == Action.BLOCK.value, float(score), -part, -row, key)


def _worst_of(ranked: list[RankedPassage]) -> list[RankedPassage]:
    """Return the worst passages, of those with the same text the first."""
    chosen: dict[int, RankedPassage] = {}
    for passage in sorted(ranked, reverse=True):
        chosen.setdefault(passage.key, passage)
        if len(chosen) == MAX_WORST:
            break
    return list(chosen.values())


def _count_worst(parts: list[Path], worst: list[RankedPassage], findings: Findings) -> None:
    """Count the rows that have the texts of the worst passages."""
    keys = np.array([passage.key for passage in worst], np.uint64)
    copies: Counter[int] = Counter()
    for part in parts if worst else ():
        found = text_keys(pq.read_table(part, columns=["kind", "digest"]))
        # By sorting: the other way of numpy 2.0 ends in an error for such numbers.
        copies.update(found[np.isin(found, keys, kind="sort")].tolist())
    for row, passage in zip(findings.worst, worst, strict=True):
        row["copies"] = copies[passage.key]


def _draw(judged: pa.Table, part: int, findings: Findings) -> None:
    actions = pc.struct_field(judged["verdict"], "action")
    allowed = judged.filter(pc.equal(actions, Action.ALLOW.value))
    for kind, most in SAMPLES.items():
        rows = allowed.filter(pc.equal(allowed["kind"], kind))["row"].to_numpy()
        findings.samples.setdefault(kind, Sample(most)).draw(part, rows)


def _count_pages(held: pa.Table, pages: dict[str, PageCount]) -> None:
    columns = (held[name].to_pylist() for name in ("page", "title", "url"))
    for name, title, url in zip(*columns, strict=True):
        pages.setdefault(name, PageCount(name, title, url=url)).held += 1
    if len(pages) > MAX_COUNTED_PAGES:
        kept = heapq.nlargest(MAX_COUNTED_PAGES // 2, pages.values(), key=lambda page: page.held)
        pages.clear()
        pages.update((page.page, page) for page in kept)


def _count_targets(judged: pa.Table, findings: Findings) -> None:
    targets = pc.struct_field(judged["verdict"], "targets")
    attacking = pc.greater(pc.list_value_length(targets), 0)
    rows = judged.filter(attacking).select(["written", "page_date", "verdict"]).to_pylist()
    for row in rows:
        month = _MONTH.match(row["written"] or "") or _MONTH.match(row["page_date"] or "")
        for target in row["verdict"]["targets"]:
            counts = findings.targets.setdefault(target, Counter())
            counts[month.group() if month else ""] += 1


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
        "link": _link,
        "share": lambda group: f"{100 * group.held() / max(1, group.judged()):.1f} %",
        "count": lambda number: f"{number:,}".replace(",", "\u202f"),
    }
    templates.globals["labels"] = _LABELS
    return templates


def _distributions(
    findings: Findings, thresholds: Mapping[str, Mapping[str, float]]
) -> list[dict[str, Any]]:
    return [
        {
            "attribute": attribute,
            "thresholds": [
                (action, limits[attribute.name], round(WIDTH * limits[attribute.name], 2))
                for action, limits in thresholds.items()
                if attribute.name in limits
            ],
            "charts": [
                (kind, histogram(counts.tolist()))
                for kind in KINDS
                if (counts := findings.scores.get((kind, attribute.name))) is not None
                and counts.sum()
            ],
        }
        for attribute in ATTRIBUTES
    ]


def _link(text: str, *addresses: str | None) -> Markup:
    """Return a text that leads to the first address that is one of the web."""
    for address in addresses:
        if address and _WEB.match(address) and visible(address) == escape(address):
            return _LINK.format(address, visible(text))
    return visible(text)


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
