"""The structure of the code: what a newcomer may rely on when looking for something."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "moderation"
MAX_LINES = 420
MAX_NEIGHBOURS_ONLY = 25
"""Modules that nobody but a neighbour imports; each is a subject of its own, or tested alone.
It is not to be raised."""
NOT_MIRRORED = {"clients", "repository", "service/wire"}
RIDDLE = re.compile(
    r"(What|How|Where|Which|Who|Whether)\b|Return (what|how|where|which|who|whether)\b"
)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def trees(folder: str) -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in (ROOT / folder).rglob("*.py")}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Documented) and (text := ast.get_docstring(node)):
            yield text


def imported(tree: ast.Module, modules: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules else node.module


@pytest.mark.parametrize("folder", ["moderation", "tests", "benchmarks"])
def test_a_docstring_says_what_a_thing_is_or_does_and_asks_no_riddle(folder: str) -> None:
    riddles = [
        f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"
        for path, tree in trees(folder).items()
        for text in docstrings(tree)
        if RIDDLE.match(text)
    ]
    assert not riddles


def test_no_module_is_too_long_to_be_read_at_one_sitting() -> None:
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in trees("moderation")}
    assert {path.name: n for path, n in lines.items() if n > MAX_LINES} == {}


def test_a_class_name_has_one_meaning() -> None:
    names = Counter(
        node.name
        for path, tree in trees("moderation").items()
        # Google's protocol has names of its own, which its clients build classes from.
        if path.parent.name != "perspective"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_few_modules_are_there_for_one_neighbour() -> None:
    modules = {module_name(path) for path in trees("moderation")}
    importers: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees("moderation").items():
        for module in imported(tree, modules):
            importers[module].add(module_name(path))
    alone = [
        module
        for module in modules
        if len(users := importers[module] - {module}) == 1
        and {user.rpartition(".")[0] for user in users} == {module.rpartition(".")[0]}
    ]
    assert len(alone) <= MAX_NEIGHBOURS_ONLY, sorted(alone)


def test_the_tests_of_a_room_are_in_the_room_of_the_same_name() -> None:
    strangers = [
        str(folder.relative_to(ROOT))
        for folder in (ROOT / "tests").rglob("*")
        if (folder / "__init__.py").exists()
        and folder.relative_to(ROOT / "tests").as_posix() not in NOT_MIRRORED
        and not (PACKAGE / folder.relative_to(ROOT / "tests")).is_dir()
    ]
    assert strangers == []


def test_the_architecture_names_every_room_and_none_that_is_not_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:moderation|tests|benchmarks|labels|models)/[\w./]*)`", text))
    assert [name for name in named if not (ROOT / name).exists()] == []
    rooms = {f"{path.parent.relative_to(ROOT)}/" for path in trees("moderation")}
    assert rooms - named - {"moderation/"} == set()
