"""Fixtures for all tests: the data beside the project, a browser, a tiny model."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from moderation import Moderator
from moderation.training.fit import Recipe
from moderation.training.pipeline import Destination, Material, TrainingPlan, train
from moderation.training.vectorizer import NgramHasher
from tests.tiny import GATE, material_of, write_labels

ROOT = Path(__file__).parent.parent
TINY_ID = "tiny@1"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def skip_or_fail(reason: str) -> None:
    """Skip a test without its requirement; fail where it must be present (``CI=true``)."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI=true requires it")
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files marked slow first: one that starts last would leave the other workers idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Judge in one thread: several would keep cores busy waiting for each other.

    The cores have other workers' tests to run. A test that is about threads says how many.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODERATION_THREADS", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _database_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep keys and corrections of tests out of the user's own data folder, and the user's out."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        patch.setenv("MODERATION_CORRECTIONS", str(folder / "corrections.jsonl"))
        patch.setenv("MODERATION_KEYS_FILE", str(folder / "keys.json"))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data beside the project."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        skip_or_fail("the folder ../shared is not here")
    return folder


@pytest.fixture(scope="session")
def real_corpora(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with links to the files of all public corpora beside the project."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("corpora", "more_corpora"):
        if not (shared / name).is_dir():
            skip_or_fail(f"the folder ../shared/{name} is not here")
        for file in (shared / name).iterdir():
            if file.name != "SOURCES.md":
                (folder / file.name).symlink_to(file)
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return a browser's path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        skip_or_fail("no Chromium is installed")
    return str(found)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Yield the system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tiny_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small labelled set."""
    return write_labels(tmp_path_factory.mktemp("labels"))


@pytest.fixture(scope="session")
def tiny_material(tiny_labels: Path) -> Material:
    """Return the training material of the small labelled set."""
    return material_of(tiny_labels)


@pytest.fixture(scope="session")
def tiny_plan(tmp_path_factory: pytest.TempPathFactory) -> TrainingPlan:
    """Return a plan to train the fast tier on a small labelled set."""
    folder = tmp_path_factory.mktemp("models")
    gate = folder / "gate.toml"
    gate.write_text(GATE, "utf-8")
    place = Destination(folder / TINY_ID, TINY_ID, gate, folder / "report.html")
    return TrainingPlan(place, "both", Recipe(NgramHasher(n_features=2**14)))


@pytest.fixture(scope="session")
def tiny_model(tiny_plan: TrainingPlan, tiny_material: Material) -> Path:
    """Return the folder of a model trained on the small labelled set."""
    outcome = train(tiny_plan, tiny_material, Console(file=io.StringIO()))
    assert outcome.saved
    assert outcome.failures == []
    return tiny_plan.place.folder


@pytest.fixture(scope="session")
def tiny_moderator(tiny_model: Path) -> Moderator:
    """Return a moderator with the tiny model and the shipped policy."""
    return Moderator.load(tiny_model)
