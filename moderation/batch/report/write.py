"""Findings -> ``report.html``."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from moderation.batch.output.folder import REPORT, Folder
from moderation.batch.output.ledger import unwritable
from moderation.batch.output.summary import Summary
from moderation.batch.report.gather import KINDS, Findings, gather
from moderation.charts import HEIGHT, WIDTH, histogram, target_lines
from moderation.files import write_text
from moderation.taxonomy import ATTRIBUTES, FLAGGED
from moderation.text.display import Piece, cut
from moderation.verdict import Action, Span

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
    return Markup("").join(map(_shown, cut(text, (), 0, len(text))))


def _shown(piece: Piece) -> Markup:
    if not piece.odd:
        return escape(piece.text)
    return Markup('<span class="sign">{}</span>').format(piece.text) if piece.text else Markup("")


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("moderation.batch.report"),
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
    return [*before, *cut(whole, spans, start, end), *after]


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
