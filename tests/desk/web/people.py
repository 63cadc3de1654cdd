"""A desk with comments in it, and people who use it without a browser."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import unquote

import httpx
from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Outcome, RejectionReason, Role, Ruling
from moderation.desk.web.app import installer
from moderation.desk.web.request import FLASH_COOKIE
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.service.app import create_app
from moderation.service.intake import Submission
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict
from tests.service.fakes import HOSTILE, TARGET, FakeModel, is_ready, running, wait_until

PASSWORD = "six wet stones in a row"  # noqa: S105  # of people who do not exist
NAMES = {
    Role.READER: "rea",
    Role.MODERATOR: "mo",
    Role.LEAD: "lea",
    Role.ADMIN: "ada",
}


def comment(text: str, score: float = 0.9, **more: Any) -> Submission:
    """Return a comment that a policy sends to review, with evidence on each `HOSTILE`."""
    starts = [at for at in range(len(text)) if text.startswith(HOSTILE, at)]
    scores = dict.fromkeys(ATTRIBUTE_NAMES, 0.05) | {"ethnic_hostility": score}
    verdict = Verdict(
        label=Label.ETHNIC_HOSTILITY,
        action=Action.REVIEW,
        scores=scores,
        model="fake@1",
        spans=tuple(Span(at, at + len(HOSTILE), "ethnic_hostility", score) for at in starts),
        targets=(TARGET,),
        reasons=("ethnic_hostility",),
    )
    return Submission(text, verdict, "native", **more)


def comments(number: int) -> list[Submission]:
    """Return comments with scores from low to high."""
    return [
        comment(
            f"Number {place} of them says {HOSTILE} here.",
            score=(place + 0.5) / number,
            author=f"author {place % 3}",
            page=f"https://news.example/{place % 2}",
            title=f"Headline {place % 2}",
        )
        for place in range(number)
    ]


def add_people(desk: Desk) -> None:
    """Let one person of each role sign in."""
    for role, name in NAMES.items():
        desk.accounts.add(None, name, PASSWORD, role)


@contextmanager
def site_of(desk: Desk, **settings: Any) -> Iterator[str]:
    """Serve a desk; give the address."""
    chosen = Settings(**settings)

    def load() -> Moderator:
        return Moderator(FakeModel(), Policy.load(chosen.policy))

    with running(create_app(chosen, load, None, [installer(desk)])) as address:
        with httpx.Client(base_url=address, trust_env=False) as client:
            wait_until(lambda: is_ready(client))
        yield address


class Person:
    """Somebody at the desk, who sends what a browser would send."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def sign_in(self, role: Role, password: str = PASSWORD, aim: str = "") -> httpx.Response:
        """Sign in as the person of a role."""
        data = {"name": NAMES[role], "password": password, "next": aim}
        return self.post("/sign-in", data)

    def get(self, path: str) -> httpx.Response:
        """Ask for a page of the desk, or for an address of its own."""
        return self.client.get(path if path.startswith("/desk") else f"/desk{path}")

    def post(self, path: str, data: dict[str, str], **more: Any) -> httpx.Response:
        """Send a form as it is."""
        address = path if path.startswith("/desk") else f"/desk{path}"
        return self.client.post(address, data=data, **more)

    def see(self, path: str) -> html.HtmlElement:
        """Return a page, which must be there."""
        reply = self.get(path)
        assert reply.status_code == 200, (path, reply.status_code, reply.text)
        return html.fromstring(reply.text)

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form with the visit's token."""
        return self.post(path, {"csrf": self.csrf(), **fields})

    def csrf(self) -> str:
        """Return the visit's token, as each page has it."""
        return str(self.see("/queues/review").xpath('//input[@name="csrf"]/@value')[0])


def words_of(page: html.HtmlElement, path: str = "//main") -> str:
    """Return the text of a part of a page, with single blanks."""
    return " ".join(" ".join(part.text_content() for part in page.xpath(path)).split())


def told_in(reply: httpx.Response) -> str:
    """Return the flashed message of the page after an answer; an empty one where there is none."""
    value = reply.cookies.get(FLASH_COOKIE, "")
    return unquote(value.split("&")[1]) if value else ""


def bring(desk: Desk, sent: Sequence[Submission]) -> list[int]:
    """Let comments in one after the other; return their numbers in that order."""
    return [number for one in sent for number in desk.intake.take([one])]


def decide_on(desk: Desk, number: int) -> None:
    """Have a moderator decide on comments with scores from low to high; every other is approved."""
    moderator = next(user for user in desk.accounts.users() if user.name == NAMES[Role.MODERATOR])
    hostile = Ruling(Outcome.REJECT, RejectionReason.ETHNIC_HOSTILITY)
    for place, each in enumerate(bring(desk, comments(number))):
        desk.decisions.decide(moderator, each, hostile if place % 2 else Ruling(Outcome.APPROVE))
