"""Extraction of the desk's messages from its templates and code, into the catalogues.

``python -m moderation.desk.web.extraction`` adds new messages to each language's ``desk.po``, drops
those that are gone, and compiles ``desk.mo``. A message that is new stands there untranslated.
"""

import ast
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from moderation.desk.web import app as install  # noqa: F401  # with it, every error of the desk is known
from moderation.desk.web.i18n import DOMAIN, FOLDER, SOURCE, languages
from moderation.desk.web.vocabulary import VOCABULARY
from moderation.errors import DatabaseError, ModerationError

PACKAGE = Path(__file__).parents[2]
TEMPLATES = PACKAGE / "desk" / "web" / "templates"
WITH_ERRORS = [
    PACKAGE / "text" / "check.py",
    *sorted(
        path
        for folder in ("desk", "database")
        for path in (PACKAGE / folder).rglob("*.py")
        # What only the command line can do stays English.
        if path.name not in {"commands.py", "cli.py", "backup.py", "batches.py"}
    ),
]
"""Modules whose errors a page of the desk may show."""
HELPERS = {"_need": 2, "Cause": 0, "gettext_noop": 0}
"""Other calls with a message, and which argument it is."""

Argument = tuple[str | tuple[str, ...], str]
"""A message (for plurals its forms) and its context, blank for none."""


def extract() -> Catalog:
    """Return all messages of the desk, untranslated, sorted."""
    found: set[Argument] = {
        (message.text, message.context)
        for family in VOCABULARY.values()
        for message in family.values()
    }
    found.update(_in_templates())
    for path in WITH_ERRORS:
        found.update(messages_in(path.read_text("utf-8")))
    catalog = Catalog(project="moderation", domain=DOMAIN, charset="utf-8", fuzzy=False)
    for text, context in sorted(found, key=lambda each: (str(each[0]), each[1])):
        catalog.add(text, context=context or None)
    return catalog


def _in_templates() -> Iterator[Argument]:
    method = [("**.html", "jinja2")]
    options: dict[str, dict[str, Any]] = {"**.html": {"silent": "false"}}
    for _, _, text, _, context in extract_from_dir(
        str(TEMPLATES), method, options, DEFAULT_KEYWORDS
    ):
        yield text, context or ""


def messages_in(code: str) -> Iterator[Argument]:
    """Yield the messages of the errors that a module raises, and what it marks otherwise."""
    tree = ast.parse(code)
    constants = dict(_constants(tree))
    databases = {kind.__name__ for kind in _kinds(DatabaseError)}
    errors = {kind.__name__ for kind in _kinds(ModerationError)} | {"super"}
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = called(call)
        place = HELPERS.get(name, 0 if name in errors else None)
        if place is None or len(call.args) <= place:
            if name == "plural":
                yield tuple(map(str, map(_text, call.args[:2]))), ""
            continue
        texts = [_text(call.args[place], constants)]
        # Of a database the page says what to do itself.
        if name in errors - databases:
            texts += [
                _text(each.value, constants) for each in call.keywords if each.arg == "remedy"
            ]
        yield from ((text, "") for text in texts if text)


def called(call: ast.Call) -> str:
    """Return the name of what is called; ``super`` for ``super().__init__``."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return "super"
        case ast.Attribute(attr="plural"):
            return "plural"
    return ""


def _text(node: ast.expr, constants: dict[str, str] | None = None) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return (constants or {}).get(name)
    return None


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text


def _kinds(kind: type[ModerationError]) -> Iterable[type[ModerationError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def read_catalog(file: Path) -> Catalog:
    """Return the messages and translations of a ``.po`` file."""
    with file.open("rb") as stream:
        return read_po(stream, locale=file.parent.parent.name, domain=DOMAIN, abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    """Return the content of the ``.mo`` file of a catalogue."""
    stream = io.BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def update() -> None:
    """Bring the catalogue of each language up to date, and compile it."""
    template = extract()
    for language in languages():
        if language == SOURCE:
            continue
        file = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        catalog = read_catalog(file)
        # A guess at what a changed sentence means is worse than none.
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        with file.open("wb") as stream:
            write_po(stream, catalog, width=100, sort_output=True, omit_header=False)
        file.with_suffix(".mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    update()
