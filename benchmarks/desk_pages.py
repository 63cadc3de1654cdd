"""The desk's pages with 100,000 comments in the queue, beside the same pages of a small desk.

    python benchmarks/desk_pages.py [--postgres] [--comments 100000] [--small 5000] [--rounds 100]

The service runs as a user starts it, in a process of its own; one person asks for one page after
the other on one connection. The peers in the same run are the service's own `/healthz`, which does
nothing, and the same page of a desk with few comments: a ratio far above 1 is a page that slows
down as a desk fills. A decision is what a key press does: what is decided, the way to the next
comment, and its page. At the end several moderators decide at the same time, as fast as they can.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import httpx
import typer
from desk import AUTHORS, LIMIT_MS, NAME, PAGES, PASSWORD, PEOPLES, WORDS, database, fill, measure
from load import started
from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Filters, Role

MODEL = "fast@2027.01"
"""The model that loads fastest; the measurements do not depend on it."""


MODERATORS = 4
DECIDING_SECONDS = 10.0
FOR_LEADS = 1 / 50
"""The share of the comments on which a lead is asked to decide."""
SLOW_PAGE_MS = 2 * LIMIT_MS

Times = tuple[float, float, float]


def main(
    *,
    postgres: Annotated[bool, typer.Option("--postgres", help="A server of its own.")] = False,
    comments: Annotated[int, typer.Option(help="Comments in the queue.")] = 100_000,
    small: Annotated[int, typer.Option(help="Comments in the queue of the small desk.")] = 5_000,
    rounds: Annotated[int, typer.Option(help="Times each page is asked for.")] = 100,
) -> None:
    """Measure both desks, then print how long each page takes."""
    little, few = measure_desk(small, rounds, postgres=postgres)
    much, many = measure_desk(comments, rounds, postgres=postgres)
    print(f"| page | p50 ms | p95 ms | p95 of {small} ms | ratio |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (middle, high, _) in much.items():
        peer = little[name][1]
        print(f"| {name} | {middle:.1f} | {high:.1f} | {peer:.1f} | {high / peer:.1f} |")
    print(f"\nDecisions a second, {MODERATORS} moderators: {many:.0f}, of {small}: {few:.0f}")
    over = [name for name, (_, high, _) in much.items() if high >= SLOW_PAGE_MS]
    figures = {name: round(high, 1) for name, (_, high, _) in much.items()}
    print(json.dumps({"p95_ms": figures, "decisions_a_second": round(many), "over": over}))


def measure_desk(comments: int, rounds: int, *, postgres: bool) -> tuple[dict[str, Times], float]:
    """Fill a database, serve it, and return the times of its pages, and decisions a second."""
    command = [sys.executable, "-m", "moderation", "serve", "--desk"]
    with database(None, postgres=postgres) as place:
        desk = Desk.open(place)
        lead = fill(desk, comments, comments // 5)
        for line in desk.queue.lines(Filters(), limit=int(min(comments * FOR_LEADS, 200))).lines:
            desk.escalations.ask(lead, line.id)
        for number in range(MODERATORS):
            desk.accounts.add(None, f"{NAME} {number}", PASSWORD, Role.MODERATOR)
        desk.close()
        settings = {"MODERATION_DESK": place, "MODERATION_MODEL": MODEL}
        with (
            started(command, settings, "/readyz") as port,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ):
            times = {name: measure(act, rounds) for name, act in pages(client, comments).items()}
            return times, decide_together(f"http://127.0.0.1:{port}")


def decide_together(address: str) -> float:
    """Return the number of decisions that several moderators make in a second."""

    def work(number: int) -> int:
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            client.post("/desk/sign-in", data={"name": f"{NAME} {number}", "password": PASSWORD})
            worker = Worker(client, field(see(client, "/desk/queues/review"), "csrf"))
            done, end = 0, time.monotonic() + DECIDING_SECONDS
            while time.monotonic() < end:
                worker.decide()
                done += 1
            return done

    with ThreadPoolExecutor(MODERATORS) as threads:
        return sum(threads.map(work, range(MODERATORS))) / DECIDING_SECONDS


def pages(client: httpx.Client, comments: int) -> dict[str, Callable[[], object]]:
    """Return the measured pages by name."""
    rng = random.Random(1)  # noqa: S311  # the same pages each time
    client.post("/desk/sign-in", data={"name": NAME, "password": PASSWORD})
    first = see(client, "/desk/queues/review")
    worker = Worker(client, field(first, "csrf"))

    def show(path: Callable[[], str]) -> Callable[[], object]:
        return lambda: see(client, path())

    queue = "/desk/queues/review?sort="
    return {
        "peer: healthz": show(lambda: "/healthz"),
        "queue, worst first": show(lambda: f"{queue}worst"),
        "queue, oldest first": show(lambda: f"{queue}oldest"),
        "queue, most uncertain first": show(lambda: f"{queue}uncertain"),
        "flagged": show(lambda: "/desk/queues/flagged"),
        "blocked": show(lambda: "/desk/queues/blocked"),
        "decided": show(lambda: "/desk/queues/decided"),
        "filter: page": show(lambda: f"{queue}worst&page=/page/{rng.randrange(PAGES)}"),
        "filter: author": show(lambda: f"{queue}worst&author=author+{rng.randrange(AUTHORS)}"),
        "filter: target": show(lambda: f"{queue}worst&target={rng.choice(PEOPLES)}"),
        "filter: score": show(lambda: f"{queue}worst&attribute=threat&low={rng.random() * 0.8}"),
        "filter: dates": show(lambda: f"{queue}worst&since=2026-01-01"),
        "search: a common word": show(lambda: f"{queue}worst&words={rng.choice(WORDS[:5])}"),
        "search: a word": show(lambda: f"{queue}worst&words={rng.choice(WORDS[50:500])}"),
        "search: a rare word": show(lambda: f"{queue}worst&words={rng.choice(WORDS[9999:])}"),
        "for leads": show(lambda: "/desk/queues/leads"),
        "appeals": show(lambda: "/desk/queues/appealed"),
        "an author": show(lambda: f"/desk/authors?author=author+{rng.randrange(AUTHORS)}"),
        "a comment": show(lambda: f"/desk/comments/{rng.randint(1, comments)}"),
        "live: numbers and new comments": show(lambda: f"/desk/live?newest={comments}"),
        "live: numbers and a comment": show(
            lambda: f"/desk/live?comment={rng.randint(1, comments)}&open=1"
        ),
        "decide, and the next comment": worker.decide,
        "undo, and its comment": worker.undo,
        "many at once: histogram": show(lambda: "/desk/bulk"),
        "many at once: preview": show(lambda: f"/desk/bulk?low={rng.random() * 0.9}"),
        "workbench": show(lambda: "/desk/workbench?attribute=insult"),
        "statistics": show(lambda: "/desk/statistics"),
        "uploads": show(lambda: "/desk/upload"),
        "messages to sites": show(lambda: "/desk/messages"),
        "model": show(lambda: "/desk/model"),
        "users": show(lambda: "/desk/users"),
        "audit log": show(lambda: "/desk/audit"),
    }


class Worker:
    """A moderator who sees one comment."""

    def __init__(self, client: httpx.Client, csrf: str) -> None:
        self._client = client
        self._csrf = csrf
        self._send("/desk/next")

    def decide(self) -> None:
        """Approve the comment, and see the next one."""
        ruling = {"ruling": "approve", "token": field(self._page, "token")}
        self._send(f"{self._path}/decide", **ruling)

    def undo(self) -> None:
        """Take the last decision back, and see its comment."""
        self._send(self._page.xpath('//form[contains(@action, "/undo")]/@action')[0])

    def _send(self, path: str, **fields: str) -> None:
        reply = self._client.post(path, data={"csrf": self._csrf, **fields})
        if not reply.is_redirect:
            raise RuntimeError(f"{path} was answered with {reply.status_code}")
        self._path = reply.headers["location"].partition("?")[0]
        self._page = see(self._client, self._path)


def see(client: httpx.Client, path: str) -> html.HtmlElement:
    """Return a page, which must be there."""
    return html.fromstring(client.get(path).raise_for_status().text)


def field(page: html.HtmlElement, name: str) -> str:
    """Return the value of a hidden field."""
    return str(page.xpath(f'//input[@name="{name}"]/@value')[0])


if __name__ == "__main__":
    typer.run(main)
