"""Nobody is given severe comments without end, where others wait."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation.database.tables import decisions, now
from moderation.desk import Desk
from moderation.desk.errors import NotAllowed
from moderation.desk.queue.queue import NextComment
from moderation.desk.queue.severe import is_severe, severe_limits
from moderation.desk.types import DeskOptions, Filters, Outcome, Ruling, Sort, User
from moderation.errors import InvalidInput
from tests.desk.sending import sent, unread, verdict

LIMITS = {"threat": 0.6, "severe_toxicity": 0.5}
APPROVE = Ruling(Outcome.APPROVE)


def following(desk: Desk, user: User) -> NextComment:
    return desk.queue.next_sparing(user, Filters(), Sort.HARM, (), LIMITS)


def take(desk: Desk, severe: int, calm: int) -> None:
    """Let comments in; the severe ones come first in the order by harm."""
    for place in range(severe):
        scores = {"threat" if place % 2 else "severe_toxicity": 0.9}
        desk.intake.take([sent(f"severe {place}", verdict=verdict(scores))])
    for place in range(calm):
        desk.intake.take([sent(f"calm {place}", verdict=verdict({"toxicity": 0.5}))])


def work(desk: Desk, user: User, number: int) -> list[str]:
    """Decide on the next comments; return the first word of each, with a star if spared."""
    seen = []
    for _ in range(number):
        comment, spared = following(desk, user)
        assert comment
        seen.append(f"{(comment.text or '').split()[0]}{'*' if spared else ''}")
        desk.decisions.decide(user, comment.id, APPROVE)
    return seen


def test_after_five_severe_comments_another_comes_first_and_then_severe_ones_again(
    desk: Desk, ana: User, bo: User
) -> None:
    take(desk, severe=9, calm=2)
    assert work(desk, ana, 8) == [*["severe"] * 5, "calm*", "severe", "severe"]
    # Each person has a row of their own.
    assert work(desk, bo, 2) == ["severe", "severe"]


def test_severe_comments_come_where_nothing_else_waits(desk: Desk, ana: User) -> None:
    take(desk, severe=7, calm=0)
    assert work(desk, ana, 7) == ["severe"] * 7


def test_a_lead_sets_the_number_and_zero_sets_no_limit(desk: Desk, ana: User, lead: User) -> None:
    take(desk, severe=12, calm=3)
    desk.settings.save(lead, DeskOptions(severe_in_a_row=2))
    assert work(desk, ana, 4) == ["severe", "severe", "calm*", "severe"]
    desk.settings.save(lead, DeskOptions(severe_in_a_row=0))
    assert work(desk, ana, 7) == ["severe"] * 7
    for wrong in (-1, 101):
        with pytest.raises(InvalidInput):
            desk.settings.save(lead, DeskOptions(severe_in_a_row=wrong))
    with pytest.raises(NotAllowed):
        desk.settings.save(ana, DeskOptions())
    assert desk.settings.get() == DeskOptions(severe_in_a_row=0)


def test_skipped_comments_and_those_handed_to_a_lead_were_seen_too(
    desk: Desk, ana: User, lead: User
) -> None:
    desk.settings.save(lead, DeskOptions(severe_in_a_row=3))
    take(desk, severe=5, calm=1)
    first = following(desk, ana).comment
    assert first
    desk.queue.skip(ana, first.id)
    second = following(desk, ana).comment
    assert second
    desk.escalations.ask(ana, second.id, "")
    assert work(desk, ana, 2) == ["severe", "calm*"]


def test_a_comment_that_was_decided_on_twice_counts_once(desk: Desk, ana: User, lead: User) -> None:
    desk.settings.save(lead, DeskOptions(severe_in_a_row=2))
    take(desk, severe=3, calm=1)
    comment = following(desk, ana).comment
    assert comment
    made = desk.decisions.decide(ana, comment.id, APPROVE)
    desk.decisions.undo(ana, made.id)
    desk.decisions.decide(ana, comment.id, APPROVE)
    assert work(desk, ana, 2) == ["severe", "calm*"]


def test_what_was_seen_on_another_day_does_not_count(desk: Desk, ana: User) -> None:
    take(desk, severe=7, calm=1)
    work(desk, ana, 5)
    earlier = sa.update(decisions).values(made=now() - timedelta(hours=13))
    desk.store.write(lambda connection: connection.execute(earlier))
    assert work(desk, ana, 1) == ["severe"]


def test_a_comment_that_somebody_has_open_stays_theirs(desk: Desk, ana: User, lead: User) -> None:
    desk.settings.save(lead, DeskOptions(severe_in_a_row=1))
    take(desk, severe=2, calm=1)
    work(desk, ana, 1)
    severe = next(line for line in desk.queue.lines(Filters()).lines if line.worst > 0.8)
    desk.queue.hold(ana, severe.id)
    assert following(desk, ana) == NextComment(desk.queue.get(severe.id), spared=False)


def test_another_order_that_gives_others_anyway_says_nothing(
    desk: Desk, ana: User, lead: User
) -> None:
    desk.settings.save(lead, DeskOptions(severe_in_a_row=1))
    desk.intake.take([sent("calm first")])
    take(desk, severe=2, calm=0)
    severe = next(line for line in desk.queue.lines(Filters()).lines if line.worst > 0.8)
    desk.decisions.decide(ana, severe.id, APPROVE)
    given = desk.queue.next_sparing(ana, Filters(), Sort.OLDEST, (), LIMITS)
    assert given.comment
    assert (given.comment.text, given.spared) == ("calm first", False)


def test_the_policys_thresholds_say_what_is_severe_then_the_models() -> None:
    assert severe_limits({"threat": 0.9}, {"threat": 0.2, "severe_toxicity": 0.3}) == {
        "threat": 0.9,
        "severe_toxicity": 0.3,
    }
    assert severe_limits({}, {}) == {"threat": 0.5, "severe_toxicity": 0.5}
    assert is_severe({"threat": 0.6}, LIMITS)
    assert not is_severe({"threat": 0.59, "insult": 1.0}, LIMITS)
    assert not is_severe(unread("so").verdict.scores, LIMITS)
    # A threshold of 0, at which the policy holds everything, makes nothing severe.
    assert not is_severe({"threat": 0.1}, {"threat": 0.0})


def test_lists_carry_the_scores_that_make_a_comment_severe(desk: Desk) -> None:
    take(desk, severe=1, calm=0)
    desk.intake.take([replace(unread("unbekannt"))])
    scores = {line.excerpt: line.scores for line in desk.queue.lines(Filters()).lines}
    assert scores["severe 0"]["severe_toxicity"] == pytest.approx(0.9)
    assert scores["unbekannt"] == {}
