"""An installation brings what it is used for, and a command says which extra it lacks."""

import ast
import json
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from moderation.cli import GROUPS
from moderation.extras import MODULES
from tests.conftest import ROOT
from tests.repository.requirements import PROJECT, closure, requirements

HIDING = Path(__file__).parent / "hiding"
MOST = 41
"""Distributions that judging and evaluation may bring."""
BROUGHT_ALONG = {"llvmlite", "pydantic_core"}
"""Imported and not required by name: Numba and Pydantic require the one version that goes with
them."""
CREATE_APP = """
import moderation.service.server
from moderation.service.app import create_app
from moderation.settings import Settings
print(create_app(Settings()).title)
"""
CSV = "text,label\nAll Chinese are vermin.,ethnic_hostility\nThe ministry said so.,news\n"


@cache
def owners() -> dict[str, set[str]]:
    """Return the distributions that each importable module belongs to."""
    return {
        module: {canonicalize_name(name) for name in names}
        for module, names in packages_distributions().items()
        if module not in sys.stdlib_module_names
    }


def python(
    *arguments: str | Path, extras: tuple[str, ...] = (), cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run Python where nothing is installed but the product with some of its extras."""
    installed = {"moderation", *closure(requirements(*extras))}
    hidden = [module for module, names in owners().items() if not names & installed]
    paths = os.pathsep.join([str(HIDING), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": paths, "HIDDEN_MODULES": ",".join(hidden)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_judging_and_evaluation_bring_at_most_so_many_distributions() -> None:
    names = closure(requirements())
    assert len(names) <= MOST, sorted(names)


def test_a_bare_installation_judges(tiny_model: Path) -> None:
    code = (
        "from moderation import Moderator; import sys;"
        "print(Moderator.load(sys.argv[1]).judge(['All Chinese are vermin.'])[0].label)"
    )
    done = python("-c", code, tiny_model)
    assert done.stdout.strip() == "ethnic_hostility", done.stderr


def test_a_bare_installation_judges_with_the_shipped_model() -> None:
    done = python("-m", "moderation", "score", "The ministry said on Monday that rice is dear.")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"] == "news"


def test_a_bare_installation_evaluates(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(CSV, "utf-8")
    done = python(
        "-m", "moderation", "evaluate", tmp_path / "table.csv", "--model", tiny_model,
        "--thresholds", "TOXICITY",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["labels"]["macro_f1"] == 1


def test_a_bare_installation_lists_every_command() -> None:
    done = python("-m", "moderation", "--help")
    assert done.returncode == 0, done.stderr
    for command in ["score", "serve", "evaluate", *GROUPS]:
        assert f" {command} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "command", "extra", "installed"),
    [
        (["serve"], "moderation serve", "service", ()),
        (["serve", "--desk"], "moderation serve --desk", "desk", ("service",)),
        (["keys", "list"], "moderation keys", "service", ()),
        (["batch", "page.txt", "--out", "out"], "moderation batch", "batch", ("service",)),
        (["batch", "report", "out"], "moderation batch", "batch", ()),
        (["desk", "user", "list"], "moderation desk", "desk", ()),
        (["desk", "take", "out"], "moderation desk take", "batch", ("desk",)),
        (["corpora", "list"], "moderation corpora", "train", ()),
        (["labels", "check"], "moderation labels", "train", ("service",)),
    ],
)
def test_a_command_says_which_extra_it_lacks(
    arguments: list[str], command: str, extra: str, installed: tuple[str, ...], tmp_path: Path
) -> None:
    done = python("-m", "moderation", *arguments, extras=installed, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: `{command}` needs the extra `{extra}`: pip install 'moderation[{extra}]'\n"
    )
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_a_desk_with_a_provider_says_that_it_lacks_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_OIDC_ISSUER", "https://login.example")
    monkeypatch.setenv("MODERATION_OIDC_CLIENT_ID", "desk")
    done = python("-m", "moderation", "serve", "--desk", extras=("desk",), cwd=tmp_path)
    assert done.returncode == 1
    assert "needs the extra `oidc`: pip install 'moderation[oidc]'" in done.stderr


def test_training_says_which_extra_it_lacks(tmp_path: Path) -> None:
    done = python(ROOT / "train.py", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "error: `python train.py` needs the extra `train`: pip install 'moderation[train]'\n"
    )


@pytest.mark.parametrize(
    ("extra", "arguments", "output"),
    [
        (
            "batch",
            ["-m", "moderation", "batch", "{}/p.txt", "--out", "{}/out", "--model", "{model}"],
            "1 pages",
        ),
        ("service", ["-m", "moderation", "keys", "list"], ""),
        (
            "service",
            ["-c", CREATE_APP],
            "moderation",
        ),
        ("desk", ["-c", "import moderation.desk.web.app"], ""),
        (
            "desk",
            ["-m", "moderation", "desk", "user", "list", "--database", "sqlite:///{}/desk.db"],
            "",
        ),
        ("train", ["-m", "moderation", "labels", "check"], "examples"),
        ("train", ["-m", "moderation", "labels", "agreement"], "examples"),
        ("train", ["-m", "moderation", "corpora", "list"], "Folder"),
        ("train", ["train.py", "--help"], "calibrate"),
    ],
)  # fmt: skip
def test_an_extra_brings_all_that_its_commands_need(
    extra: str, arguments: list[str], output: str, tmp_path: Path, tiny_model: Path
) -> None:
    (tmp_path / "p.txt").write_text("A headline\n\nThe ministry said so on Monday.\n", "utf-8")
    given = [text.format(tmp_path, model=tiny_model) for text in arguments]
    done = python(*given, extras=(extra,))
    assert done.returncode == 0, done.stderr
    assert output.lower() in done.stdout.lower()


@pytest.mark.parametrize("extra", MODULES)
def test_an_extra_is_known_by_the_modules_of_its_distributions(extra: str) -> None:
    base = {canonicalize_name(one.name) for one in requirements()}
    required = {
        canonicalize_name(one.name) for one in requirements(extra) if one.marker is None
    } - base
    known = set().union(*(owners()[module] for module in MODULES[extra]))
    assert known == required


def test_whatever_is_imported_is_required_by_name() -> None:
    """A package that another happens to bring may be gone with the next version of that."""
    declared = {
        canonicalize_name(one.name) for one in requirements(*PROJECT["optional-dependencies"])
    }
    imported: dict[str, Path] = {}
    for file in [*ROOT.glob("moderation/**/*.py"), ROOT / "train.py"]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            imported |= {name.partition(".")[0]: file for name in names}
    for module, file in imported.items():
        if module not in sys.stdlib_module_names | BROUGHT_ALONG | {"moderation"}:
            distributions = owners().get(module, {canonicalize_name(module)})
            assert distributions & declared, (module, file)
