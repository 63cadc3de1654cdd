"""Decided comments are judged a second time, blindly, and nothing of the first decision changes."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.database.tables import holds
from moderation.database.work_tables import second_reviews
from moderation.desk import Desk
from moderation.desk.decisions.drawing import Draw
from moderation.desk.decisions.events import Events
from moderation.desk.errors import Held, InvalidRuling, NoSecondReview, NotAllowed
from moderation.desk.site.comments import SiteComments
from moderation.desk.types import (
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Ruling,
    Section,
    SectionField,
    User,
)
from moderation.errors import InvalidInput
from moderation.taxonomy import Label
from moderation.verdict import Span
from tests.desk.conftest import person
from tests.desk.sending import sent, verdict

APPROVE = Ruling(Outcome.APPROVE)
SPAM = Ruling(Outcome.REJECT, RejectionReason.SPAM)
INSULT = Ruling(Outcome.REJECT, RejectionReason.INSULT)


@pytest.fixture(autouse=True)
def everything_is_drawn(desk: Desk, lead: User) -> None:
    desk.second_reviews.set_share(lead, 100)


def decided(desk: Desk, user: User, *texts: str, ruling: Ruling = APPROVE) -> list[int]:
    numbers = [number for text in texts for number in desk.intake.take([sent(text)])]
    for number in numbers:
        desk.decisions.decide(user, number, ruling)
    return numbers


def rows(desk: Desk) -> list[sa.Row[tuple[object, ...]]]:
    with desk.store.reading() as connection:
        return list(connection.execute(sa.select(second_reviews).order_by(second_reviews.c.id)))


def test_the_draw_takes_about_the_share_always_the_same_and_a_larger_share_takes_more() -> None:
    tenth, half = Draw(10.0, "a secret"), Draw(50.0, "a secret")
    drawn = {number for number in range(5_000) if tenth.place(number) < tenth.limit}
    assert 400 < len(drawn) < 600
    assert drawn <= {number for number in range(5_000) if half.place(number) < half.limit}
    other = Draw(10.0, "another secret")
    assert drawn != {number for number in range(5_000) if other.place(number) < other.limit}


def test_a_lead_sets_the_share_and_the_log_says_so(
    desk: Desk, ana: User, lead: User, admin: User
) -> None:
    with pytest.raises(NotAllowed):
        desk.second_reviews.set_share(ana, 10)
    for share in (-1, 101, float("nan")):
        with pytest.raises(InvalidInput):
            desk.second_reviews.set_share(lead, share)
    desk.second_reviews.set_share(lead, 12.5)
    assert desk.second_reviews.share() == 12.5
    entry = next(each for each in desk.audit.read(admin) if each.act == "second_review.share")
    assert (entry.by, dict(entry.details)) == ("Lin", {"before": 100, "share": 12.5})


def test_without_a_share_nothing_is_drawn_and_a_smaller_one_lets_fewer_wait(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    decided(desk, ana, *(f"number {number}" for number in range(20)))
    assert desk.second_reviews.waiting(bo) == 20
    desk.second_reviews.set_share(lead, 0)
    decided(desk, ana, "another")
    assert (desk.second_reviews.waiting(bo), len(rows(desk))) == (0, 20)
    assert desk.second_reviews.next(bo) is None
    desk.second_reviews.set_share(lead, 50)
    assert 0 < desk.second_reviews.waiting(bo) < 20


def test_only_ordinary_decisions_that_stand_are_judged_again(
    desk: Desk, ana: User, bo: User, lead: User
) -> None:
    desk.intake.take([sent("in bulk", 0.9)])
    preview = desk.bulk.preview(lead, Filters())
    desk.bulk.apply(lead, Filters(), preview.newest, Outcome.APPROVE, None, preview.seen)
    (number,) = decided(desk, ana, "undone")
    made = desk.queue.get(number).decisions[0]
    desk.decisions.undo(ana, made.id)
    assert (desk.second_reviews.waiting(bo), rows(desk)) == (0, [])
    desk.decisions.decide(ana, number, APPROVE)
    assert desk.second_reviews.waiting(bo) == 1


def test_nobody_judges_an_own_decision_again_nor_a_comment_decided_before(
    desk: Desk, ana: User, bo: User
) -> None:
    (number,) = decided(desk, ana, "a comment")
    assert (desk.second_reviews.waiting(ana), desk.second_reviews.next(ana)) == (0, None)
    (review,) = rows(desk)
    with pytest.raises(NoSecondReview):
        desk.second_reviews.review(ana, review.id, SPAM)
    desk.decisions.undo(ana, desk.queue.get(number).decisions[0].id)
    desk.queue.release(ana, number)
    desk.decisions.decide(bo, number, APPROVE)
    assert desk.second_reviews.next(ana) is None


def test_what_is_shown_tells_nothing_of_the_decision_or_the_model(
    desk: Desk, ana: User, bo: User
) -> None:
    given = verdict({"insult": 0.9}, targets=("Cham",), spans=(Span(0, 3, "insult", 0.9),))
    (number,) = desk.intake.take([sent("You pig", verdict=given, title="Headline", flags=3)])
    ruling = replace(INSULT, label=Label.INFLAMMATORY, note="plainly an insult")
    desk.decisions.decide(ana, number, ruling)
    review = desk.second_reviews.next(bo)
    assert review
    comment = review.comment
    assert (comment.text, comment.line.title) == ("You pig", "Headline")
    assert (comment.decisions, comment.notes, comment.corrections) == ((), (), ())
    assert (comment.line.decision, comment.line.label, comment.line.worst) == (None, None, 0)
    verdict_shown = comment.verdict
    assert (verdict_shown.label, dict(verdict_shown.scores)) == (None, {})
    assert (verdict_shown.spans, verdict_shown.targets, verdict_shown.reasons) == ((), (), ())


def test_the_second_ruling_is_kept_beside_the_decision_which_stays_as_it_is(
    desk: Desk, ana: User, bo: User, admin: User
) -> None:
    (number,) = decided(desk, ana, "a comment")
    before = desk.queue.get(number)
    review = desk.second_reviews.next(bo)
    assert review
    ruling = replace(INSULT, spans=(Span(0, 3, "insult", 1.0),), note="why", token="a form")  # noqa: S106
    for _ in range(2):
        desk.second_reviews.review(bo, review.id, ruling)
    assert desk.queue.get(number) == before
    (row,) = rows(desk)
    assert (row.outcome, row.reason, row.note, row.agrees) == ("reject", "insult", "why", False)
    assert row.seconds is not None
    assert desk.second_reviews.waiting(bo) == 0
    with pytest.raises(NoSecondReview):
        desk.second_reviews.review(bo, review.id, APPROVE)
    acts = [entry.act for entry in desk.audit.read(admin)]
    assert acts.count("second_review") == 1


def test_a_ruling_that_contradicts_itself_is_refused_and_the_comment_waits_on(
    desk: Desk, ana: User, bo: User
) -> None:
    decided(desk, ana, "a comment")
    review = desk.second_reviews.next(bo)
    assert review
    with pytest.raises(InvalidRuling):
        desk.second_reviews.review(bo, review.id, Ruling(Outcome.REJECT))
    assert desk.second_reviews.waiting(bo) == 1


def test_two_people_never_get_the_same_comment(desk: Desk, ana: User, bo: User) -> None:
    cy = person(desk, "Cy", bo.role)
    decided(desk, ana, "one", "two")
    given = [desk.second_reviews.next(user) for user in (bo, cy, bo)]
    numbers = [review.id for review in given if review]
    assert len(set(numbers)) == 2
    assert numbers[0] == numbers[2]
    with pytest.raises(Held):
        desk.second_reviews.review(cy, numbers[0], APPROVE)
    with pytest.raises(Held):
        desk.second_reviews.hold(cy, numbers[0])


def test_several_at_once_each_get_another(desk: Desk, ana: User) -> None:
    people = [person(desk, f"Mo {number}", ana.role) for number in range(4)]
    decided(desk, ana, *(f"number {number}" for number in range(8)))
    made: list[int] = []

    def work(user: User) -> None:
        while review := desk.second_reviews.next(user):
            desk.second_reviews.review(user, review.id, APPROVE)
            made.append(review.id)

    threads = [threading.Thread(target=work, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted(row.id for row in rows(desk))
    assert all(row.made for row in rows(desk))


def test_a_skipped_comment_comes_last_and_goes_to_others(desk: Desk, ana: User, bo: User) -> None:
    decided(desk, ana, "one", "two")
    first = desk.second_reviews.next(bo)
    assert first
    desk.second_reviews.skip(bo, first.id)
    second = desk.second_reviews.next(bo)
    assert second
    assert second.id != first.id
    cy = person(desk, "Cy", bo.role)
    other = desk.second_reviews.next(cy)
    assert other
    assert other.id == first.id


def test_somebody_with_sections_judges_comments_of_these_again(
    desk: Desk, ana: User, bo: User
) -> None:
    for place in ("sport", "politics"):
        (number,) = desk.intake.take([sent(f"on {place}", community=place)])
        desk.decisions.decide(ana, number, APPROVE)
    sections = (Section(SectionField.COMMUNITY, "sport"),)
    assert desk.second_reviews.waiting(bo, sections) == 1
    review = desk.second_reviews.next(bo, sections)
    assert review
    assert review.comment.text == "on sport"
    assert desk.second_reviews.next(bo, sections, [review.id]) is None


def test_an_own_second_ruling_can_be_taken_back_and_is_shown_again(
    desk: Desk, ana: User, bo: User
) -> None:
    decided(desk, ana, "a comment")
    review = desk.second_reviews.next(bo)
    assert review
    desk.second_reviews.review(bo, review.id, replace(SPAM, note="a slip"))
    assert desk.second_reviews.latest(bo) == review.id
    with pytest.raises(NoSecondReview):
        desk.second_reviews.undo(ana, review.id)
    desk.second_reviews.undo(bo, review.id)
    again = desk.second_reviews.hold(bo, review.id)
    assert again.ruling
    assert (again.ruling.outcome, again.ruling.note) == (Outcome.REJECT, "a slip")
    desk.second_reviews.review(bo, review.id, APPROVE)
    assert [row.agrees for row in rows(desk)] == [True]


def test_undoing_the_first_decision_voids_it_also_while_somebody_judges_it(
    desk: Desk, ana: User, bo: User
) -> None:
    (number,) = decided(desk, ana, "a comment")
    review = desk.second_reviews.next(bo)
    assert review
    comment = desk.decisions.undo(ana, desk.queue.get(number).decisions[0].id)
    assert comment.line.held_by == "Ana"
    with pytest.raises(NoSecondReview):
        desk.second_reviews.review(bo, review.id, APPROVE)
    assert desk.second_reviews.next(bo) is None


def test_an_edit_voids_it(desk: Desk, ana: User, bo: User) -> None:
    site = SiteComments(desk.store, Events(desk.store))
    kept = site.put(sent("first text", source="paper", external_id="7", of_site=True))
    desk.decisions.decide(ana, kept.number, APPROVE)
    review = desk.second_reviews.next(bo)
    assert review
    site.put(sent("other text", source="paper", external_id="7", of_site=True))
    with pytest.raises(NoSecondReview):
        desk.second_reviews.review(bo, review.id, APPROVE)
    assert desk.second_reviews.next(bo) is None


def test_withdrawal_and_erasure_remove_it(desk: Desk, ana: User, bo: User, admin: User) -> None:
    site = SiteComments(desk.store, Events(desk.store))
    kept = site.put(sent("a text", source="paper", external_id="7", of_site=True))
    desk.decisions.decide(ana, kept.number, APPROVE)
    (old,) = decided(desk, ana, "an old one")
    for _ in range(2):
        review = desk.second_reviews.next(bo)
        assert review
        desk.second_reviews.review(bo, review.id, replace(SPAM, note="a private remark"))
    site.withdraw("paper", "7")
    assert [row.comment_id for row in rows(desk)] == [old]
    desk.retention.purge(admin, datetime.now(UTC) + timedelta(minutes=1))
    assert rows(desk) == []


def test_a_flag_lets_it_wait_until_the_comment_is_decided_anew(
    desk: Desk, ana: User, bo: User
) -> None:
    site = SiteComments(desk.store, Events(desk.store))
    kept = site.put(sent("a text", source="paper", external_id="7", of_site=True))
    desk.decisions.decide(ana, kept.number, APPROVE)
    site.flag("paper", "7", "a reader", "rude")
    assert desk.queue.get(kept.number).line.state == Queue.FLAGGED
    assert desk.second_reviews.waiting(bo) == 0
    desk.decisions.decide(ana, kept.number, APPROVE)
    assert desk.second_reviews.waiting(bo) == 1
    with desk.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(holds)) == 0
