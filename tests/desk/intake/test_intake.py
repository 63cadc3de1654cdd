"""Each comment comes in once, counted as often as it is known to have been written."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.database.tables import FIRST, LAST, comments
from moderation.desk import Desk
from moderation.desk.errors import DeskError
from moderation.desk.types import Filters, Queue, Sort, Submission, User
from moderation.errors import InvalidInput
from moderation.service.intake import Correction
from moderation.verdict import Action, Verdict
from tests.desk.sending import sent, verdict


def judge(texts: list[str]) -> list[Verdict]:
    """Hold what says "bad"."""
    return [verdict(action=Action.REVIEW if "bad" in text else Action.ALLOW) for text in texts]


def times_of(desk: Desk, *about: Sequence[Submission]) -> int:
    for part in about:
        desk.intake.take(part)
    (line,) = desk.queue.lines(Filters()).lines
    return line.times


def test_numbers_are_returned_in_the_order_of_what_was_given(desk: Desk) -> None:
    texts = [f"comment {place}" for place in range(50)]
    numbers = desk.intake.take([sent(text) for text in (*texts, *texts)])
    assert [desk.queue.get(number).text for number in numbers] == texts
    more = desk.intake.take([sent("new"), sent(texts[3]), sent("newer")])
    assert [desk.queue.get(number).text for number in more] == ["new", "newer"]


def test_each_comment_that_a_service_is_asked_for_is_one_more(desk: Desk) -> None:
    assert times_of(desk, [sent("twice")], [sent("twice"), sent("twice")]) == 3


def test_a_comment_with_an_id_is_the_same_however_often_it_is_sent(desk: Desk) -> None:
    again = sent("once", external_id="c7")
    assert times_of(desk, [again, again], [again]) == 1


@pytest.mark.parametrize("source", ["upload", "batch"])
def test_a_file_that_is_given_again_counts_no_comment_again(desk: Desk, source: str) -> None:
    file = [sent("twice in it", source=source), sent("twice in it", source=source)]
    assert times_of(desk, file, file) == 2


def test_an_upload_counts_over_the_whole_file(desk: Desk, ana: User, admin: User) -> None:
    lines = ["bad one", *(f"bad {place}" for place in range(600)), "bad one"]
    content = "\n".join(lines).encode()
    assert desk.intake.upload(ana, "x.txt", content, judge) == (601, 0, 1)
    assert desk.intake.upload(ana, "x.txt", content, judge) == (0, 0, 602)
    (line,) = desk.queue.lines(Filters(words="one"), Sort.OLDEST).lines
    assert line.times == 2
    logged = [one for one in desk.audit.read(admin) if one.act == "upload"]
    assert {(one.by, one.subject) for one in logged} == {("Ana", "602 comments")}
    assert sum(int(str(one.details["taken"])) for one in logged) == 601


def test_an_upload_that_the_policy_lets_pass_is_logged_too(
    desk: Desk, ana: User, admin: User
) -> None:
    assert desk.intake.upload(ana, "x.txt", b"good", judge) == (0, 1, 0)
    assert desk.audit.read(admin)[0].act == "upload"


def test_an_upload_is_not_kept_where_it_cannot_be_logged(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DeskError("no log")

    monkeypatch.setattr(type(desk.audit), "add", fail)
    with pytest.raises(DeskError):
        desk.intake.upload(ana, "x.txt", b"bad", judge)
    assert desk.queue.count(Filters()).number == 0


def test_two_deliveries_of_the_same_comments_do_not_stop_each_other(desk: Desk) -> None:
    """Each comment that came in both is there once, and counted twice."""
    texts = [f"comment {place}" for place in range(200)]
    desk.intake.take([sent(text) for text in texts[:100]])
    barrier = threading.Barrier(2)

    def deliver(some: list[str]) -> None:
        barrier.wait()
        desk.intake.take([sent(text) for text in some])

    threads = [threading.Thread(target=deliver, args=(some,)) for some in (texts, texts[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with desk.store.reading() as connection:
        counted = list(connection.scalars(sa.select(comments.c.times).order_by(comments.c.times)))
    assert counted == [2] * 100 + [3] * 100


def test_a_correction_that_is_sent_again_flags_once(desk: Desk) -> None:
    """Its answer was lost; one by somebody else, or another, is one more."""
    (number,) = desk.intake.take([sent("you fool")])

    def send(score: float, session: str | None) -> None:
        desk.corrections.add(
            Correction("you fool", {"insult": score}, "perspective", session=session)
        )

    for score, session in ((0.9, "a"), (0.9, "a"), (0.9, "b"), (0.8, "a"), (0.8, "a")):
        send(score, session)
    assert desk.queue.get(number).line.flags == 3
    assert len(desk.corrections.read()) == 3
    assert len({one.id for one in desk.corrections.read()}) == 3


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1969-12-31T23:00:00",
        "2999-01-01",
        "3 hours ago",
    ],
)
def test_a_time_that_cannot_be_is_refused(desk: Desk, ana: User, time: str) -> None:
    table = f"text,time\nbad,{time}\n".encode()
    with pytest.raises(InvalidInput) as told:
        desk.intake.upload(ana, "x.csv", table, judge)
    assert told.value.where == "line 2, time"


def test_a_time_is_kept_in_utc(desk: Desk, ana: User) -> None:
    desk.intake.upload(ana, "x.csv", b"text,time\nbad,2026-03-01T03:00:00+07:00\n", judge)
    (line,) = desk.queue.lines(Filters()).lines
    assert line.received == datetime(2026, 2, 28, 20, tzinfo=UTC)


@pytest.mark.parametrize(("number", "shown"), [(2**62, LAST), (-(2**62), FIRST)])
def test_a_time_that_no_calendar_has_breaks_no_list(
    desk: Desk, number: int, shown: datetime
) -> None:
    desk.intake.take([sent("comment")])
    raw = sa.text("UPDATE comments SET received = :number").bindparams(number=number)
    desk.store.write(lambda connection: connection.execute(raw))
    (line,) = desk.queue.lines(Filters()).lines
    assert line.received == shown


def test_a_cell_may_be_as_long_as_the_file(desk: Desk, ana: User) -> None:
    long = "bad " * 200_000
    assert desk.intake.upload(ana, "x.csv", f'text\n"{long}"\n'.encode(), judge).taken == 1
    (line,) = desk.queue.lines(Filters(Queue.REVIEW)).lines
    assert line.length == len(long)
    assert line.received > datetime.now(UTC) - timedelta(minutes=1)
