"""An erased text is nowhere, whoever was at work meanwhile."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.database.erasure import needs_vacuum
from moderation.database.tables import bulks, comments, corrections, decisions, notes, now
from moderation.desk import Desk
from moderation.desk.errors import DeskError, NoSuchThing
from moderation.desk.intake import retention
from moderation.desk.intake.retention import KEEPER, Keeper
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Role, Ruling, User
from moderation.errors import DatabaseError, InvalidInput
from moderation.service.intake import Correction
from tests.desk.conftest import person
from tests.desk.sending import sent

SECRETS = (b"xylophonic", b"quuxley", b"remarkable", b"peculiarity", b"forthright")
TEXT = "Xylophonic zeppelin"


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir()).lower()


def fill(desk: Desk) -> User:
    """Leave a text, its author and what was said of it wherever the desk keeps such."""
    lead = person(desk, "Lin", Role.LEAD)
    others = [sent(f"Another comment, number {place}", author=f"Mo {place}") for place in range(40)]
    desk.intake.take(others)
    number, _ = desk.intake.take(
        [sent(TEXT, author="Quuxley", title="Of Quuxley"), sent("A reply", parent=TEXT)]
    )
    desk.corrections.add(Correction(TEXT, {"insult": 0.9}, "perspective"))
    desk.decisions.note(lead, number, "remarkable")
    desk.decisions.decide(lead, number, Ruling(Outcome.APPROVE, note="peculiarity"))
    made = desk.decisions.latest(lead)
    assert made
    desk.decisions.undo(lead, made.id)
    told = Ruling(Outcome.REJECT, RejectionReason.INSULT, author_text="forthrightness")
    desk.decisions.decide(lead, number, told)
    only = Filters(author="Quuxley")
    desk.bulk.apply(lead, only, number, Outcome.APPROVE)
    desk.intake.take([sent(f"Later, number {place}") for place in range(40)])
    return lead


def test_an_erased_text_is_nowhere_in_the_file(tmp_path: Path) -> None:
    desk = Desk.open(f"sqlite:///{tmp_path / 'desk.db'}")
    fill(desk)
    for secret in SECRETS:
        assert secret in bytes_of(tmp_path)
    assert desk.retention.erase_author(None, "Quuxley").swept
    left = bytes_of(tmp_path)
    desk.close()
    assert [secret for secret in SECRETS if secret in left] == []
    assert b"another comment" in left


def test_while_somebody_reads_it_is_said_that_the_file_still_has_it(tmp_path: Path) -> None:
    """Whoever opens the database afterwards finishes it."""
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    desk, reader = Desk.open(url), Desk.open(url)
    fill(desk)
    with reader.store.reading() as connection:
        connection.execute(sa.select(comments)).all()
        started = now()
        told = desk.retention.erase_author(None, "Quuxley")
        assert (told.comments, told.swept) == (1, False)
        assert now() - started < timedelta(seconds=5)
    assert b"xylophonic" in bytes_of(tmp_path)
    assert needs_vacuum(desk.store)
    Desk.open(url).close()
    left = bytes_of(tmp_path)
    assert [secret for secret in SECRETS if secret in left] == []
    assert not needs_vacuum(desk.store)
    reader.close()
    desk.close()


def test_others_write_while_the_log_cannot_be_emptied(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    desk, reader = Desk.open(url), Desk.open(url)
    fill(desk)
    slowest = timedelta()
    with reader.store.reading() as connection:
        connection.execute(sa.select(comments)).all()
        erasing = threading.Thread(target=desk.retention.erase_author, args=(None, "Quuxley"))
        erasing.start()
        while erasing.is_alive():
            started = now()
            desk.intake.take([sent(f"at {started}")])
            slowest = max(slowest, now() - started)
        erasing.join()
    reader.close()
    desk.close()
    assert slowest < timedelta(seconds=2)


def test_what_was_erased_before_a_kill_is_logged_and_swept_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    desk = Desk.open(url)
    fill(desk)

    def kill(_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retention, "vacuum", kill)
        with pytest.raises(KeyboardInterrupt):
            desk.retention.erase_author(None, "Quuxley")
    admin = person(desk, "Adi", Role.ADMIN)
    erased = [one for one in desk.audit.read(admin) if one.act == "erase"]
    assert {"count": 1, "corrections": 1} in [one.details for one in erased]
    assert "quuxley" not in str(erased).lower()
    Desk.open(url).close()
    left = bytes_of(tmp_path)
    desk.close()
    assert [secret for secret in SECRETS if secret in left] == []


def test_an_author_and_the_text_are_forgotten_wherever_they_stand(desk: Desk) -> None:
    lead = fill(desk)
    desk.retention.erase_author(None, "Quuxley")
    (reply,) = desk.queue.lines(Filters(words="reply")).lines
    assert desk.queue.get(reply.id).parent is None
    assert [one.filters.author for one in desk.bulk.latest()] == ["…"]
    with desk.store.reading() as connection:
        assert connection.execute(sa.select(notes)).all() == []
        assert set(connection.scalars(sa.select(decisions.c.note))) == {""}
        assert connection.execute(sa.select(corrections)).all() == []
        assert "Quuxley" not in str(connection.execute(sa.select(bulks)).all())
        assert "Quuxley" not in str(connection.execute(sa.select(comments)).all())
    assert lead.name == desk.bulk.latest()[0].by


def test_an_author_is_found_by_the_name_as_it_came(desk: Desk) -> None:
    """However long it is, and with signs that no database holds."""
    for name in ("a" * 300, "half \ud83d"):
        desk.intake.take([sent("one more", author=name)])
        assert desk.retention.erase_author(None, name).comments == 1


def test_nameless_comments_are_not_one_authors(desk: Desk) -> None:
    desk.intake.take([sent("nobody's")])
    with pytest.raises(InvalidInput):
        desk.retention.erase_author(None, "")
    assert desk.queue.count(Filters()).number == 1


def test_an_erased_comment_is_in_no_queue(desk: Desk, ana: User, lead: User) -> None:
    kept, gone = desk.intake.take([sent("kept", flags=2), sent("gone", flags=3)])
    desk.retention.erase(None, gone)
    assert {queue: count.number for queue, count in desk.queue.counts().items()} == {
        Queue.REVIEW: 1,
        Queue.FLAGGED: 1,
        Queue.CORRECTED: 0,
        Queue.APPEALED: 0,
        Queue.LEADS: 0,
        Queue.BLOCKED: 0,
        Queue.DECIDED: 0,
    }
    flagged = Filters(Queue.FLAGGED)
    assert [line.id for line in desk.queue.lines(flagged).lines] == [kept]
    assert desk.bulk.preview(lead, flagged).count == 1
    assert desk.queue.next(ana, flagged, skip=[kept]) is None
    assert desk.bulk.apply(lead, flagged, max(kept, gone), Outcome.APPROVE).count == 1


def test_flagged_comments_are_found_by_an_index_of_these_few(desk: Desk) -> None:
    if not desk.store.sqlite:
        pytest.skip("PostgreSQL reads a table that is so small without an index")
    asked = (
        "EXPLAIN QUERY PLAN SELECT id FROM comments WHERE flags > 0 AND queue <> 'decided' "
        "AND queue <> 'erased' ORDER BY worst DESC, id DESC LIMIT 50"
    )
    with desk.store.reading() as connection:
        plan = str(connection.exec_driver_sql(asked).all())
    assert "flagged_by_worst" in plan


def test_what_is_not_there_is_not_erased_and_nothing_is_logged(desk: Desk, admin: User) -> None:
    before = desk.audit.read(admin)
    with pytest.raises(NoSuchThing):
        desk.retention.erase(admin, 77)
    assert desk.audit.read(admin) == before


def test_what_was_written_on_an_erased_comment_goes_with_the_next_purge(
    desk: Desk, ana: User
) -> None:
    (number,) = desk.intake.take([sent("gone")])
    desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    desk.retention.erase(None, number)
    late = {"comment_id": number, "user_id": ana.id, "text": "late", "made": now()}

    def write(connection: sa.Connection) -> None:
        connection.execute(notes.insert().values(late))
        connection.execute(decisions.update().values(note="late"))

    desk.store.write(write)
    desk.retention.purge(None, datetime.now(UTC) + timedelta(minutes=1))
    comment = desk.queue.get(number)
    assert comment.notes == ()
    assert comment.decisions[0].ruling.note == ""
    with pytest.raises(NoSuchThing):
        desk.retention.erase(None, number)


def together(*acts: Callable[[], object]) -> None:
    """Do things at the same time; what the desk refuses is done."""

    def do(act: Callable[[], object]) -> None:
        barrier.wait()
        with suppress(DeskError, DatabaseError):
            act()

    barrier = threading.Barrier(len(acts))
    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def check_erased(desk: Desk, number: int) -> None:
    comment = desk.queue.get(number)
    assert comment.text is None
    assert comment.notes == ()
    assert all(one.ruling.note == "" for one in comment.decisions)
    assert desk.queue.count(Filters()).number == 0
    assert desk.queue.count(Filters(Queue.FLAGGED)).number == 0


def test_what_is_decided_or_noted_while_it_is_erased_is_erased(desk: Desk, ana: User) -> None:
    ruling = Ruling(Outcome.REJECT, RejectionReason.INSULT, note="a remark")
    for place in range(15):
        (number,) = desk.intake.take([sent(f"comment {place}", flags=1)])
        together(
            partial(desk.decisions.decide, ana, number, ruling),
            partial(desk.retention.erase, None, number),
            partial(desk.decisions.note, ana, number, "another"),
        )
        check_erased(desk, number)


def test_what_is_undone_while_it_is_erased_comes_back_to_no_queue(desk: Desk, ana: User) -> None:
    for place in range(15):
        (number,) = desk.intake.take([sent(f"comment {place}", flags=1)])
        made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE, note="a remark"))
        together(
            partial(desk.decisions.undo, ana, made.id),
            partial(desk.retention.erase, None, number),
        )
        check_erased(desk, number)


def test_a_decision_that_was_under_way_is_seen_by_who_erases(desk: Desk, ana: User) -> None:
    """PostgreSQL: erasing waits for it, and looks again."""
    if desk.store.sqlite:
        pytest.skip("SQLite has one writer at a time")
    (number,) = desk.intake.take([sent("comment")])
    erasing = threading.Thread(target=desk.retention.erase, args=(None, number))

    def decide(connection: sa.Connection) -> None:
        values = {"queue": "decided", "decided": now()}
        connection.execute(comments.update().where(comments.c.id == number).values(values))
        row = {"comment_id": number, "user_id": ana.id, "outcome": "approve", "attributes": {}}
        row |= {"note": "a remark", "token": "t", "made": now()}
        connection.execute(decisions.insert().values(row))
        erasing.start()
        erasing.join(0.5)
        assert erasing.is_alive()

    desk.store.write(decide)
    erasing.join()
    with desk.store.reading() as connection:
        assert connection.scalar(sa.select(decisions.c.note)) == ""
        assert connection.scalar(sa.select(comments.c.queue)) == "decided"


def age(desk: Desk, numbers: list[int], days: int, **more: datetime) -> None:
    values = {"taken": now() - timedelta(days=days), **more}
    statement = comments.update().where(comments.c.id.in_(numbers)).values(values)
    desk.store.write(lambda connection: connection.execute(statement))


def test_texts_are_erased_after_the_days_that_the_setting_names(
    desk: Desk, ana: User, admin: User
) -> None:
    """Decided ones by their decision, others by their coming in, whenever they were written."""
    written = datetime(2015, 5, 1, tzinfo=UTC)
    given = ["decided long ago", "decided now", "waits long", "came now"]
    numbers = desk.intake.take([sent(text, time=written) for text in given])
    old, lately, waiting, _ = numbers
    for number in (old, lately):
        desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    desk.corrections.add(Correction("elsewhere", {"insult": 0.9}, "perspective"))
    aged = corrections.update().values(made=now() - timedelta(days=50))
    desk.store.write(lambda connection: connection.execute(aged))
    age(desk, [old], 50, decided=now() - timedelta(days=40))
    age(desk, [lately, waiting], 50)
    Keeper(desk.retention, None).erase()
    assert desk.queue.get(old).text == "decided long ago"
    Keeper(desk.retention, 30).erase()
    assert [desk.queue.get(number).text for number in numbers] == [
        None,
        "decided now",
        None,
        "came now",
    ]
    assert desk.corrections.read() == []
    erased = [one for one in desk.audit.read(admin) if one.act == "erase"]
    assert {one.by for one in erased} == {KEEPER.name}
    assert [dict(one.details) for one in reversed(erased)] == [
        {"corrections": 1},
        {"count": 2, "corrections": 0},
    ]
    Keeper(desk.retention, 30).erase()
    assert [one for one in desk.audit.read(admin) if one.act == "erase"] == erased
