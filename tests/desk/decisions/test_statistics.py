"""Statistics: who decided how much on which day, and how far people and the model agree."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from moderation.database.tables import decisions
from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.errors import NotAllowed
from moderation.desk.site.comments import SiteComments
from moderation.desk.types import Decision, Outcome, RejectionReason, Role, Ruling, Submission, User
from moderation.errors import InvalidInput
from tests.desk.conftest import person
from tests.desk.sending import sent, unread, verdict

APPROVE = Ruling(Outcome.APPROVE)
INSULT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
SPAM = Ruling(Outcome.REJECT, RejectionReason.SPAM)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
WEEK = (FIRST, FIRST + timedelta(days=7))


def flagged(text: str) -> Submission:
    return sent(text, verdict=verdict({"inflammatory": 0.9}))


def decide(
    desk: Desk,
    user: User,
    comment: Submission,
    ruling: Ruling,
    day: int = 0,
    seconds: float | None = None,
) -> Decision:
    """Decide on a new comment, on a day of that week."""
    (number,) = desk.intake.take([comment])
    made = desk.decisions.decide(user, number, ruling)
    time = FIRST + timedelta(days=day, hours=9)
    moved = decisions.update().where(decisions.c.id == made.id).values(made=time, seconds=seconds)
    desk.store.write(lambda connection: connection.execute(moved))
    return made


@pytest.mark.parametrize("page", [1, 3, 4, 5_000])
def test_decisions_are_counted_by_moderator_and_day(
    desk: Desk, ana: User, bo: User, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many decisions are read at once."""
    monkeypatch.setattr("moderation.desk.decisions.statistics.PAGE", page)
    lead = person(desk, "Lea", Role.LEAD)
    decide(desk, ana, sent("before the week"), APPROVE, day=-1)
    decide(desk, ana, sent("a"), APPROVE, seconds=4)
    decide(desk, ana, sent("b"), INSULT, seconds=10)
    decide(desk, ana, sent("c"), INSULT, seconds=90)
    undone = decide(desk, bo, sent("d"), APPROVE, day=6)
    desk.decisions.undo(bo, undone.id)
    decide(desk, bo, sent("after the week"), APPROVE, day=7)
    told = desk.statistics.between(lead, *WEEK)
    assert list(told.by_day) == [(date(2026, 3, 1), "Ana"), (date(2026, 3, 7), bo.name)]
    first, last = told.by_day.values()
    assert (first.approved, first.rejected, first.undone, first.median_seconds) == (1, 2, 0, 10)
    assert (last.approved, last.rejected, last.undone, last.median_seconds) == (1, 0, 1, None)
    assert (told.total.decided, told.by_moderator["Ana"].decided) == (4, 3)
    assert [number for _, number in told.per_day()] == [3, 0, 0, 0, 0, 0, 1]


def test_agreement_is_counted_where_the_model_has_an_opinion(desk: Desk, ana: User) -> None:
    lead = person(desk, "Lea", Role.LEAD)
    decide(desk, ana, flagged("rightly"), INSULT)
    decide(desk, ana, flagged("wrongly"), APPROVE)
    decide(desk, ana, sent("calm"), APPROVE)
    decide(desk, ana, sent("buy this"), SPAM)
    decide(desk, ana, unread("unjudged"), APPROVE)
    undone = decide(desk, ana, flagged("taken back"), INSULT)
    desk.decisions.undo(ana, undone.id)
    total = desk.statistics.between(lead, *WEEK).total
    assert (total.compared, total.agreed, total.agreement) == (3, 2, 2 / 3)


def test_the_file_has_a_line_for_each_moderator_and_day_and_no_formula(desk: Desk) -> None:
    lead, odd = person(desk, "Lea", Role.LEAD), person(desk, "=1+1", Role.MODERATOR)
    decide(desk, odd, sent("a"), APPROVE, seconds=2.26)
    content = "".join(desk.statistics.csv(lead, *WEEK)).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert (row["day"], row["moderator"], row["approved"]) == ("2026-03-01", "\\=1+1", "1")
    assert row["median_seconds"] == "2.3"


def test_only_leads_see_statistics_of_a_range_that_is_one(desk: Desk, ana: User) -> None:
    lead = person(desk, "Lea", Role.LEAD)
    with pytest.raises(NotAllowed):
        desk.statistics.between(ana, *WEEK)
    for since, until in [(FIRST, FIRST), (FIRST, FIRST + timedelta(days=367))]:
        with pytest.raises(InvalidInput, match="Choose a range"):
            desk.statistics.between(lead, since, until)
    assert desk.statistics.between(lead, *WEEK).by_day == {}


def test_an_appeal_is_granted_where_its_comment_is_approved_then(
    desk: Desk, ana: User, bo: User
) -> None:
    lead = person(desk, "Lea", Role.LEAD)
    site = SiteComments(desk.store, Events(desk.store))
    for place, answer in (("1", APPROVE), ("2", INSULT), ("3", None)):
        submission = replace(sent(f"text {place}", external_id=place, source="paper"), of_site=True)
        number = site.put(submission).number
        desk.decisions.decide(ana, number, INSULT)
        site.appeal("paper", place, "I only quoted it.")
        if answer:
            desk.decisions.decide(bo, number, answer)
    today = datetime.now(UTC)
    told = desk.statistics.between(lead, today - timedelta(days=1), today + timedelta(days=1))
    assert (told.appeals, told.granted) == (2, 1)
