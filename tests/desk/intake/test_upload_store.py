"""Uploaded files: kept until they are taken in, each comment once, whatever comes in between."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.database.upload_tables import upload_parts
from moderation.desk import Desk
from moderation.desk.errors import NoSuchThing, NotAllowed, OutOfDate
from moderation.desk.intake import upload_store
from moderation.desk.intake.upload_store import read_file
from moderation.desk.intake.uploads import UploadedComment
from moderation.desk.types import Filters, Sort, Submission, User
from moderation.desk.types.uploads import UploadState
from moderation.errors import InvalidInput
from moderation.verdict import Action
from tests.desk.sending import verdict

TABLE = b"text,author,flags\none,Sok,0\ngood,Sok,0\n,Dara,0\none,Sok,2\ntwo,Dara,1\nx,Mo,many\n"


def judged(comments: Sequence[tuple[UploadedComment, int]]) -> list[tuple[Submission, int]]:
    """Return comments with verdicts: `good` is allowed."""
    return [
        (
            Submission(
                verdict=verdict(action=Action.ALLOW if comment.text == "good" else Action.REVIEW),
                source="upload",
                **comment._asdict(),
            ),
            times,
        )
        for comment, times in comments
    ]


def take_in(desk: Desk, chunk: int = 2, between: Callable[[], object] = lambda: None) -> None:
    """Take in the first file that waits, as the job does."""
    begun = desk.uploads.begin_next()
    assert begun
    content = read_file(begun.name, desk.uploads.content(begun.id), begun.sheet)
    desk.uploads.record(begun.id, content)
    for start in range(begun.position, len(content.comments), chunk):
        between()
        part = judged(content.comments[start : start + chunk])
        if not desk.uploads.keep(begun.id, start, part):
            return
    desk.uploads.finish(begun.id)


def parts(desk: Desk) -> int:
    with desk.store.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(upload_parts)).scalar_one()


def test_sound_rows_are_added_and_the_others_are_listed(
    desk: Desk, ana: User, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_store, "PART_BYTES", 7)
    number = desk.uploads.add(ana, "a.csv", TABLE)
    waiting = desk.uploads.get(ana, number)
    assert (waiting.state, waiting.total, waiting.is_open) == (UploadState.WAITING, None, True)
    assert parts(desk) > 10
    take_in(desk)
    done = desk.uploads.get(ana, number)
    assert (done.state, done.total, done.done, done.percent) == (UploadState.DONE, 4, 4, 100)
    assert (done.taken, done.allowed, done.known, done.faulty) == (2, 1, 1, 2)
    assert [fault.where for fault in done.faults] == ["line 4, text", "line 7, flags"]
    assert parts(desk) == 0
    lines = desk.queue.lines(Filters(), Sort.OLDEST).lines
    assert {(line.excerpt, line.times, line.flags) for line in lines} == {
        ("one", 2, 2),
        ("two", 1, 1),
    }
    acts = [(entry.act, entry.subject, entry.details) for entry in desk.audit.read(admin)]
    assert acts[:2] == [
        ("upload.done", f"upload {number}", {"taken": 2, "known": 1}),
        ("upload", f"upload {number}", {}),
    ]


def test_one_that_was_taken_in_before_adds_nothing(desk: Desk, ana: User) -> None:
    for _ in range(2):
        desk.uploads.add(ana, "a.csv", TABLE)
        take_in(desk)
    latest = desk.uploads.latest(ana)[0]
    assert (latest.taken, latest.allowed, latest.known) == (0, 1, 3)
    assert {line.times for line in desk.queue.lines(Filters()).lines} == {1, 2}


def test_after_a_kill_another_process_goes_on_where_the_first_one_was(
    desk: Desk, ana: User
) -> None:
    """Also when the first one is not dead, only slow: its chunk is not added a second time."""
    number = desk.uploads.add(ana, "a.txt", b"\n".join(b"line %d" % each for each in range(9)))
    first = desk.uploads.begin_next()
    assert first
    comments = read_file(first.name, desk.uploads.content(number)).comments
    assert desk.uploads.keep(number, 0, judged(comments[:4]))
    second = desk.uploads.begin_next()
    assert second
    assert second.position == 4
    assert not desk.uploads.keep(number, 0, judged(comments[:4]))
    take_in(desk)
    assert not desk.uploads.keep(number, 4, judged(comments[4:]))
    done = desk.uploads.get(ana, number)
    assert (done.state, done.taken, done.known, done.done) == (UploadState.DONE, 9, 0, 9)
    assert desk.queue.count(Filters()).number == 9


def test_a_cancelled_one_is_taken_in_no_further_and_keeps_what_was_added(
    desk: Desk, ana: User, bo: User, lead: User, reader: User
) -> None:
    number = desk.uploads.add(ana, "a.txt", b"one\ntwo\nthree")
    begun = desk.uploads.begin_next()
    assert begun
    comments = read_file(begun.name, desk.uploads.content(number)).comments
    assert desk.uploads.keep(number, 0, judged(comments[:1]))
    with pytest.raises(NotAllowed):
        desk.uploads.cancel(reader, number)
    with pytest.raises(NoSuchThing):
        desk.uploads.cancel(bo, number)
    desk.uploads.cancel(lead, number)
    assert not desk.uploads.keep(number, 1, judged(comments[1:]))
    desk.uploads.finish(number)
    assert desk.uploads.get(ana, number).state is UploadState.CANCELLED
    assert desk.uploads.begin_next() is None
    assert (desk.queue.count(Filters()).number, parts(desk)) == (1, 0)
    with pytest.raises(OutOfDate):
        desk.uploads.cancel(ana, number)


def test_people_see_their_own_uploads_and_leads_see_all(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    number = desk.uploads.add(ana, "a.txt", b"one")
    assert [each.id for each in desk.uploads.latest(ana)] == [number]
    assert [(each.id, each.by) for each in desk.uploads.latest(lead)] == [(number, "Ana")]
    assert desk.uploads.latest(bo) == []
    with pytest.raises(NoSuchThing):
        desk.uploads.get(bo, number)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"id,body\n1,fine\n"), ("a.pdf", b"%PDF"), ("a.xls", b""), ("a", b"one")],
)
def test_what_is_seen_to_be_wrong_at_once_is_not_stored(
    desk: Desk, ana: User, name: str, content: bytes
) -> None:
    with pytest.raises(InvalidInput):
        desk.uploads.add(ana, name, content)
    assert desk.uploads.latest(ana) == []


def test_no_more_files_wait_than_a_few(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_store, "MAX_OPEN", 2)
    for _ in range(2):
        desk.uploads.add(ana, "a.txt", b"one")
    with pytest.raises(InvalidInput, match="Too many files"):
        desk.uploads.add(ana, "a.txt", b"one")
    take_in(desk)
    desk.uploads.add(ana, "a.txt", b"one")


def test_one_that_ends_its_process_each_time_is_given_up(desk: Desk, ana: User) -> None:
    number = desk.uploads.add(ana, "a.txt", b"one")
    for _ in range(upload_store.MAX_TRIES):
        assert desk.uploads.begin_next()
    assert desk.uploads.begin_next() is None
    failed = desk.uploads.get(ana, number)
    assert failed.state is UploadState.FAILED
    assert failed.failure
    assert "in several attempts" in failed.failure.message


def test_faults_beyond_the_first_are_counted_alone(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_store, "MAX_FAULTS", 3)
    number = desk.uploads.add(ana, "a.jsonl", b'{"text": 1}\n' * 5 + b'{"text": "a"}\n')
    take_in(desk)
    done = desk.uploads.get(ana, number)
    assert (done.faulty, len(done.faults), done.taken) == (5, 3, 1)


def test_an_author_who_was_erased_meanwhile_does_not_come_back(
    desk: Desk, ana: User, admin: User
) -> None:
    desk.uploads.add(ana, "a.csv", b"text,author\none,Sok\ntwo,Dara\n")
    take_in(desk, between=lambda: desk.retention.erase_author(admin, "Sok"))
    assert [line.author for line in desk.queue.lines(Filters()).lines] == ["Dara"]


def test_a_purge_deletes_what_is_known_of_old_uploads(desk: Desk, ana: User) -> None:
    done = desk.uploads.add(ana, "a.txt", b"one")
    take_in(desk)
    waits = desk.uploads.add(ana, "b.txt", b"two")
    desk.retention.purge(None, datetime.now(UTC) - timedelta(days=1))
    assert [each.id for each in desk.uploads.latest(ana)] == [waits, done]
    desk.retention.purge(None, datetime.now(UTC))
    assert (desk.uploads.latest(ana), parts(desk)) == ([], 0)
