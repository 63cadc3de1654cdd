"""A site's comment is one for ever: edited, withdrawn, flagged, appealed, and decided by people."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.errors import (
    AlreadyDecided,
    AlreadyUndone,
    Edited,
    NoSuchThing,
    OwnDecision,
)
from moderation.desk.intake.records import Delivery
from moderation.desk.site.comments import SiteComments
from moderation.desk.site.errors import AlreadyAppealed, NotRejected
from moderation.desk.types import (
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Ruling,
    SiteState,
    Submission,
    User,
)
from moderation.errors import InvalidInput
from moderation.verdict import Action
from tests.desk.sending import sent, verdict

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
NAME = ("the-paper", "41")
ALLOWED = verdict(action=Action.ALLOW)


@pytest.fixture
def events(desk: Desk) -> Events:
    """Give the events of the desk."""
    return Events(desk.store)


@pytest.fixture
def site(desk: Desk, events: Events) -> SiteComments:
    """Give the comments of sites."""
    return SiteComments(desk.store, events)


def of_site(text: str, external_id: str = "41", **about: Any) -> Submission:
    about.setdefault("source", "the-paper")
    return replace(sent(text, external_id=external_id, **about), of_site=True)


def numbers(desk: Desk, queue: Queue = Queue.REVIEW) -> list[int]:
    return sorted(line.id for line in desk.queue.lines(Filters(queue)).lines)


def test_the_same_text_again_is_the_same_entry_and_its_neighbours_are_others(
    desk: Desk, site: SiteComments
) -> None:
    first = site.put(of_site("one"))
    others = [site.put(of_site("one", "42")), site.put(of_site("one", source="a-blog"))]
    again = site.put(of_site("one", title="A headline that came later"))
    assert (again.number, again.revision, again.state) == (first.number, 1, SiteState.WAITING)
    assert numbers(desk) == sorted([first.number, *(each.number for each in others)])
    assert desk.queue.get(first.number).line.title == "A headline that came later"


def test_an_edit_is_a_new_revision_and_the_old_one_leaves_its_queue(
    desk: Desk, site: SiteComments, ana: User
) -> None:
    old = site.put(of_site("one"))
    neighbour = site.put(of_site("one", "42"))
    desk.queue.hold(ana, old.number)
    new = site.put(of_site("two"))
    assert (new.revision, new.state) == (2, SiteState.WAITING)
    assert numbers(desk) == sorted([new.number, neighbour.number])
    assert [each.state for each in new.revisions] == [None, SiteState.WAITING]
    with pytest.raises(Edited) as raised:
        desk.decisions.decide(ana, old.number, APPROVE)
    assert raised.value.latest == new.number
    # Its author may also go back to the first text.
    third = site.put(of_site("one"))
    assert (third.revision, numbers(desk)) == (3, sorted([third.number, neighbour.number]))


@pytest.mark.parametrize("later", [of_site("two"), of_site("two", verdict=ALLOWED)])
def test_an_edit_stays_with_the_leads_who_were_asked(
    desk: Desk, site: SiteComments, ana: User, lead: User, later: Submission
) -> None:
    """With the question and its note, and also where the policy would allow the new text."""
    first = site.put(of_site("one")).number
    desk.escalations.ask(ana, first, "Is this a quotation?")
    edited = site.put(later)
    assert edited.state is SiteState.WAITING
    assert (numbers(desk), numbers(desk, Queue.LEADS)) == ([], [edited.number])
    comment = desk.queue.get(edited.number)
    assert [(each.by, each.settled) for each in comment.escalations] == [("Ana", False)]
    assert [note.text for note in comment.notes] == ["Is this a quotation?"]
    made = desk.decisions.decide(lead, edited.number, REJECT)
    desk.decisions.undo(lead, made.id)
    assert numbers(desk, Queue.LEADS) == [edited.number]
    third = site.put(of_site("three")).number
    desk.decisions.decide(lead, third, APPROVE)
    assert site.put(of_site("four")).state is SiteState.WAITING
    assert numbers(desk, Queue.LEADS) == []


def test_a_decision_is_honoured_for_its_own_text_alone(
    desk: Desk, site: SiteComments, ana: User
) -> None:
    comment = site.put(of_site("one"))
    made = desk.decisions.decide(ana, comment.number, REJECT)
    known, decision = site.standing(*NAME, "one")
    assert known
    assert decision is not None
    assert (decision.outcome, decision.reasons) == (SiteState.REJECTED, ("insult",))
    assert site.standing(*NAME, "another text") == (True, None)
    assert site.standing("the-paper", "42", "one") == (False, None)
    assert site.get(*NAME).state is SiteState.REJECTED
    # Sent again it stays decided; edited, it waits, and the decision stays with the old text.
    assert site.put(of_site("one")).state is SiteState.REJECTED
    edited = site.put(of_site("two"))
    assert (edited.state, edited.decision) == (SiteState.WAITING, None)
    assert [each.state for each in edited.revisions] == [SiteState.REJECTED, SiteState.WAITING]
    with pytest.raises(AlreadyUndone):
        desk.decisions.undo(ana, made.id)


def test_an_allowed_comment_is_kept_for_its_site_and_waits_in_no_queue(
    desk: Desk, site: SiteComments
) -> None:
    comment = site.put(of_site("fine", verdict=ALLOWED))
    assert comment.state is SiteState.APPROVED
    assert not any(numbers(desk, queue) for queue in Queue)
    # A later model or policy does not allow it any more.
    again = site.put(of_site("fine"))
    assert (again.number, again.state) == (comment.number, SiteState.WAITING)
    assert numbers(desk) == [comment.number]


def test_what_the_service_scores_is_an_edit_of_what_it_scored_before(
    desk: Desk, site: SiteComments
) -> None:
    desk.intake.take([of_site("one"), of_site("one", "42")])
    desk.intake.take([of_site("now it is fine", verdict=ALLOWED)])
    assert site.get(*NAME).state is SiteState.APPROVED
    assert numbers(desk) == [site.get("the-paper", "42").number]
    # An allowed comment that nobody knows is no edit, and is not kept.
    desk.intake.take([of_site("unknown", "43", verdict=ALLOWED)])
    with pytest.raises(NoSuchThing):
        site.get("the-paper", "43")


def test_revisions_that_waited_for_the_database_come_in_the_order_of_their_arrival(
    desk: Desk, site: SiteComments
) -> None:
    texts = ["first", "second", "third", "fourth"]
    deliveries = [Delivery.of([of_site(text)]) for text in texts]
    desk.intake.take_late([*deliveries, Delivery.of([of_site("of another", "42")])])
    comment = site.get(*NAME)
    assert comment.revision == 4
    assert desk.queue.get(comment.number).text == "fourth"
    assert len(numbers(desk)) == 2


def test_a_withdrawn_comment_is_erased_leaves_every_queue_and_does_not_return_late(
    desk: Desk, site: SiteComments, ana: User
) -> None:
    waiting = Delivery.of([of_site("one")])
    comment = site.put(of_site("one"))
    neighbour = site.put(of_site("one", "42"))
    site.put(of_site("two"))
    assert site.withdraw(*NAME).state is SiteState.WITHDRAWN
    assert site.withdraw(*NAME).state is SiteState.WITHDRAWN
    desk.intake.take_late([waiting])
    assert site.get(*NAME).state is SiteState.WITHDRAWN
    assert numbers(desk) == [neighbour.number]
    assert [desk.queue.get(comment.number).text, desk.queue.get(neighbour.number).text] == [
        None,
        "one",
    ]
    for act in (
        lambda: site.flag(*NAME, by="r", reason=""),
        lambda: site.appeal(*NAME, "why"),
        lambda: desk.decisions.decide(ana, comment.number, APPROVE),
    ):
        with pytest.raises((NoSuchThing, Edited)):
            act()
    # Its site may publish it again.
    assert site.put(of_site("one")).state is SiteState.WAITING


def test_a_reader_counts_once_and_brings_a_published_comment_to_the_flagged(
    desk: Desk, site: SiteComments, ana: User
) -> None:
    allowed = site.put(of_site("fine", verdict=ALLOWED))
    approved = site.put(of_site("one", "42"))
    rejected = site.put(of_site("one", "43"))
    desk.decisions.decide(ana, approved.number, APPROVE)
    desk.decisions.decide(ana, rejected.number, REJECT)
    for number in ("41", "42", "43"):
        for by in ("reader 1", "reader 1", "reader 2"):
            comment = site.flag("the-paper", number, by, "rude")
        assert comment.flags == 2
    assert numbers(desk, Queue.FLAGGED) == [allowed.number, approved.number]
    # What a person has approved stays so, until a person decides otherwise.
    assert site.get("the-paper", "42").state is SiteState.APPROVED
    assert site.get("the-paper", "41").state is SiteState.WAITING
    desk.decisions.decide(ana, approved.number, REJECT)
    assert site.get("the-paper", "42").state is SiteState.REJECTED
    assert numbers(desk, Queue.FLAGGED) == [allowed.number]


def test_an_appeal_goes_to_somebody_else_and_the_rejection_stands_meanwhile(
    desk: Desk, site: SiteComments, ana: User, bo: User
) -> None:
    comment = site.put(of_site("one"))
    other = site.put(of_site("one", "42"))
    with pytest.raises(NotRejected):
        site.appeal(*NAME, "why?")
    desk.decisions.decide(ana, comment.number, REJECT)
    desk.decisions.decide(bo, other.number, REJECT)
    for name in (NAME, ("the-paper", "42")):
        appealed = site.appeal(*name, "I only quoted it.")
        assert (appealed.state, appealed.appealed) == (SiteState.REJECTED, True)
    assert site.appeal(*NAME, "I only quoted it.").appealed
    with pytest.raises(AlreadyAppealed):
        site.appeal(*NAME, "And another thing.")
    for number, decider in ((comment.number, ana), (other.number, bo)):
        with pytest.raises(OwnDecision):
            desk.decisions.decide(decider, number, APPROVE)
    held = desk.queue.next(bo, Filters(Queue.APPEALED))
    assert held is not None
    assert held.id == comment.number
    desk.decisions.decide(bo, comment.number, APPROVE)
    settled = site.get(*NAME)
    assert (settled.state, settled.appealed) == (SiteState.APPROVED, False)
    assert numbers(desk, Queue.APPEALED) == [other.number]
    with pytest.raises(NotRejected):
        site.appeal(*NAME, "once more")


def test_an_undone_answer_to_an_appeal_lets_the_rejection_stand_and_the_appeal_wait(
    desk: Desk, site: SiteComments, events: Events, ana: User, bo: User
) -> None:
    comment = site.put(of_site("one"))
    neighbour = site.put(of_site("one", "42"))
    desk.decisions.decide(ana, neighbour.number, REJECT)
    first = desk.decisions.decide(ana, comment.number, REJECT)
    site.appeal(*NAME, "why?")
    second = desk.decisions.decide(bo, comment.number, APPROVE)
    with pytest.raises(AlreadyUndone):
        desk.decisions.undo(ana, first.id)  # another has taken its place
    desk.decisions.undo(bo, second.id)
    again = site.get(*NAME)
    assert (again.state, again.appealed) == (SiteState.REJECTED, True)
    assert numbers(desk, Queue.APPEALED) == [comment.number]
    told = [(each.external_id, each.kind, each.outcome) for each in events.after(0, 100)]
    assert told == [
        ("42", "decided", "rejected"),
        ("41", "decided", "rejected"),
        ("41", "decided", "approved"),
        ("41", "undone", "approved"),
        ("41", "decided", "rejected"),
    ]
    assert site.get("the-paper", "42").state is SiteState.REJECTED


def test_an_edit_ends_an_appeal_and_the_old_text_stays_decided(
    desk: Desk, site: SiteComments, ana: User
) -> None:
    comment = site.put(of_site("one"))
    desk.decisions.decide(ana, comment.number, REJECT)
    site.appeal(*NAME, "why?")
    edited = site.put(of_site("a milder text"))
    assert (edited.state, edited.appealed) == (SiteState.WAITING, False)
    assert (numbers(desk, Queue.APPEALED), numbers(desk)) == ([], [edited.number])
    assert desk.queue.get(comment.number).line.decision is not None
    with pytest.raises((AlreadyDecided, Edited)):
        desk.decisions.decide(ana, comment.number, APPROVE)


def test_appeals_are_not_decided_in_bulk(desk: Desk, site: SiteComments, lead: User) -> None:
    with pytest.raises(InvalidInput):
        desk.bulk.preview(lead, Filters(Queue.APPEALED))
    assert desk.bulk.preview(lead, Filters(Queue.REVIEW)).count == 0


def test_flags_and_appeals_go_when_the_text_is_erased(
    desk: Desk, site: SiteComments, ana: User, admin: User
) -> None:
    for number in ("41", "42"):
        comment = site.put(of_site("one", number))
        desk.decisions.decide(ana, comment.number, REJECT)
        site.flag("the-paper", number, "reader", "private words")
        site.appeal("the-paper", number, "private words")
    desk.retention.erase(admin, site.get("the-paper", "42").number)
    with desk.store.reading() as connection:
        for table, left in (("flags", 1), ("appeals", 1)):
            column = "reason" if table == "flags" else "statement"
            query = f"SELECT count(*) FROM {table} WHERE {column} != ''"  # noqa: S608
            assert connection.exec_driver_sql(query).scalar_one() == left


def test_a_purge_by_age_leaves_what_is_younger(desk: Desk, site: SiteComments, admin: User) -> None:
    site.put(of_site("one"))
    assert desk.retention.purge(admin, datetime.now(UTC) - timedelta(days=1)).comments == 0
    assert site.get(*NAME).state is SiteState.WAITING


@pytest.mark.parametrize("act", ["decide", "bulk"])
def test_each_decision_is_an_event_in_order_and_an_undone_one_too(
    desk: Desk, site: SiteComments, events: Events, act: str, request: pytest.FixtureRequest
) -> None:
    lead: User = request.getfixturevalue("lead")
    for number in range(5):
        site.put(of_site(f"text {number}", str(number)))
    desk.intake.take([sent("of no site's, without an id")])
    if act == "bulk":
        preview = desk.bulk.preview(lead, Filters(Queue.REVIEW))
        bulk = desk.bulk.apply(
            lead, Filters(Queue.REVIEW), preview.newest, Outcome.APPROVE, seen=preview.seen
        )
        undo: Callable[[], object] = lambda: desk.bulk.undo(lead, bulk.id)  # noqa: E731
    else:
        made = [desk.decisions.decide(lead, number, APPROVE) for number in numbers(desk)]
        undo = lambda: [desk.decisions.undo(lead, each.id) for each in made]  # noqa: E731
    told = events.after(0, 100)
    assert [each.external_id for each in told] == ["0", "1", "2", "3", "4"]
    assert [each.sequence for each in told] == sorted({each.sequence for each in told})
    undo()
    assert [each.kind for each in events.after(told[-1].sequence, 100)] == ["undone"] * 5
    # In pages, nothing is skipped and nothing comes twice.
    pages, after = [], 0
    while page := events.after(after, 3):
        pages += page
        after = page[-1].sequence
    assert pages == events.after(0, 100)
    assert events.after(0, 100, "another source") == []


def test_moderators_have_pseudonyms_that_stay_and_names_only_where_that_is_set(
    desk: Desk, site: SiteComments, events: Events, ana: User, bo: User
) -> None:
    for number, user in enumerate((ana, bo, ana)):
        comment = site.put(of_site("one", str(number)))
        desk.decisions.decide(user, comment.number, APPROVE)
    first, second, third = (each.moderator for each in events.after(0, 10))
    assert first == third != second
    assert not {first, second} & {ana.name, bo.name}
    named = Events(desk.store, names=True).after(0, 10)
    assert [each.moderator for each in named] == [ana.name, bo.name, ana.name]


def test_the_text_for_the_author_goes_with_a_rejection_and_with_its_undoing(
    desk: Desk, site: SiteComments, events: Events, ana: User
) -> None:
    comment = site.put(of_site("one"))
    ruling = replace(REJECT, author_text="Please stay kind.\n\nThe editors")
    made = desk.decisions.decide(ana, comment.number, ruling)
    desk.decisions.undo(ana, made.id)
    desk.decisions.decide(ana, comment.number, APPROVE)
    assert [event.to_dict()["author_text"] for event in events.after(0, 10)] == [
        ruling.author_text,
        ruling.author_text,
        None,
    ]
    assert desk.queue.get(comment.number).decisions[0].ruling == replace(
        ruling, token=made.ruling.token
    )


def test_a_note_reaches_the_site_only_if_it_is_marked_for_the_author(
    desk: Desk, site: SiteComments, events: Events, ana: User
) -> None:
    for number, marked in (("41", True), ("42", False)):
        comment = site.put(of_site("one", number))
        ruling = replace(REJECT, note="Please leave out the last line.", note_for_author=marked)
        desk.decisions.decide(ana, comment.number, ruling)
    assert [each.note for each in events.after(0, 10)] == ["Please leave out the last line.", None]
