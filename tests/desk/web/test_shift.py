"""Eight moderators at once over HTTP, and the server killed and started again in the middle.

``SHIFT_SECONDS=300 pytest tests/desk/web/test_shift.py -s`` has them work for five minutes.
"""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
from lxml import html

from moderation.database.tables import audit, comments, decisions
from moderation.desk import Desk
from moderation.desk.types import Role
from tests.conftest import ROOT
from tests.desk.sending import sent
from tests.desk.web.people import PASSWORD, told_in
from tests.service.fakes import HOSTILE, wait_until

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("SHIFT_SECONDS", "5"))
MODERATORS = 8
THINKING = 0.2
"""Seconds that a moderator looks at a comment, at most."""
DONE = 303


class Server:
    """The service with its desk, as a process that can be killed and started again."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._url = url
        self._output = folder / "output"

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        arguments = [self._url, str(self._port)]
        with self._output.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.desk.web.live", *arguments],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._is_ready, seconds=60)

    def kill(self) -> None:
        """Kill all its processes, as a machine that loses power would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._output.read_text("utf-8")
        try:
            return httpx.get(f"{self.address}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False


class Work:
    """Decisions that the moderators were told of, and the seconds each answer took."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.decided: list[tuple[int, str]] = []
        self.undone: list[int] = []
        self.sent: list[str] = []
        self.seconds: dict[str, list[float]] = {"page": [], "decision": []}
        self.troubles: Counter[str] = Counter()
        self.errors: list[BaseException] = []


class Caller:
    """Somebody who sends a request again until it is answered."""

    def __init__(self, address: str, work: Work) -> None:
        self.work = work
        self.client = httpx.Client(base_url=address, trust_env=False, timeout=30)

    def ask(self, method: str, path: str, **more: dict[str, str]) -> httpx.Response:
        """Send a request until it is answered by a server that is ready."""
        while True:
            try:
                reply = self.client.request(method, path, **more)  # type: ignore[arg-type]
            except httpx.TransportError:
                self.work.troubles["no answer"] += 1
                time.sleep(0.1)
                continue
            if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return reply
            self.work.troubles["not ready"] += 1
            time.sleep(0.1)


class Moderator(Caller):
    """Somebody who takes the next comment, looks at it and decides, and sometimes takes it back."""

    def __init__(self, address: str, work: Work, name: str) -> None:
        super().__init__(address, work)
        self.name = name
        self.chance = random.Random(name)  # noqa: S311  # no secret

    def run(self) -> None:
        """Work until it is over."""
        self.ask("POST", "/desk/sign-in", data={"name": self.name, "password": PASSWORD})
        page = html.fromstring(self.ask("GET", "/desk/queues/review").text)
        reply = self.ask("POST", "/desk/next", data={"csrf": _field(page, "csrf")})
        while not self.work.over.is_set():
            assert reply.status_code == DONE, reply.text
            reply = self.look_and_decide(urlsplit(reply.headers["location"]).path)

    def look_and_decide(self, path: str) -> httpx.Response:
        """Decide on the comment whose page this is."""
        begun = time.perf_counter()
        page = html.fromstring(self.ask("GET", path).text)
        self.work.seconds["page"].append(time.perf_counter() - begun)
        csrf = _field(page, "csrf")
        if not page.xpath('//form[@id="ruling"]'):
            # Decided by a request whose answer was lost, or given to somebody else meanwhile.
            self.work.troubles["not to be decided"] += 1
            return self.ask("POST", "/desk/next", data={"csrf": csrf})
        time.sleep(self.chance.random() * THINKING)
        ruling = self.chance.choice(("approve", "reject:insult"))
        token = _field(page, "token")
        begun = time.perf_counter()
        data = {"csrf": csrf, "ruling": ruling, "token": token}
        reply = self.ask("POST", f"{path}/decide", data=data)
        self.work.seconds["decision"].append(time.perf_counter() - begun)
        if reply.status_code == DONE and not told_in(reply):
            self.work.decided.append((int(path.rpartition("/")[2]), token))
            if self.chance.random() < 0.05:
                return self.undo(urlsplit(reply.headers["location"]).path)
        return reply

    def undo(self, path: str) -> httpx.Response:
        """Take the last decision back, as the next comment's page offers."""
        page = html.fromstring(self.ask("GET", path).text)
        action = page.xpath('//form[contains(@action, "/undo")]/@action')[0]
        reply = self.ask("POST", action, data={"csrf": _field(page, "csrf")})
        self.work.undone.append(int(action.split("/")[-2]))
        return (
            self.ask("POST", "/desk/next", data={"csrf": _field(page, "csrf")})
            if told_in(reply)
            else reply
        )


class Sender(Caller):
    """A newsroom whose comments come in meanwhile."""

    def run(self) -> None:
        """Send comments until it is over."""
        for number in itertools.count():
            if self.work.over.is_set():
                return
            name = f"late {number}"
            body = {"text": f"{HOSTILE}, said number {number}", "context": {"id": name}}
            reply = self.ask("POST", "/v1/score", json=body)  # type: ignore[arg-type]
            assert reply.json()["verdicts"][0]["action"] == "review"
            self.work.sent.append(name)
            time.sleep(0.1)


@contextmanager
def going(callers: list[Moderator | Sender], work: Work) -> Iterator[None]:
    """Let callers work for as long as the block runs."""

    def run(caller: Moderator | Sender) -> None:
        try:
            caller.run()
        except BaseException as error:
            work.errors.append(error)
            raise

    threads = [threading.Thread(target=run, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        work.over.set()
        for thread in threads:
            thread.join()
        for caller in callers:
            caller.client.close()


def test_eight_moderators_lose_no_decision_when_the_server_is_killed_in_the_middle(
    desk: Desk, url: str, tmp_path: Path
) -> None:
    """Acknowledged decisions are there once, undone or not; the log has every step."""
    names = [f"user {place}" for place in range(MODERATORS)]
    for name in names:
        desk.accounts.add(None, name, PASSWORD, Role.MODERATOR)
    total = int(60 * SECONDS)
    desk.intake.take([sent(f"comment {place}", place / total) for place in range(total)])
    server, work = Server(url, tmp_path), Work()
    server.start()
    callers = [Moderator(server.address, work, name) for name in names]
    with going([*callers, Sender(server.address, work)], work):
        time.sleep(SECONDS / 2)
        # A busy machine takes longer until they have got on.
        wait_until(lambda: len(work.decided) >= MODERATORS, seconds=60)
        before = len(work.decided)
        server.kill()
        server.start()
        time.sleep(SECONDS / 2)
        wait_until(lambda: len(work.decided) >= before + MODERATORS, seconds=60)
    # A comment that met a busy database waits in the spool, and is taken in within seconds.
    wait_until(lambda: set(work.sent) <= _kept(desk), seconds=30)
    server.kill()
    assert work.errors == []
    assert 0 < before < len(work.decided)
    assert work.troubles["no answer"] > 0
    _check(desk, work)
    _tell(work)


def _check(desk: Desk, work: Work) -> None:
    with desk.store.reading() as connection:
        made = connection.execute(sa.select(decisions)).all()
        steps = connection.execute(sa.select(audit.c.act, audit.c.details)).all()
        closed = connection.execute(
            sa.select(comments.c.id, comments.c.decision_id).where(comments.c.queue == "decided")
        ).all()
    by_token = {row.token: row for row in made}
    assert len(by_token) == len(made)
    # Nothing that was acknowledged is lost, and nobody decided what somebody else had decided.
    assert {(by_token[token].comment_id, token) for _, token in work.decided} == set(work.decided)
    holding = [row for row in made if row.undone is None]
    assert len({row.comment_id for row in holding}) == len(holding)
    assert {(row.comment_id, row.id) for row in holding} == {tuple(row) for row in closed}
    assert set(work.undone) == {row.id for row in made if row.undone is not None}
    assert set(work.sent) <= _kept(desk)
    logged = Counter((step.act, step.details.get("decision")) for step in steps)
    expected = Counter(("decide", row.id) for row in made)
    expected += Counter(("undo", row.id) for row in made if row.undone is not None)
    assert {key: count for key, count in logged.items() if key[0] in {"decide", "undo"}} == expected


def _kept(desk: Desk) -> set[str | None]:
    with desk.store.reading() as connection:
        return set(connection.scalars(sa.select(comments.c.external_id)))


def _tell(work: Work) -> None:
    """Print how much was done and how long it took, for `-s`."""
    parts = [f"{len(work.decided)} decisions, {len(work.undone)} undone, {len(work.sent)} sent"]
    for name, seconds in work.seconds.items():
        high = sorted(seconds)[int(len(seconds) * 0.95)]
        parts.append(f"{name} p95 {high * 1000:.0f} ms")
    print("; ".join(parts), dict(work.troubles))  # noqa: T201  # for people


def _field(page: html.HtmlElement, name: str) -> str:
    return str(page.xpath(f'//input[@name="{name}"]/@value')[0])


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """Give an empty desk."""
    desk = Desk.open(url)
    yield desk
    desk.close()
