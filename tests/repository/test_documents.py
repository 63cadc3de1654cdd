"""The documents are true."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from moderation import __version__
from moderation.service.app import create_app
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    for block in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_commands_of_the_readme_run() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    run = [line for line in commands if "moderation " in line and "curl" not in line]
    assert len(run) == 3
    for line in run:
        command = line.replace("moderation ", f"{sys.executable} -m moderation ")
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (line, done.stderr)


@pytest.mark.parametrize("target", ["serve", "test"])
def test_the_two_commands_are_targets_of_the_makefile(target: str) -> None:
    assert f"make {target}" in README
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0


def test_every_route_is_in_the_readme() -> None:
    schema = create_app(Settings()).openapi()
    for path, methods in schema["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in README


def test_every_label_and_attribute_is_in_the_readme_and_the_labels_documents() -> None:
    guidelines = (ROOT / "labels" / "GUIDELINES.md").read_text("utf-8")
    for name in [*ATTRIBUTE_NAMES, *Label]:
        assert f"`{name}`" in README
        assert f"`{name}`" in guidelines


def test_the_version_heads_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert first
    assert first[1] == __version__


def test_the_licence_is_the_one_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("labels/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
