"""Forms: the fields and files of a request's body, and the ruling that a comment's form holds."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from moderation.desk.errors import InvalidRuling
from moderation.desk.types import Outcome, RejectionReason, Ruling
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.text.validate import clean_text
from moderation.verdict import Span

MAX_FIELDS = 100
MAX_PART_BYTES = 4 << 20
MAX_CHANGED = 1_000
"""Spans added and taken away by one form."""
TARGET, ATTRIBUTE, AUTHOR_TEXT = "target.", "attribute.", "author_text."
"""Prefixes of fields' names."""

ShownSpans = Callable[[], Sequence[Span]]
"""Returns the evidence as the page showed it."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form's fields by name, and its files as name and content."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return a field without the blanks around it, blank where it is missing."""
        return self.fields.get(name, "").strip()

    def starting(self, prefix: str) -> dict[str, str]:
        """Return the filled fields whose names start with `prefix`, without it."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.fields.items()
            if name.startswith(prefix) and value
        }


async def read_form(request: Request) -> Form:
    """Return the form in a request's body.

    Raises
    ------
    InvalidInput
        If the body is not a form, or has too many fields.
    """
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    try:
        async with request.form(
            max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_PART_BYTES
        ) as body:
            for name, value in body.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or "", await value.read())
                else:
                    fields[name] = clean_text(value, "")
    except (HTTPException, UnicodeDecodeError, FormParserError):
        # Older versions of Starlette let the parser's own errors through.
        raise InvalidInput("The form cannot be read.", where="body") from None
    return Form(fields, files)


@dataclass(frozen=True, slots=True)
class FilledRuling:
    """The fields of a comment's form as they were filled in, for a page that shows them again.

    Parameters
    ----------
    label, note : str
    targets : tuple of str
        The peoples that are chosen.
    attributes : dict of str to str
        ``1`` or ``0`` by name.
    spans : str
        The spans added and taken away, as the page's script sends them.
    author_texts : dict of str to str
        The texts for the author as they were typed, by reason.
    tell_author : bool
        Whether the author is told the text for the reason of a rejection.
    refused : bool
        Whether the form was sent and refused; nothing of it was kept.
    again : str
        The value of the button by which a ruling was made that has just been undone.
    """

    label: str = ""
    targets: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    spans: str = ""
    note: str = ""
    note_for_author: bool = False
    author_texts: dict[str, str] = field(default_factory=dict)
    tell_author: bool = True
    refused: bool = False
    again: str = ""


def filled_from(ruling: Ruling, model: Sequence[Span], targets: tuple[str, ...]) -> FilledRuling:
    """Return the fields of the form by which a ruling was made.

    Parameters
    ----------
    ruling : Ruling
    model : sequence of Span
        The model's evidence.
    targets : tuple of str
        The model's targets.
    """
    changes = ""
    if ruling.spans is not None:
        ours = {(span.start, span.end, span.attribute) for span in ruling.spans}
        theirs = {(span.start, span.end, span.attribute) for span in model}
        changes = json.dumps({"added": sorted(ours - theirs), "removed": sorted(theirs - ours)})
    return FilledRuling(
        label=ruling.label.value if ruling.label else "",
        targets=targets if ruling.targets is None else ruling.targets,
        attributes={name: str(round(score)) for name, score in ruling.attributes.items()},
        spans=changes,
        note=ruling.note,
        note_for_author=ruling.note_for_author,
        author_texts=(
            {ruling.reason.value: ruling.author_text}
            if ruling.reason and ruling.author_text
            else {}
        ),
        tell_author=ruling.reason is None or bool(ruling.author_text),
        again=":".join(filter(None, (ruling.outcome.value, ruling.reason and ruling.reason.value))),
    )


def read_filled(form: Form) -> FilledRuling:
    """Return the fields of a form that was refused."""
    spans = form.get("spans")
    try:
        _changes(spans)
    except InvalidRuling:
        spans = ""
    return FilledRuling(
        label=form.get("right_label"),
        targets=tuple(form.starting(TARGET)),
        attributes=form.starting(ATTRIBUTE),
        spans=spans,
        note=form.get("note"),
        note_for_author=bool(form.get("for_author")),
        author_texts=_author_texts(form),
        tell_author=bool(form.get("tell_author")) or not _author_texts(form),
        refused=True,
    )


def read_ruling(form: Form, shown: ShownSpans) -> Ruling:
    """Return the ruling in a comment's form.

    Parameters
    ----------
    form : Form
    shown : callable
        Called only where evidence was corrected.

    Raises
    ------
    InvalidRuling
        If a field has a value that the page does not offer.
    """
    outcome, reason = read_outcome(form.get("ruling"))
    label, targets = form.get("right_label"), tuple(form.starting(TARGET))
    scores = form.starting(ATTRIBUTE)
    if not set(scores) <= set(ATTRIBUTE_NAMES) or not set(scores.values()) <= {"0", "1"}:
        raise _unreadable("attribute")
    if label and label not in set(Label):
        raise _unreadable("right_label")
    before = [name for name in form.get("targets_before").split("|") if name]
    return Ruling(
        outcome=outcome,
        reason=reason,
        label=Label(label) if label else None,
        attributes={name: float(value) for name, value in scores.items()},
        targets=None if set(targets) == set(before) else targets,
        spans=_corrected(form.get("spans"), shown),
        note=form.get("note"),
        token=form.get("token") or None,
        note_for_author=bool(form.get("for_author")),
        author_text=_author_texts(form).get(reason or "", "") if form.get("tell_author") else "",
    )


def read_outcome(ruling: str) -> tuple[Outcome, RejectionReason | None]:
    """Return the outcome and reason in a button's value: ``approve``, or ``reject:`` and a reason.

    Raises
    ------
    InvalidRuling
    """
    outcome, _, reason = ruling.partition(":")
    if outcome not in set(Outcome) or reason not in {"", *RejectionReason}:
        raise _unreadable("ruling")
    return Outcome(outcome), RejectionReason(reason) if reason else None


def _author_texts(form: Form) -> dict[str, str]:
    """Return the texts for the author in a form by reason, also blank ones."""
    # A browser sends the ends of lines as CR LF.
    return {
        name.removeprefix(AUTHOR_TEXT): text.replace("\r\n", "\n").strip()
        for name, text in form.fields.items()
        if name.startswith(AUTHOR_TEXT)
    }


def _corrected(changes: str, shown: ShownSpans) -> tuple[Span, ...] | None:
    """Return the evidence as a person corrected it; None where nothing was changed."""
    added, removed = _changes(changes)
    if not added and not removed:
        return None
    taken_away = {(span.start, span.end, span.attribute) for span in removed}
    # A person has seen what is left, and let it stand.
    kept = [
        replace(span, score=1.0)
        for span in shown()
        if (span.start, span.end, span.attribute) not in taken_away
    ]
    return tuple(sorted([*kept, *added], key=lambda span: (span.start, span.end)))


def _changes(field: str) -> tuple[list[Span], list[Span]]:
    """Return the spans added and those taken away.

    A comment may have thousands of spans, so a form holds the changes alone:
    ``{"added": [[start, end, attribute], …], "removed": […]}``.
    """
    if not field:
        return [], []
    try:
        changes: Any = json.loads(field)
        rows = [changes["added"], changes["removed"]]
        added, removed = ([Span(start, end, name, 1.0) for start, end, name in row] for row in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unreadable("spans") from None
    spans = [*added, *removed]
    whole = all(type(edge) is int for span in spans for edge in (span.start, span.end))
    known = all(
        isinstance(span.attribute, str) and span.attribute in ATTRIBUTE_NAMES for span in spans
    )
    if not whole or not known or len(spans) > MAX_CHANGED:
        raise _unreadable("spans")
    return added, removed


def _unreadable(field: str) -> InvalidRuling:
    return InvalidRuling(
        "The form is incomplete or damaged.", where=field, remedy="Reload the page."
    )
