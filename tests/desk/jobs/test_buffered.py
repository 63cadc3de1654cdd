"""Comments that waited for the database come in once, with their true age, unless erased since."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.database.spool import Spool
from moderation.database.store import Store
from moderation.database.tables import comments, deliveries, forgotten, texts
from moderation.desk import Desk
from moderation.desk.intake.intake import CHUNK, DeskIntake
from moderation.desk.intake.records import Delivery
from moderation.desk.intake.retention import Keeper
from moderation.desk.jobs import buffered
from moderation.desk.jobs.buffered import BufferedIntake
from moderation.desk.types import Filters, Submission
from moderation.errors import DatabaseError, DatabaseRefused
from moderation.service.intake import Correction, CorrectionNotStored
from moderation.verdict import Span
from tests.desk.sending import sent, unread, verdict


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a spool."""
    return tmp_path / "spool"


@pytest.fixture
def intake(desk: Desk, folder: Path) -> Iterator[BufferedIntake]:
    """Give what keeps comments, in the database or in the folder."""
    intake = BufferedIntake(desk, Spool(folder, 8 << 20, 1 << 16), 30)
    yield intake
    intake.close()


def away(*_: object, **__: object) -> None:
    raise DatabaseError("gone")


@pytest.fixture
def outage() -> Iterator[pytest.MonkeyPatch]:
    """Let the database take nothing, until it is undone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write", away)
        yield patch


def counts(desk: Desk) -> dict[str, int]:
    joined = comments.join(texts, texts.c.id == comments.c.id)
    with desk.store.reading() as connection:
        rows = connection.execute(sa.select(texts.c.text, comments.c.times).select_from(joined))
        return {row.text: row.times for row in rows}


def test_a_comment_is_as_it_was_when_it_has_waited(
    desk: Desk, intake: BufferedIntake, outage: pytest.MonkeyPatch
) -> None:
    """Whole, also one with signs that no database and no UTF-8 has."""
    spans = (Span(0, 3, "insult", 0.125),)
    told = verdict({"insult": 0.123456789}, targets=("Thai",), spans=spans)
    when = datetime(2026, 3, 1, 3, tzinfo=UTC)
    whole = sent(
        "one\nline 😀",
        verdict=told,
        external_id="7",
        page="p",
        title="half \ud83d",
        author="Sok",
        parent="b",
        article="c" * 30_000,
        community="d",
        flags=2,
        time=when,
    )
    for submission in (sent("a"), unread("b"), unread("c", None)):
        written = Delivery.of([submission]).to_line()
        assert Delivery.from_line(written).submissions == (submission,)
    direct = desk.queue
    intake.take([whole, sent("neighbour")])
    outage.undo()
    intake.take_in()
    (line,) = direct.lines(Filters(author="Sok")).lines
    assert (line.received, line.flags, line.targets) == (when, 2, ("Thai",))
    comment = direct.get(line.id)
    assert (comment.text, comment.verdict.spans) == (whole.text, spans)
    assert comment.verdict.scores["insult"] == 0.123456789
    assert comment.article == "c" * 20_000
    assert counts(desk) == {"one\nline 😀": 1, "neighbour": 1}


def test_what_is_taken_in_again_after_a_kill_counts_once(
    desk: Desk, intake: BufferedIntake, outage: pytest.MonkeyPatch
) -> None:
    """The process ends between the database's answer and the note of it in the file."""
    intake.take([sent("before")])
    for _ in range(3):
        intake.take([sent("thrice"), sent("beside")])
    many = [sent(f"number {place}") for place in range(CHUNK + 50)]
    intake.take(many)
    intake.take([sent("after")])
    outage.undo()
    (file,) = intake._spool.folder.iterdir()
    left = file.read_bytes()
    intake.take_in()
    file.write_bytes(left)
    intake._spool._own.end = len(left)  # type: ignore[union-attr]
    intake.take_in()
    found = counts(desk)
    assert len(found) == len(many) + 4
    assert (found["thrice"], found["beside"], found["before"], found["after"]) == (3, 3, 1, 1)
    assert {found[one.text] for one in many} == {1}


def test_what_the_database_keeps_too_late_counts_once(
    desk: Desk, intake: BufferedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffered, "STORE_SECONDS", 0.05)
    goes_on, done = threading.Event(), threading.Event()
    take = DeskIntake.take_delivery

    def late(self: DeskIntake, delivery: Delivery) -> None:
        goes_on.wait(10)
        take(self, delivery)
        done.set()

    monkeypatch.setattr(DeskIntake, "take_delivery", late)
    began = time.monotonic()
    intake.take([sent("slow")])
    intake.take([sent("next")])
    assert time.monotonic() - began < 5
    assert intake.is_away
    goes_on.set()
    assert done.wait(10)
    assert counts(desk) == {"slow": 1}
    intake.take_in()
    assert counts(desk) == {"slow": 1, "next": 1}
    assert not intake.is_away


def test_what_the_database_refuses_for_itself_keeps_nothing_else_waiting(
    desk: Desk, intake: BufferedIntake, folder: Path, outage: pytest.MonkeyPatch
) -> None:
    names = [f"number {place}" for place in range(20)]
    for name in names:
        intake.take([sent(name)])
    outage.undo()
    write, keep = Store.write, DeskIntake._keep

    def refuse(self: DeskIntake, rows: Any, *more: Any) -> Any:
        if any(one.text["text"] == "number 7" for one in rows.values()):
            raise DatabaseRefused("no")
        return keep(self, rows, *more)

    outage.setattr(DeskIntake, "_keep", refuse)
    assert Store.write is write
    intake.take_in()
    assert sorted(counts(desk)) == sorted(set(names) - {"number 7"})
    assert not intake.is_away
    (apart,) = folder.glob("*.refused")
    assert b"number 7" in apart.read_bytes()
    assert apart.stat().st_mode & 0o777 == 0o600


def test_what_was_erased_meanwhile_does_not_come_back(
    desk: Desk, intake: BufferedIntake, outage: pytest.MonkeyPatch
) -> None:
    outage.undo()
    intake.take([sent("known", author="Quuxley"), sent("odd")])
    (odd,) = [line.id for line in desk.queue.lines(Filters(words="odd")).lines]
    outage.setattr(Store, "write", away)
    for one in (
        sent("known", author="Quuxley"),
        sent("new", author="Quuxley"),
        sent("odd"),
        sent("kept", author="Mo"),
        sent("nobody's"),
    ):
        intake.take([one])
    intake.add(Correction("odd", {"insult": 0.9}, "perspective"))
    intake.add(Correction("kept", {"insult": 0.9}, "perspective"))
    outage.undo()
    desk.retention.erase_author(None, "Quuxley")
    desk.retention.erase(None, odd)
    intake.take_in()
    assert counts(desk) == {"kept": 1, "nobody's": 1}
    assert [one.text for one in desk.corrections.read()] == ["kept"]
    # What is sent again afterwards is a new comment.
    intake.take([sent("new", author="Quuxley")])
    assert counts(desk) == {"kept": 1, "nobody's": 1, "new": 1}


def test_of_many_that_came_together_only_what_was_erased_is_missing(
    desk: Desk, intake: BufferedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database kept the first of them before it failed, too late for whoever brought them."""
    many = [sent(f"number {place}", author=f"author {place % 9}") for place in range(CHUNK + 99)]
    write, calls = Store.write, []

    def fail_later(self: Store, act: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise DatabaseError("gone")
        return write(self, act, **options)

    with monkeypatch.context() as patch:
        patch.setattr(buffered, "STORE_SECONDS", 60)
        patch.setattr(Store, "write", fail_later)
        intake.take(many)
    assert len(counts(desk)) == CHUNK
    desk.retention.erase_author(None, "author 3")
    intake.take_in()
    assert counts(desk) == {one.text: 1 for one in many if one.author != "author 3"}


def test_what_has_waited_longer_than_texts_are_kept_is_not_taken_in(
    desk: Desk, intake: BufferedIntake, outage: pytest.MonkeyPatch
) -> None:
    """And what is taken in is as old as its coming."""
    for days, text in ((31, "old"), (29, "nearly"), (0, "new")):
        when = datetime.now(UTC) - timedelta(days=days)
        outage.setattr("moderation.desk.intake.records.now", lambda when=when: when)
        intake.take([sent(text)])
    outage.undo()
    intake.take_in()
    assert counts(desk) == {"nearly": 1, "new": 1}
    desk.retention.purge(None, datetime.now(UTC) - timedelta(days=28))
    assert counts(desk) == {"new": 1}


def test_where_not_even_the_file_can_be_written_it_is_said(
    desk: Desk, folder: Path, outage: pytest.MonkeyPatch
) -> None:
    folder.write_text("no folder", "utf-8")
    intake = BufferedIntake(desk, Spool(folder, 8 << 20))
    with pytest.raises(
        CorrectionNotStored, match="neither in the database nor in the spool"
    ) as told:
        intake.take([sent("peculiar")])
    with pytest.raises(CorrectionNotStored):
        intake.add(Correction("peculiar", {"insult": 0.9}, "perspective"))
    assert "peculiar" not in str(told.value)
    outage.undo()
    intake.take_in()
    intake.take([sent("there")])
    assert counts(desk) == {"there": 1}
    intake.close()


def test_notes_of_deliveries_and_of_what_was_erased_go_after_a_month(
    desk: Desk, intake: BufferedIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> tuple[int, int]:
        with desk.store.reading() as connection:
            tables = (deliveries, forgotten)
            one, two = (
                connection.scalar(sa.select(sa.func.count()).select_from(each)) for each in tables
            )
        return one or 0, two or 0

    old: list[Submission] = [sent("old", author="Quuxley")]
    long_ago = time.time() - 31 * 86_400
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: long_ago)
        intake.take(old)
    intake.take([sent("new")])
    desk.retention.erase_author(None, "Quuxley")
    desk.store.write(
        lambda connection: connection.execute(
            forgotten.update().values(made=datetime.now(UTC) - timedelta(days=31))
        )
    )
    intake.take([sent("other", author="Mo")])
    desk.retention.erase_author(None, "Mo")
    assert kept()[0] == 3
    Keeper(desk.retention, None).erase()
    assert kept()[0] == 2
    assert 0 < kept()[1] <= 3
