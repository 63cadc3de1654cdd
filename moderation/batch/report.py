"""``report.html``: a run as a person reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from moderation.batch.evidence import Segment, split_evidence
from moderation.batch.summary import Summary
from moderation.batch.visible import visible_pieces
from moderation.pages import Kind, Passage
from moderation.taxonomy import ATTRIBUTES, FLAGGED
from moderation.verdict import Action, Verdict

BRIEF = 160
CHUNK = 1 << 16

_LABELS = {attribute.name: attribute.title for attribute in ATTRIBUTES} | {"civil": "Civil"}
_ACTIONS = {Action.ALLOW: "Allowed", Action.REVIEW: "Held for review", Action.BLOCK: "Blocked"}


@dataclass(frozen=True, slots=True)
class Item:
    """A passage and its verdict."""

    passage: Passage
    verdict: Verdict | None

    @property
    def held(self) -> bool:
        """Whether a person should see it."""
        return self.verdict is not None and self.verdict.action is not Action.ALLOW


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the report's table of contents."""

    number: int
    page: str
    title: str | None
    comments: int
    held: int


class Report:
    """Writes a report page by page, so that a large run needs no more memory than a small one.

    Parameters
    ----------
    folder : Path
        Where the finished pages wait in a file of their own until the head, which needs the
        totals, can be written above them.
    """

    def __init__(self, folder: Path) -> None:
        self._waiting = folder / ".pages.html"
        self._file: TextIO = self._waiting.open("w", encoding="utf-8", newline="\n")
        self._entries: list[Entry] = []
        self._templates = _templates()

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, page: str, title: str | None, items: Sequence[Item]) -> int:
        """Write a page; return how many of its passages are held."""
        of_kind = {kind: [i for i in items if i.passage.kind is kind] for kind in Kind}
        entry = Entry(
            number=len(self._entries) + 1,
            page=page,
            title=title,
            comments=len(of_kind[Kind.COMMENT]),
            held=sum(item.held for item in items),
        )
        self._entries.append(entry)
        template = self._templates.get_template("page.html")
        self._file.write(
            template.render(
                entry=entry,
                comments=of_kind[Kind.COMMENT],
                notes=of_kind[Kind.NOTE],
                article=of_kind[Kind.ARTICLE],
                furniture=of_kind[Kind.FURNITURE],
            )
        )
        return entry.held

    def finish(self, path: Path, summary: Summary) -> None:
        """Write the head and the pages to `path`."""
        self._file.close()
        template = self._templates.get_template("report.html")
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for chunk in template.generate(
                summary=summary, entries=self._entries, pages=self._finished()
            ):
                file.write(chunk)
        self._waiting.unlink()

    def _finished(self) -> Iterator[Markup]:
        with self._waiting.open(encoding="utf-8", newline="\n") as file:
            while chunk := file.read(CHUNK):
                # Our own template wrote it, with everything of the page's escaped.
                yield Markup(chunk)  # noqa: S704  # rendered by the same escaping template


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
        "brief": _brief,
        "segments": _segments,
        "worst": _worst,
        "titles": lambda names: ", ".join(_LABELS.get(name, name) for name in names),
        "bars": _bars,
    }
    templates.globals |= {"labels": _LABELS, "actions": _ACTIONS}
    return templates


def visible(text: str) -> Markup:
    """Escape a text of a page, and show its hidden signs."""
    hidden = Markup('<span class="sign" title="{name}">{code}</span>')
    return Markup("").join(
        hidden.format(name=piece.name, code=piece.code) if piece.code else escape(piece.text)
        for piece in visible_pieces(text)
    )


def _brief(text: str) -> str:
    line = " ".join(text[: 4 * BRIEF].split())
    return line if len(line) <= BRIEF else line[:BRIEF].rsplit(" ", 1)[0] + " …"


def _segments(item: Item) -> list[Segment]:
    spans = item.verdict.spans if item.verdict else ()
    return split_evidence(item.passage.text, spans)


def _worst(attributes: Sequence[str]) -> str:
    """Return the class of a mark: the worst label that it is evidence for."""
    return next((label.value for label in FLAGGED if label.value in attributes), "other")


def _bars(verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "title": attribute.title,
            "meaning": attribute.meaning,
            "harmful": attribute.harmful,
            "percent": round(100 * verdict.scores[attribute.name]),
        }
        for attribute in ATTRIBUTES
        if attribute.name in verdict.scores
    ]
