"""The OpenAPI document as far as it binds anybody: what may be sent, and what comes back."""

from collections.abc import Iterator
from typing import Any

WORDS = {"default", "title", "description", "summary", "example", "examples", "operationId", "tags"}
"""Parts of a document that are for readers alone."""
NAMES = {"parameters", "properties", "paths", "content", "responses"}
"""Parts of a document whose keys are names, and not words of the format."""

NULL = {"type": "null"}

Difference = tuple[str, Any, Any]


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Return the places in which two documents promise something else, each with both values."""
    return list(_compare(_promises(before), _promises(after), ""))


def _promises(document: dict[str, Any]) -> Any:
    """Return the paths of a document without words, each reference replaced by its schema."""
    schemas = document["components"]["schemas"]

    def plain(value: Any, *, named: bool = False) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return plain(schemas[value["$ref"].rsplit("/", 1)[-1]])
        if "parameters" in value and not named:
            by_name = {parameter["name"]: parameter for parameter in value["parameters"]}
            value = value | {"parameters": by_name}
        shown = {
            name: plain(inner, named=name in NAMES)
            for name, inner in value.items()
            if named or name not in WORDS
        }
        return shown if named else _one_form(shown)

    return plain(document["paths"], named=True)


def _one_form(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in the one of several forms that say the same."""
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if schema.get("additionalProperties") is True:
        del schema["additionalProperties"]
    match schema:
        case {"type": [kind, "null"]}:
            rest = {name: value for name, value in schema.items() if name != "type"}
            return {"anyOf": [_one_form(rest | {"type": kind}), NULL]}
        case {"type": "string", "enum": names}:
            del schema["type"]
            schema["enum"] = [name for name in names if name is not None]
        case {"anyOf": kinds}:
            del schema["anyOf"]
            flat: list[Any] = []
            for kind in kinds:
                parts = kind["anyOf"] if list(kind) == ["anyOf"] else [kind]
                flat += [part for part in parts if part not in flat]
            return schema | (flat[0] if len(flat) == 1 else {"anyOf": flat})
    return schema


def _compare(before: Any, after: Any, place: str) -> Iterator[Difference]:
    if _may_be_null(before) != _may_be_null(after) and before and after:
        yield f"{place}: null", _may_be_null(before), _may_be_null(after)
        yield from _compare(_not_null(before), _not_null(after), place)
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys(), key=str):
            inside = f"{place}/{name}"
            yield from _compare(before.get(name), after.get(name), inside)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, pair in enumerate(zip(before, after, strict=True)):
            yield from _compare(*pair, f"{place}/{position}")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield place, before, after


def _may_be_null(schema: Any) -> bool:
    return isinstance(schema, dict) and NULL in schema.get("anyOf", ())


def _not_null(schema: Any) -> Any:
    if not _may_be_null(schema):
        return schema
    kinds = [kind for kind in schema["anyOf"] if kind != NULL]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})
