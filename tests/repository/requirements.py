"""The project's requirements and everything that they bring, from the installed packages."""

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NAME = canonicalize_name(PROJECT["name"])


def requirements(*extras: str) -> list[Requirement]:
    """Return the requirements of the base and of extras, and of the extras that these name."""
    found = [Requirement(text) for text in PROJECT["dependencies"]]
    waiting, seen = [*extras], set[str]()
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for text in PROJECT["optional-dependencies"][extra]:
            requirement = Requirement(text)
            if canonicalize_name(requirement.name) == NAME:
                waiting += requirement.extras
            else:
                found.append(requirement)
    return found


def closure(wanted: Iterable[Requirement]) -> set[str]:
    """Return the names of all distributions that an installer would install for requirements."""
    seen = set[tuple[str, str]]()
    waiting = [*wanted]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            marker = requirement.marker
            if (name, extra) in seen or (marker and not marker.evaluate({"extra": ""})):
                continue
            seen.add((name, extra))
            waiting += [
                Requirement(str(further).partition(";")[0])
                for further in map(Requirement, _requires(name))
                if further.marker is None or further.marker.evaluate({"extra": extra})
            ]
    return {name for name, _ in seen}


def _requires(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return []
