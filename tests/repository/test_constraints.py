"""Versions: what the tests ran with, and the oldest that are allowed."""

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT
from tests.repository.requirements import PROJECT, requirements

FOLDER = ROOT / "constraints"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PYTHONS = re.findall(r"\d+\.\d+", re.findall(r"^PYTHONS := (.*)$", MAKEFILE, re.MULTILINE)[0])
RUN_EXTRAS = re.findall(r"--extra (\w+)", MAKEFILE)
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def pinned(file: Path, python: str) -> dict[str, Version]:
    """Return the version of each package that a constraints file allows for a Python on Linux."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
    }
    found: dict[str, Version] = {}
    for line in file.read_text("utf-8").splitlines():
        one = Requirement(line)
        if one.marker is None or one.marker.evaluate(environment):
            (specifier,) = one.specifier
            found[canonicalize_name(one.name)] = Version(specifier.version)
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_for_every_python_to_a_version_that_is_allowed(
    python: str,
) -> None:
    pins = pinned(FOLDER / f"python{python}.txt", python)
    for requirement in requirements(*PROJECT["optional-dependencies"]):
        pin = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin), requirement


def test_the_oldest_versions_that_are_tested_are_the_oldest_that_are_allowed() -> None:
    floors = pinned(FOLDER / "floors.txt", "3.11")
    for requirement in requirements(*RUN_EXTRAS):
        (floor,) = (one.version for one in requirement.specifier if one.operator in {">=", "=="})
        found = floors[canonicalize_name(requirement.name)]
        assert found.release[:2] == (*Version(floor).release, 0)[:2], requirement
        assert requirement.specifier.contains(found), requirement


@pytest.mark.skipif(
    os.environ.get("CI") != "true" or ".venv-floors" in sys.prefix,
    reason="only CI installs everything anew",
)
def test_these_tests_run_with_what_is_pinned() -> None:
    pins = pinned(FOLDER / f"python{HERE}.txt", HERE)
    for requirement in requirements(*PROJECT["optional-dependencies"]):
        name = canonicalize_name(requirement.name)
        try:
            installed = Version(version(name))
        except PackageNotFoundError:
            continue  # of an extra that the tests do without
        assert installed.public == str(pins[name]), (name, "make clean, then make test")
