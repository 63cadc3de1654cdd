"""Texts are erased after a time or on request; decisions and counts stay."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderation.database.tables import comments
from moderation.desk import Desk
from moderation.desk.errors import AlreadyUndone, NoSuchThing, NotAllowed
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, Sort, User
from moderation.errors import InvalidInput, InvalidPolicy
from moderation.policy import Policy
from moderation.service.intake import Correction
from moderation.verdict import Action, Verdict
from tests.desk.sending import sent, verdict

REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT, note="see her mail")
SOON = timedelta(minutes=1)


def judge(texts: list[str]) -> list[Verdict]:
    """Hold what says "bad"."""
    return [verdict(action=Action.REVIEW if "bad" in text else Action.ALLOW) for text in texts]


def test_purging_erases_what_was_decided_before_and_keeps_what_it_counted(
    desk: Desk, ana: User, admin: User
) -> None:
    old, waiting = desk.intake.take([sent("unrepeatable text", author="Mo"), sent("waits")])
    later = comments.update().where(comments.c.id == waiting)
    later = later.values(taken=datetime.now(UTC) + 2 * SOON)
    desk.store.write(lambda connection: connection.execute(later))
    made = desk.decisions.decide(ana, old, REJECT)
    desk.decisions.note(ana, old, "unrepeatable note")
    assert desk.retention.purge(admin, datetime.now(UTC) - SOON).comments == 0
    assert desk.retention.purge(admin, datetime.now(UTC) + SOON).comments == 1
    comment = desk.queue.get(old)
    assert comment.text is None
    assert comment.line.erased
    assert comment.line.author is None
    assert comment.notes == ()
    assert comment.decisions[0].ruling.note == ""
    assert comment.decisions[0].ruling.reason is RejectionReason.INSULT
    assert desk.queue.get(waiting).text == "waits"
    assert desk.queue.count(Filters(Queue.DECIDED)).number == 1
    assert desk.queue.lines(Filters(Queue.DECIDED, words="unrepeatable")).lines == ()
    with pytest.raises(AlreadyUndone):
        desk.decisions.undo(ana, made.id)


def test_an_author_is_forgotten_on_request(desk: Desk, ana: User, admin: User) -> None:
    numbers = desk.intake.take([sent(f"comment {place}", author="Mo") for place in range(3)])
    desk.corrections.add(Correction("comment 1", {"insult": 0.9}, "perspective"))
    desk.decisions.decide(ana, numbers[0], REJECT)
    with pytest.raises(NotAllowed):
        desk.retention.erase_author(ana, "Mo")
    assert desk.retention.erase_author(admin, "Mo").comments == 3
    assert desk.queue.count(Filters()).number == 0
    assert desk.corrections.read() == []
    with pytest.raises(NoSuchThing):
        desk.retention.erase(admin, numbers[0])


def test_a_correction_is_kept_and_flags_the_comment_it_speaks_against(desk: Desk) -> None:
    (number,) = desk.intake.take([sent("you fool")])
    against = Correction("you fool", {"insult": 0.9}, "perspective")
    for correction in (against, against, Correction("you fool", {"insult": 0.1}, "perspective")):
        desk.corrections.add(correction)
    assert len(desk.corrections.read()) == 2
    assert [line.id for line in desk.queue.lines(Filters(Queue.FLAGGED)).lines] == [number]
    assert desk.queue.get(number).line.flags == 1


def test_decisions_are_exported_as_csv_that_no_spreadsheet_runs(
    desk: Desk, ana: User, lead: User
) -> None:
    (number,) = desk.intake.take([sent('=HYPERLINK("x"), "quoted"\nsecond line', author="+Mo")])
    desk.decisions.decide(ana, number, REJECT)
    (row,) = csv.DictReader(io.StringIO("".join(desk.exports.csv(lead, Filters())), newline=""))
    assert row["text"] == '\\=HYPERLINK("x"), "quoted"\nsecond line'
    assert row["author"] == "\\+Mo"
    assert (row["outcome"], row["reason"], row["decided_by"]) == ("reject", "insult", "Ana")
    (line,) = desk.exports.jsonl(lead, Filters())
    assert json.loads(line)["text"] == '=HYPERLINK("x"), "quoted"\nsecond line'
    with pytest.raises(NotAllowed):
        desk.exports.csv(ana, Filters())


def test_an_upload_is_judged_and_what_the_policy_holds_is_kept(desk: Desk, ana: User) -> None:
    table = (
        "text,author,page,flags,time\nbad one,Mo,/a,,2026-03-01T10:00:00\ngood,Bo,/a,2,\nfine,,,,\n"
    )
    assert desk.intake.upload(ana, "x.CSV", table.encode(), judge) == (2, 1, 0)
    assert desk.intake.upload(ana, "x.csv", table.encode(), judge) == (0, 1, 2)
    (line,) = desk.queue.lines(Filters(author="Mo"), Sort.OLDEST).lines
    assert line.received == datetime(2026, 3, 1, 10, tzinfo=UTC)
    lines = '{"text": "bad \\u2028 two", "id": 7}\n\n{"text": "bad three"}'
    assert desk.intake.upload(ana, "x.jsonl", lines.encode(), judge).taken == 2
    assert desk.intake.upload(ana, "x.txt", b"bad four\r\n\nbad five", judge).taken == 2


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("x.exe", b"", "file name"),
        ("x.csv", b"a,b\n1,2\n", "line 1"),
        ("x.csv", b"", "line 1"),
        ("x.csv", b"text\n\x81\n", "line 2"),
        ("x.csv", b"text,author\nbad, two,Mo\n", "line 2"),
        ("x.csv", b"text\nbad\0\n", "line 2, text"),
        ("x.jsonl", b'{"text": "bad"}\n{"text": "\xff"}', "line 2"),
        ("x.txt", b"bad\n\x81\n", "line 2"),
        ("x.csv", b"text,time\nbad,yesterday\n", "line 2, time"),
        ("x.csv", b"text,flags\nbad,many\n", "line 2, flags"),
        ("x.jsonl", b'{"text": "bad"}\n[1]', "line 2"),
        ("x.jsonl", b'{"text": 3}', "line 1, text"),
        ("x.jsonl", b'{"text": "a\\u0000b"}', "line 1, text"),
        ("x.jsonl", b'{"text": "bad", "author": []}', "line 1, author"),
        ("x.jsonl", b"[" * 100_000, "line 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_line(
    desk: Desk, ana: User, name: str, content: bytes, where: str
) -> None:
    with pytest.raises(InvalidInput) as told:
        desk.intake.upload(ana, name, content, judge)
    assert told.value.where == where
    assert desk.queue.count(Filters()).number == 0


def test_thresholds_are_held_against_ones_own_decisions(desk: Desk, ana: User) -> None:
    scores = (0.1, 0.3, 0.5, 0.7, 0.9)
    for place, score in enumerate(scores):
        (number,) = desk.intake.take([sent(f"comment {place}", score)])
        bad = score in (0.3, 0.7, 0.9)
        desk.decisions.decide(ana, number, REJECT if bad else Ruling(Outcome.APPROVE))
    curve = desk.workbench.curve("toxicity", steps=10)
    assert (curve.decided, curve.rejected) == (5, 3)
    by = {round(point.threshold, 1): point for point in curve.points}
    assert (by[0.0].precision, by[0.0].recall, by[0.0].held) == (3 / 5, 1.0, 5)
    assert (by[0.6].precision, by[0.6].recall, by[0.6].held) == (1.0, 2 / 3, 2)
    assert by[0.6].hours < by[0.0].hours
    with pytest.raises(InvalidInput):
        desk.workbench.curve("colour")


def test_a_threshold_is_written_into_the_policy_and_the_rest_stays(
    desk: Desk, ana: User, lead: User, tmp_path: Path
) -> None:
    path = tmp_path / "policies" / "mine.toml"
    desk.workbench.write_policy(lead, path, Action.BLOCK, "threat", 0.9)
    shipped = Policy.load()
    policy = Policy.load(path)
    assert policy.block == shipped.block | {"threat": 0.9}
    assert policy.review == shipped.review
    path.write_text("# ours\n" + path.read_text("utf-8"), "utf-8")
    text = desk.workbench.write_policy(lead, path, Action.REVIEW, "insult", 0.75)
    assert text.startswith("# ours\n")
    assert text == path.read_text("utf-8")
    assert Policy.load(path).review["insult"] == 0.75
    with pytest.raises(NotAllowed):
        desk.workbench.write_policy(ana, path, Action.REVIEW, "insult", 0.1)
    with pytest.raises(InvalidPolicy):
        desk.workbench.write_policy(lead, path, Action.REVIEW, "insult", 1.1)
    with pytest.raises(InvalidInput):
        desk.workbench.write_policy(lead, path, Action.ALLOW, "insult", 0.1)
    assert path.read_text("utf-8") == text
