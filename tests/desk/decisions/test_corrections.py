"""Corrections by sites and readers come to the desk, where people have the last word."""

from dataclasses import replace

import pytest

from moderation.desk import Desk
from moderation.desk.decisions import corrections as module
from moderation.desk.decisions.corrections import ruling_of
from moderation.desk.errors import NoSuchThing, NotAllowed
from moderation.desk.intake.records import Delivery
from moderation.desk.types import (
    Comment,
    CorrectionState,
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Ruling,
    User,
)
from moderation.service.intake import Correction
from moderation.taxonomy import Label
from moderation.verdict import Action, Span
from tests.desk.sending import sent, verdict

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
CORRECTED = Filters(Queue.CORRECTED)
TEXT = "the ferry is late again and so are you"
ALLOWED = sent(TEXT, verdict=verdict(action=Action.ALLOW), community="a site")


def correction(text: str = TEXT, key: str | None = None, **scores: float) -> Correction:
    comment = sent(text, verdict=verdict(action=Action.ALLOW), community="a site")
    given = scores or {"insult": 1.0}
    return Correction(text, given, "perspective", community="a site", key=key, comment=comment)


def queued(desk: Desk) -> list[Comment]:
    return [desk.queue.get(line.id) for line in desk.queue.lines(CORRECTED).lines]


def states(desk: Desk, number: int) -> list[str]:
    return sorted(each.state for each in desk.queue.get(number).corrections)


def test_a_comment_that_the_policy_allowed_comes_with_its_correction(desk: Desk) -> None:
    desk.intake.take([sent("another", 0.9), ALLOWED])
    desk.corrections.add(correction())
    (comment,) = queued(desk)
    assert (comment.text, comment.community, comment.line.flags) == (TEXT, "a site", 1)
    (received,) = comment.corrections
    assert received.correction.scores == {"insult": 1.0}
    assert received.correction.source == "perspective"
    assert (received.state, received.by) == ("open", None)
    assert desk.queue.counts()[Queue.CORRECTED].number == comment.line.corrections == 1


def test_a_comment_that_is_at_the_desk_comes_no_second_time(desk: Desk) -> None:
    (number,) = desk.intake.take([sent(TEXT)])
    for given in (correction(toxicity=0.0), correction(), correction()):  # one is sent again
        desk.corrections.add(given)
    (comment,) = queued(desk)
    assert comment.id == number
    assert comment.line.corrections == 2
    assert [line.id for line in desk.queue.lines(Filters(corrected=True)).lines] == [number]


def test_a_decision_confirms_what_agrees_with_it_and_undoing_opens_all_again(
    desk: Desk, ana: User
) -> None:
    desk.corrections.add(correction())
    desk.corrections.add(correction(toxicity=0.0))
    (comment,) = queued(desk)
    made = desk.decisions.decide(ana, comment.id, REJECT)
    settled = {each.state: each for each in desk.queue.get(comment.id).corrections}
    assert settled[CorrectionState.CONFIRMED].correction.scores == {"insult": 1.0}
    assert settled[CorrectionState.DISMISSED].correction.scores == {"toxicity": 0.0}
    assert {each.by for each in settled.values()} == {ana.name}
    assert queued(desk) == []
    desk.decisions.undo(ana, made.id)
    assert states(desk, comment.id) == ["open", "open"]
    assert [each.id for each in queued(desk)] == [comment.id]


def test_many_at_once_settle_their_corrections_too(desk: Desk, lead: User) -> None:
    for number in range(3):
        desk.corrections.add(correction(f"{TEXT} {number}"))
    (waiting,) = desk.intake.take([sent("nobody corrects this one", 0.9)])
    preview = desk.bulk.preview(lead, CORRECTED)
    bulk = desk.bulk.apply(lead, CORRECTED, preview.newest, Outcome.APPROVE, seen=preview.seen)
    assert bulk.count == 3
    assert {each.line.decision is None for each in map(desk.queue.get, [waiting])} == {True}
    assert queued(desk) == []
    assert desk.bulk.undo(lead, bulk.id) == 3
    assert [states(desk, each.id) for each in queued(desk)] == [["open"]] * 3


def test_a_dismissed_correction_is_settled_and_flags_nothing(
    desk: Desk, ana: User, reader: User
) -> None:
    desk.corrections.add(correction())
    (comment,) = queued(desk)
    (received,) = comment.corrections
    with pytest.raises(NotAllowed):
        desk.corrections.dismiss(reader, comment.id, received.id)
    desk.corrections.dismiss(ana, comment.id, received.id)
    assert desk.queue.get(comment.id).line.flags == 0
    assert states(desk, comment.id) == ["dismissed"]
    assert queued(desk) == []
    with pytest.raises(NoSuchThing):
        desk.corrections.dismiss(ana, comment.id, received.id)
    # It stays dismissed, whatever becomes of a decision.
    made = desk.decisions.decide(ana, comment.id, REJECT)
    desk.decisions.undo(ana, made.id)
    assert states(desk, comment.id) == ["dismissed"]


def test_a_correction_is_dismissed_only_as_one_of_its_own_comment(desk: Desk, ana: User) -> None:
    desk.corrections.add(correction())
    (comment,) = queued(desk)
    (other,) = desk.intake.take([sent("another", 0.9)])
    with pytest.raises(NoSuchThing):
        desk.corrections.dismiss(ana, other, comment.corrections[0].id)
    assert states(desk, comment.id) == ["open"]


def test_a_site_that_sends_very_many_fills_no_queue(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BROUGHT", 3)
    for number in range(5):
        desk.corrections.add(correction(f"{TEXT} {number}", key="flooding"))
    desk.corrections.add(correction("of another site", key="modest"))
    assert len(queued(desk)) == 4
    assert len(desk.corrections.read()) == 6
    assert desk.corrections.bring_waiting() == 0
    flooded = next(each for each in queued(desk) if each.text != "of another site")
    desk.decisions.decide(ana, flooded.id, APPROVE)
    assert desk.corrections.bring_waiting() == 1
    assert len(queued(desk)) == 4


def test_what_came_while_no_desk_was_served_follows_unjudged(desk: Desk) -> None:
    desk.corrections.add(replace(correction(), comment=None))
    assert queued(desk) == []
    assert (desk.corrections.bring_waiting(), desk.corrections.bring_waiting()) == (1, 0)
    (comment,) = queued(desk)
    assert (comment.text, comment.line.label, comment.line.flags) == (TEXT, None, 1)
    assert comment.verdict.reasons == ("unjudged",)


def test_a_correction_that_comes_before_its_comment_meets_it(desk: Desk) -> None:
    desk.corrections.add(replace(correction(), comment=None))
    (number,) = desk.intake.take([sent(TEXT)])
    assert desk.corrections.bring_waiting() == 0
    assert [each.id for each in queued(desk)] == [number]


def test_several_corrections_of_one_text_bring_one_comment(desk: Desk) -> None:
    for given in (correction(), correction(toxicity=0.0)):
        desk.corrections.add(replace(given, comment=None))
    assert desk.corrections.bring_waiting() == 1
    (comment,) = queued(desk)
    assert comment.line.corrections == 2


def test_an_erased_text_takes_its_corrections_along(desk: Desk, admin: User) -> None:
    desk.corrections.add(correction())
    (comment,) = queued(desk)
    desk.retention.erase(admin, comment.id)
    assert (queued(desk), desk.corrections.read()) == ([], [])
    assert desk.queue.get(comment.id).corrections == ()


def test_a_correction_that_waits_in_the_spool_keeps_its_comment() -> None:
    given = Delivery.of(correction=correction(key="abc"))
    read = Delivery.from_line(given.to_line())
    assert read.correction is not None
    assert read.correction.comment is not None
    assert read.correction.comment.text == TEXT
    assert read == given


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ({"threat": 0.9, "insult": 1.0}, RejectionReason.THREAT),
        ({"ethnic_hostility": 0.8, "threat": 0.9}, RejectionReason.ETHNIC_HOSTILITY),
        ({"profanity": 1.0, "threat": 0.1}, RejectionReason.PROFANITY),
    ],
)
def test_a_harm_that_is_named_is_the_reason(
    scores: dict[str, float], reason: RejectionReason
) -> None:
    ruling = ruling_of(Correction(TEXT, scores, "perspective"))
    assert ruling is not None
    assert (ruling.outcome, ruling.reason) == (Outcome.REJECT, reason)
    assert ruling.attributes == scores


def test_marked_parts_are_evidence_and_may_be_all_that_is_said() -> None:
    marked = Span(4, 9, "insult", 0.9)
    said = replace(correction(), scores={}, spans=(marked, Span(0, 3, "insult", 0.1)))
    ruling = ruling_of(said)
    assert ruling is not None
    assert (ruling.reason, ruling.spans) == (RejectionReason.INSULT, (marked,))


def test_what_is_called_toxic_may_be_spam_so_that_no_reason_follows() -> None:
    assert ruling_of(correction(toxicity=1.0)) is None
    harmless, news = ruling_of(correction(toxicity=0.0)), ruling_of(correction(news=1.0))
    assert harmless is not None
    assert news is not None
    assert (harmless.outcome, harmless.label) == (Outcome.APPROVE, None)
    assert (news.outcome, news.label) == (Outcome.APPROVE, Label.NEWS)
