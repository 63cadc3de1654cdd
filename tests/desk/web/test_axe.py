"""Accessibility: axe finds nothing on any page, for any role, in light and dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from moderation.desk import Desk
from moderation.desk.types import Outcome, Queue, RejectionReason, Role, Ruling
from moderation.desk.web.app import PAGES
from moderation.service.api_keys import Scope
from moderation.service.app import create_app
from moderation.service.intake import Correction
from moderation.settings import Settings
from tests.clients.npm import install
from tests.desk.web.people import NAMES, PASSWORD, Person, bring, comment, comments, site_of
from tests.desk.web.provider import CLIENT, SECRET, provider_at_work
from tests.desk.web.test_routes import SEEN_BY
from tests.desk.web.test_uploads import has_ended, send
from tests.service.fakes import HOSTILE, wait_until

pytestmark = pytest.mark.slow
PACKAGE = "axe-core@4.11.0"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1280, 390)
RUN = """async (tags) => {
  for (const details of document.querySelectorAll("details:not(.menu)")) details.open = true;
  const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
  return found.violations.flatMap(({id, nodes}) => nodes.map(
    ({html, failureSummary}) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`));
}"""
NOT_SHOWN = {
    "": "leads to a queue",
    "/": "leads to a queue",
    "/live": "is no page",
    "/sign-in/callback": "leads on; its pages are checked by themselves",
    "/sign-in/kept": "leads to the page of a comment",
    "/export/decisions.csv": "is a file",
    "/export/decisions.jsonl": "is a file",
    "/export/labels.jsonl": "is a file",
    "/export/statistics.csv": "is a file",
}
"""The routes that show no page of their own, and why."""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the script of axe."""
    folder = install(tmp_path_factory.mktemp("axe"), None, PACKAGE)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def numbers(desk: Desk) -> list[int]:
    """Fill the desk with a comment of each kind; return their numbers."""
    text = f"They say {HOSTILE} \u202e here."
    numbers = bring(desk, [comment(text, external_id="x"), comment("2"), *comments(8)])
    lead = next(user for user in desk.accounts.users() if user.role is Role.LEAD)
    mo = next(user for user in desk.accounts.users() if user.role is Role.MODERATOR)
    for number, outcome in zip(numbers[2:6], ("threat", "", "insult", ""), strict=True):
        rejects = RejectionReason(outcome) if outcome else None
        ruling = Ruling(Outcome.REJECT, rejects) if rejects else Ruling(Outcome.APPROVE)
        desk.decisions.decide(lead, number, ruling)
    undone = desk.decisions.decide(mo, numbers[1], Ruling(Outcome.APPROVE, note="a note"))
    desk.decisions.undo(mo, undone.id)
    desk.decisions.note(mo, numbers[0], "a remark")
    desk.corrections.add(Correction(text, {"insult": 1.0}, "perspective", community="c"))
    desk.escalations.ask(mo, numbers[6], "please look")
    admin = next(user for user in desk.accounts.users() if user.role is Role.ADMIN)
    desk.keys.create(admin, "a site", [Scope.SCORE])
    colleague = desk.accounts.add(None, "Colleague", PASSWORD, Role.MODERATOR)
    desk.second_reviews.set_share(lead, 100)
    for again in bring(desk, [comment(f"Some say {HOSTILE} {each}.") for each in range(5)]):
        desk.decisions.decide(colleague, again, Ruling(Outcome.REJECT, RejectionReason.INSULT))
    if (review := desk.second_reviews.next(mo)) is not None:
        desk.second_reviews.review(mo, review.id, Ruling(Outcome.APPROVE, note="a quotation"))
    return numbers


def paths_of(desk: Desk, site: str, role: Role, numbers: list[int]) -> Iterator[tuple[str, str]]:
    """Yield each route of the desk that shows a page, with addresses of such pages for a role."""
    user = next(user for user in desk.accounts.users() if user.name == NAMES[role])
    lead = next(user for user in desk.accounts.users() if user.role is Role.LEAD)
    again, (pair,) = desk.second_reviews.next(user), desk.disagreements.to_settle(lead)
    assert again is not None
    with Person(site) as person:
        person.sign_in(role)
        upload = send(person, "file.csv", b"text\none\n,\n").removeprefix("/desk")
        wait_until(lambda: has_ended(person, upload))
    shown = {
        "/second/{number}": [f"/second/{again.id}"],
        "/agreement/{number}": [f"/agreement/{pair.id}"],
        "/uploads/{number}": [upload],
        "/queues/{queue}": [f"/queues/{queue}" for queue in Queue] + ["/queues/review?words=zzz"],
        "/comments/{number}": [f"/comments/{numbers[place]}" for place in (0, 1, 2, 6)],
        "/authors": ["/authors?author=author+0&source=native"],
        "/bulk": ["/bulk?low=0", "/bulk"],
        "/users": ["/users"],
    }
    for route in PAGES:
        if route not in NOT_SHOWN:
            # A new route with a parameter is no address, and so is not found.
            for path in shown.get(route, [route]):
                yield route, path


def routes_of(app: Any) -> Iterator[Any]:
    """Yield the routes of an application, those of its routers too."""
    for route in app.routes:
        router = getattr(route, "original_router", None)
        if router is not None:
            yield from routes_of(router)
        elif hasattr(route, "methods"):
            yield route


def violations(page: Page, axe: str) -> list[str]:
    """Return the violations that axe finds on a page, in both schemes and widths."""
    found = []
    page.evaluate(axe)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {each}" for each in page.evaluate(RUN, TAGS)]
    return found


def expect_none(found: dict[str, list[str]]) -> None:
    """Fail with all that was found, by page."""
    lines = [f"{path}: {wrong}" for path, several in found.items() for wrong in several]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def test_each_route_that_shows_no_page_exists() -> None:
    assert set(NOT_SHOWN) <= set(PAGES)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.LEAD, Role.MODERATOR])
def test_axe_finds_nothing_on_any_page_of_the_desk(
    role: Role, browser: Browser, desk: Desk, site: str, numbers: list[int], axe: str
) -> None:
    found: dict[str, list[str]] = {}
    # axe is no script of the desk's, which its pages would not run.
    with browser.new_context(bypass_csp=True, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{site}/desk")
        page.get_by_label("Name").fill(NAMES[role])
        page.get_by_label("Password").fill(PASSWORD)
        with page.expect_navigation(url="**/desk/queues/review"):
            page.keyboard.press("Enter")
        for route, path in paths_of(desk, site, role, numbers):
            if route == "/reset":
                path = desk.resets.make(None, NAMES[Role.READER]).path.removeprefix("/desk")  # noqa: PLW2901
            needed = SEEN_BY[route]
            reply = page.goto(f"{site}/desk{path}")
            assert reply
            allowed = needed is None or role.may(needed)
            allowed = allowed and (path != "/queues/leads" or role.may(Role.LEAD))
            assert reply.status == (200 if allowed else 403), path
            if path == "/queues/review":
                page.locator(".menu summary").click()
            if path == "/password":
                page.locator("[data-opens=keys]").click()
            if wrong := violations(page, axe):
                found[path] = wrong
    expect_none(found)


def test_axe_finds_nothing_on_the_pages_to_sign_in(
    browser: Browser, desk: Desk, axe: str, tmp_path: Path
) -> None:
    found: dict[str, list[str]] = {}
    settings: dict[str, Any] = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with (
        provider_at_work() as provider,
        site_of(desk, oidc_issuer=provider.issuer, **settings) as site,
        browser.new_context(bypass_csp=True, reduced_motion="reduce") as context,
        Person(site) as guest,
    ):
        leaving = guest.post("/sign-in/openid", {"next": "/desk"}).text
        page = context.new_page()
        page.goto(f"{site}/desk/sign-in")
        found["sign in"] = violations(page, axe)
        page.get_by_label("Name").fill("nobody")
        page.get_by_label("Password").fill("wrong")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        found["refused"] = violations(page, axe)
        page.get_by_role("button", name="Sign in with").click()
        page.get_by_role("heading", name="Link your account").wait_for()
        found["link"] = violations(page, axe)
        page.goto(f"{site}/desk/sign-in")
        # Shown for a moment only, before the browser goes on.
        page.route(
            "**/leaving",
            lambda route: route.fulfill(
                body=leaving.replace('http-equiv="refresh"', 'name="was-refresh"'),
                content_type="text/html",
            ),
        )
        page.goto(f"{site}/desk/leaving")
        found["leaving"] = violations(page, axe)
        person = next(iter(desk.identities.all()))
        assert person.user_id is None
    with site_of(desk) as site, browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{site}/desk/sign-in")
        page.get_by_label("Name").fill(NAMES[Role.ADMIN])
        page.get_by_label("Password").fill(PASSWORD)
        with page.expect_navigation(url="**/desk/queues/review"):
            page.keyboard.press("Enter")
        page.goto(f"{site}/desk/users")
        found["people to link"] = violations(page, axe)
    expect_none(found)


def test_axe_finds_nothing_on_the_pages_of_the_service(
    browser: Browser, site: str, axe: str
) -> None:
    pages = {
        route.path
        for route in routes_of(create_app(Settings()))
        if "GET" in (route.methods or ()) and "{" not in route.path
    }
    found: dict[str, list[str]] = {}
    shown = []
    with browser.new_context(bypass_csp=True, reduced_motion="reduce") as context:
        page = context.new_page()
        for path in sorted(pages):
            reply = context.request.get(f"{site}{path}")
            if not reply.headers.get("content-type", "").startswith("text/html"):
                continue
            shown.append(path)
            page.goto(f"{site}{path}")
            if path == "/":
                page.get_by_role("textbox").first.fill(f"They say {HOSTILE}.")
                page.get_by_role("button").first.click()
                page.locator("mark").first.wait_for()
            if wrong := violations(page, axe):
                found[path] = wrong
    assert {"/", "/docs"} <= set(shown)
    expect_none(found)
