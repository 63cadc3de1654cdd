"""Extraction of the desk's messages from its templates and code, into the catalogues.

``python -m moderation.desk.web.extraction`` adds new messages to each language's ``desk.po``, drops
those that are gone, and compiles ``desk.mo``. A new message stands there untranslated.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from moderation.desk.web import app  # noqa: F401  # with it, every error of the desk is known
from moderation.desk.web.i18n import DOMAIN, FOLDER, SOURCE, languages
from moderation.desk.web.templates import TEMPLATES
from moderation.desk.web.vocabulary import VOCABULARY
from moderation.errors import DatabaseError, ModerationError

PACKAGE = Path(__file__).parents[2]
WITH_ERRORS = [
    *(
        PACKAGE / name
        for name in ("csv_rows.py", "files.py", "rows.py", "workbooks.py", "text/validate.py")
    ),
    PACKAGE / "service" / "key_store.py",
    *sorted(
        path
        for folder in ("desk", "database")
        for path in (PACKAGE / folder).rglob("*.py")
        # Errors of the command line, and of the interface for sites, stay English.
        if path.name not in {"cli.py", "backup.py", "batches.py"}
        and (path.parent.name != "site" or path.name == "webhooks.py")
    ),
]
"""Modules whose errors a page of the desk may show."""
MARKERS = {"gettext_noop", "explain_as", "kind", "NotAnObject"}
"""Calls that take messages besides errors; an error's class may be a variable, `kind`."""
KEYWORDS = {"message", "remedy", "full", "otherwise"}
"""Keywords of these calls, and of errors, whose values are messages."""

Argument = tuple[str | tuple[str, ...], str]
"""A message (for plurals its forms) and its context, blank for none."""


def extract() -> Catalog:
    """Return all messages of the desk, untranslated, sorted."""
    messages: set[Argument] = {
        (message.text, message.context)
        for family in VOCABULARY.values()
        for message in family.values()
    }
    messages.update(_in_templates())
    for path in WITH_ERRORS:
        messages.update(messages_in(path.read_text("utf-8")))
    catalog = Catalog(project="moderation", domain=DOMAIN, charset="utf-8", fuzzy=False)
    for text, context in sorted(messages, key=lambda message: (str(message[0]), message[1])):
        catalog.add(text, context=context or None)
    return catalog


def messages_in(code: str) -> Iterator[Argument]:
    """Yield the messages of the errors that a module raises, and what it marks otherwise."""
    tree = ast.parse(code)
    constants = dict(_constants(tree))
    databases = {kind.__name__ for kind in with_subclasses(DatabaseError)}
    errors = {kind.__name__ for kind in with_subclasses(ModerationError)} | {"super"}
    positions = dict.fromkeys(errors | MARKERS, 0) | dict(_own_helpers(tree))
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = called(call)
        if name == "plural" and call.args:
            yield tuple(map(str, map(_text, call.args[:2]))), ""
        if name not in positions:
            continue
        arguments = call.args[positions[name] :][:1]
        # For an error of the database the page has a remedy of its own.
        if name not in databases:
            arguments += [word.value for word in call.keywords if word.arg in KEYWORDS]
        texts = (_text(argument, constants) for argument in arguments)
        yield from ((text, "") for text in texts if text)


def called(call: ast.Call) -> str:
    """Return the name of the function or class called; ``super`` for ``super().__init__``."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return "super"
        case ast.Attribute(attr="plural"):
            return "plural"
    return ""


def with_subclasses(kind: type[ModerationError]) -> Iterator[type[ModerationError]]:
    """Yield a class of errors and all that are derived from it."""
    yield kind
    for subclass in kind.__subclasses__():
        yield from with_subclasses(subclass)


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
        # A wrong guess at a changed sentence would pass for a translation.
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        with file.open("wb") as stream:
            write_po(stream, catalog, width=100, sort_output=True, omit_header=False)
        file.with_suffix(".mo").write_bytes(compiled(catalog))


def _in_templates() -> Iterator[Argument]:
    method = [("**.html", "jinja2")]
    options: dict[str, dict[str, Any]] = {"**.html": {"silent": "false"}}
    for _, _, text, _, context in extract_from_dir(
        str(TEMPLATES), method, options, DEFAULT_KEYWORDS
    ):
        yield text, context or ""


def _own_helpers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the functions and classes of a module that take a `message`, with its position."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name):
                names = [argument.arg for argument in node.args.args]
            case ast.ClassDef(name=name):
                fields = (line.target for line in node.body if isinstance(line, ast.AnnAssign))
                names = [field.id for field in fields if isinstance(field, ast.Name)]
            case _:
                continue
        if "message" in names:
            yield name, names.index("message")


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


if __name__ == "__main__":
    update()
