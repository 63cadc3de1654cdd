"""The whole circle in a browser, on both databases: what people decide becomes the live model."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from moderation.desk import Desk
from moderation.desk.jobs import live_model as watch
from moderation.desk.jobs.live_model import DeskLoader
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Role, Ruling
from moderation.desk.web.app import installer
from moderation.service.app import create_app
from moderation.service.intake import Submission
from moderation.settings import Settings
from tests.conftest import ROOT
from tests.desk.web.browsing import Open, number_on, press, shoot
from tests.desk.web.people import add_people, comment
from tests.service.fakes import is_ready, running, wait_until
from tests.tiny import GATE

pytestmark = pytest.mark.slow

FOOL = "you brainless greedy fool number {}, nobody likes what you said at the {}"
PLAIN = "the council should tell us by {} what it will do about the {} this year"
PLACES = ("mill", "dam", "pier", "bank", "hall", "gate", "shop", "lane", "ferry", "tower")
BEFORE, BY_KEY, AT_ONCE = 246, 12, 10
"""Comments decided: of the first two together, the newest fifth must be enough to compare on."""
INSULT_KEY = "4"
MARK_KEYS = ("m", "Shift+ArrowRight", "Enter", INSULT_KEY)


def remark(number: int, score: float) -> Submission:
    """Return an insult where the number is even, else a plain remark; no two nearly alike."""
    text = (FOOL, PLAIN)[number % 2].format(number * 37, PLACES[number // 2 % 10])
    more = f" {PLACES[number // 20 % 10]} {PLACES[number // 7 % 10]} {number * 91}"
    return comment(text + more, score)


def decide_before(desk: Desk) -> None:
    """Let somebody decide many comments on the days before."""
    user = next(user for user in desk.accounts.users() if user.role is Role.MODERATOR)
    insult, harmless = Ruling(Outcome.REJECT, RejectionReason.INSULT), Ruling(Outcome.APPROVE)
    for number in range(BEFORE):
        (taken,) = desk.intake.take([remark(number, 0.5)])
        desk.decisions.decide(user, taken, harmless if number % 2 else insult)


def test_what_is_decided_by_hand_becomes_the_live_model_and_a_lead_goes_back(
    open_page: Open, desk: Desk, url: str, site: str, material: dict[str, Path], tmp_path: Path
) -> None:
    decide_before(desk)
    waiting = [remark(BEFORE + place, 0.9 - place / 100) for place in range(BY_KEY)]
    low = [remark(BEFORE + BY_KEY + place, 0.1) for place in range(AT_ONCE)]
    desk.intake.take([*waiting, *low])
    page = open_page(Role.LEAD)
    shoot(page, "queue")
    press(page, "g")
    work_by_key(page)
    approve_low_scores(page)
    assert desk.queue.count(Filters(Queue.DECIDED)).number == BEFORE + BY_KEY + AT_ONCE
    assert desk.queue.count(Filters()).number == 0
    export(page)
    before = serving(site)
    done = train(url, material, tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    live = desk.models.live()
    assert live is not None
    wait_until(lambda: serving(site) == live.model)
    page.reload()
    expect(page.locator("dd")).to_have_text([live.model, live.model])
    shoot(page, "model", whole=True)
    page.get_by_role("button", name="Roll back").click()
    wait_until(lambda: serving(site) == before)
    page.reload()
    expect(page.locator("dd").last).to_have_text(before)
    assert desk.models.live() is None


def work_by_key(page: Page) -> None:
    """Decide comments without the mouse, one of them twice; mark evidence in one."""
    seen = []
    for place in range(BY_KEY):
        seen.append(number_on(page))
        insult = page.locator("#passage").inner_text().startswith("you brainless")
        key = INSULT_KEY if insult else "a"
        if place == 2:
            for each in MARK_KEYS:
                page.keyboard.press(each)
            expect(page.locator("mark")).to_have_text(["you brainless"])
            shoot(page, "marked")
        press(page, key)
        if place == 1:
            shoot(page, "comment", whole=True)
            press(page, "u")
            assert number_on(page) == seen[-1]
            press(page, key)
    assert len(set(seen)) == BY_KEY


def approve_low_scores(page: Page) -> None:
    """Approve the rest at once, take it back, and approve it again."""
    for again in (False, True):
        go_to(page, "Bulk decisions")
        page.get_by_label("Score to").fill("0.25")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text(f"{AT_ONCE} comments would be decided")).to_be_visible()
        shoot(page, "bulk", whole=True)
        page.get_by_role("button", name=f"Approve all {AT_ONCE}").click()
        expect(page.locator(".told")).to_contain_text(f"{AT_ONCE} comments")
        if not again:
            page.get_by_role("button", name="Undo").click()
            expect(page.get_by_text("undone", exact=True)).to_be_visible()


def export(page: Page) -> None:
    """Export the decisions in each form; end on the page of the model."""
    page.get_by_role("link", name="Decided").click()
    assert len(download(page, "Export as JSON Lines")) == BEFORE + BY_KEY + AT_ONCE
    assert len(download(page, "Export as CSV")) == BEFORE + BY_KEY + AT_ONCE + 1
    go_to(page, "Model")
    labels = download(page, "Export labels")
    assert len(labels) == BEFORE + BY_KEY
    assert sum("you brainless" in line for line in labels) == len(labels) / 2


def go_to(page: Page, name: str) -> None:
    """Open a page by the menu."""
    page.get_by_text("More", exact=True).click()
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def download(page: Page, link: str) -> list[str]:
    """Return the lines of the file behind a link."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    return download.value.path().read_text("utf-8").splitlines()


def train(url: str, material: dict[str, Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run what the page tells a lead to run."""
    options = {
        **material,
        "--models": folder / "models",
        "--reports": folder / "reports",
        "--corpora": folder / "none",
        "--version": "1",
        "--decisions": url,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return subprocess.run(
        [sys.executable, "train.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def serving(site: str) -> str:
    """Return the model that judges."""
    reply = httpx.post(f"{site}/v1/score", json={"text": "calm"}, trust_env=False)
    return str(reply.json()["verdicts"][0]["model"])


@pytest.fixture
def material(tiny_labels: Path, tmp_path: Path) -> dict[str, Path]:
    """Give the options that say what to train on and what to reach."""
    gates = tmp_path / "gates"
    gates.mkdir()
    (gates / "fast.toml").write_text(GATE, "utf-8")
    (tmp_path / "none").mkdir()
    return {"--labels": tiny_labels, "--gates": gates}


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """Give a desk with people and no comments, on the one database and on the other."""
    desk = Desk.open(url)
    add_people(desk)
    yield desk
    desk.close()


@pytest.fixture
def site(
    desk: Desk, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Serve the desk and judge with the model that is live; give the address."""
    monkeypatch.setenv("MODERATION_MODEL", str(tiny_model))
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.2)
    settings: dict[str, Any] = {
        "model": str(tiny_model),
        "policy": tmp_path / "policy.toml",
        "log_level": "warning",
    }
    settings["policy"].write_text('name = "own"\n', "utf-8")
    chosen = Settings(**settings)
    app = create_app(chosen, DeskLoader(chosen, desk), None, [installer(desk)])
    with running(app) as address:
        with httpx.Client(base_url=address, trust_env=False) as client:
            wait_until(lambda: is_ready(client))
        yield address
