"""The queues: what is in them, in which order, found by what."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.desk import Desk
from moderation.desk.errors import Held, NoSuchThing, NotAllowed
from moderation.desk.types import (
    CommentRow,
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Ruling,
    Sort,
    User,
)
from moderation.errors import InvalidInput
from moderation.taxonomy import Label
from moderation.verdict import Action
from tests.desk.sending import sent, unread, verdict

APPROVE = Ruling(Outcome.APPROVE)
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def texts(desk: Desk, filters: Filters, sort: Sort = Sort.WORST) -> list[str]:
    return [line.excerpt for line in desk.queue.lines(filters, sort).lines]


def test_what_the_policy_allows_is_not_kept_unless_readers_flagged_it(desk: Desk) -> None:
    allowed = verdict(action=Action.ALLOW)
    taken = desk.intake.take(
        [sent("allowed", verdict=allowed), sent("flagged", verdict=allowed, flags=2), sent("held")]
    )
    assert len(taken) == 2
    assert texts(desk, Filters(Queue.FLAGGED)) == ["flagged"]
    assert texts(desk, Filters(Queue.REVIEW)) == ["held"]


def test_the_same_comment_is_kept_once_and_counted(desk: Desk) -> None:
    desk.intake.take([sent("again", author="Bo"), sent("again", author="Bo")])
    assert desk.intake.take([sent("again", author="Bo", flags=3)]) == []
    desk.intake.take([sent("again", author="Mo")])
    lines = desk.queue.lines(Filters()).lines
    assert sorted((line.author, line.times, line.flags) for line in lines) == [
        ("Bo", 3, 3),
        ("Mo", 1, 0),
    ]


def test_each_order_begins_with_what_its_name_says(desk: Desk) -> None:
    desk.intake.take(
        [
            sent("middling", 0.6, time=DAY),
            sent("worst", 0.9, time=DAY + timedelta(hours=1)),
            sent(
                "doubtful",
                verdict=verdict({"inflammatory": 0.48}),
                time=DAY + timedelta(hours=2),
            ),
        ]
    )
    assert texts(desk, Filters(), Sort.WORST)[0] == "worst"
    assert texts(desk, Filters(), Sort.OLDEST)[0] == "middling"
    assert texts(desk, Filters(), Sort.UNCERTAIN)[0] == "doubtful"
    assert texts(desk, Filters(), Sort.NEWEST)[0] == "doubtful"
    assert texts(desk, Filters(attribute="inflammatory"), Sort.WORST)[0] == "doubtful"


def test_blocked_comments_have_a_queue_of_their_own(desk: Desk) -> None:
    desk.intake.take([sent("blocked", verdict=verdict(action=Action.BLOCK)), sent("held")])
    assert texts(desk, Filters(Queue.BLOCKED)) == ["blocked"]
    assert texts(desk, Filters(Queue.REVIEW)) == ["held"]


def test_filters_find_what_they_say(desk: Desk) -> None:
    hostile = verdict({"ethnic_hostility": 0.8}, targets=("Thai", "Lao"))
    desk.intake.take(
        [
            sent("one", page="/a", author="Bo", community="town", time=DAY),
            sent("two", verdict=hostile, source="coral", time=DAY + timedelta(days=1)),
            sent("three", 0.2, page="/a", time=DAY + timedelta(days=2)),
        ]
    )
    found = {
        "page": texts(desk, Filters(page="/a")),
        "author": texts(desk, Filters(author="Bo")),
        "community": texts(desk, Filters(community="town")),
        "source": texts(desk, Filters(source="coral")),
        "target": texts(desk, Filters(target="Lao")),
        "label": texts(desk, Filters(label=Label.ETHNIC_HOSTILITY)),
        "range": texts(desk, Filters(attribute="toxicity", low=0.15, high=0.3)),
        "since": texts(desk, Filters(since=DAY + timedelta(days=2))),
        "until": texts(desk, Filters(until=DAY + timedelta(days=1))),
    }
    assert found == {
        "page": ["one", "three"],
        "author": ["one"],
        "community": ["one"],
        "source": ["two"],
        "target": ["two"],
        "label": ["two"],
        "range": ["three"],
        "since": ["three"],
        "until": ["one"],
    }


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bridge", ["The Bridge is closed, they say."]),
        ("CLOSED bri", ["The Bridge is closed, they say."]),
        ("closed road", []),
        ("ridge", []),
        ("ស្ពាន", ["ស្ពានត្រូវបានបិទ"]),
        ("🌉", ["look 🌉"]),
        ("50%", ["a rise of 50% today"]),
        ("'; DROP TABLE texts; --", []),
        ('" OR "*', []),
        ("(((", []),
    ],
)
def test_words_are_found_in_the_text(desk: Desk, words: str, found: list[str]) -> None:
    desk.intake.take(
        [
            sent("The Bridge is closed, they say."),
            sent("ស្ពានត្រូវបានបិទ"),
            sent("look 🌉"),
            sent("a rise of 50% today"),
        ]
    )
    assert texts(desk, Filters(words=words)) == found
    assert desk.queue.count(Filters(words=words)).number == len(found)


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    limit=st.integers(1, 5),
    sort=st.sampled_from([Sort.WORST, Sort.OLDEST, Sort.UNCERTAIN, Sort.NEWEST]),
)
def test_page_after_page_shows_every_comment_once_in_order(
    desk: Desk, scores: list[float], limit: int, sort: Sort
) -> None:
    """Whatever the scores, equal ones included."""
    run = str(datetime.now(UTC).timestamp())
    desk.intake.take([sent(f"{place}", score, community=run) for place, score in enumerate(scores)])
    filters, more = Filters(community=run), None
    seen: list[CommentRow] = []
    while True:
        page = desk.queue.lines(filters, sort, more, limit)
        seen += page.lines
        more = page.more
        if more is None:
            break
    assert len({line.id for line in seen}) == len(seen) == len(scores)
    if sort is Sort.WORST:
        worst = [line.worst for line in seen]
        assert worst == sorted(worst, reverse=True)


@pytest.mark.parametrize(
    "more",
    [
        *("", "x", "1_", "nan_nan", "1;2", "nan_1", "inf_1", "-inf_1", "1e400_1", "\u00b2_1"),
        *(f"{'9' * 20}_1", f"0.5_{'9' * 20}", f"{'9' * 5000}_1", f"0.5_{'9' * 5000}"),
    ],
)
def test_a_place_that_is_none_is_refused(desk: Desk, more: str) -> None:
    for sort in (Sort.WORST, Sort.NEWEST):
        with pytest.raises(InvalidInput):
            desk.queue.lines(Filters(), sort, more)


def test_two_moderators_never_get_the_same_comment(desk: Desk, ana: User, bo: User) -> None:
    desk.intake.take([sent("a", 0.9), sent("b", 0.8)])
    first, second = desk.queue.next(ana, Filters()), desk.queue.next(bo, Filters())
    assert first is not None
    assert second is not None
    assert (first.text, second.text) == ("a", "b")
    assert desk.queue.get(first.id).line.held_by == "Ana"
    with pytest.raises(Held, match="Ana"):
        desk.queue.hold(bo, first.id)
    with pytest.raises(Held, match="Ana"):
        desk.decisions.decide(bo, first.id, APPROVE)


def test_what_one_holds_is_given_again_until_skipped(desk: Desk, ana: User, bo: User) -> None:
    desk.intake.take([sent("a", 0.9), sent("b", 0.8)])
    first = desk.queue.next(ana, Filters())
    assert first is not None
    again = desk.queue.next(ana, Filters())
    assert again is not None
    assert again.id == first.id
    other = desk.queue.next(ana, Filters(), skip=[first.id])
    assert other is not None
    assert other.text == "b"
    assert desk.queue.next(bo, Filters()) is None
    desk.queue.release(ana, first.id)
    freed = desk.queue.next(bo, Filters())
    assert freed is not None
    assert freed.id == first.id


def test_a_hold_ends_after_ten_minutes(
    desk: Desk, ana: User, bo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.intake.take([sent("a")])
    assert desk.queue.next(ana, Filters()) is not None
    later = datetime.now(UTC) + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr("moderation.desk.queue.holds.now", lambda: later)
    comment = desk.queue.next(bo, Filters())
    assert comment is not None
    assert comment.text == "a"


def test_readers_look_and_are_given_nothing_to_decide(desk: Desk, reader: User) -> None:
    (number,) = desk.intake.take([sent("a")])
    assert desk.queue.get(number).text == "a"
    with pytest.raises(NotAllowed):
        desk.queue.next(reader, Filters())
    with pytest.raises(NotAllowed):
        desk.queue.hold(reader, number)


def test_a_comment_is_shown_with_what_stands_around_it(desk: Desk, ana: User) -> None:
    long = "word " * 200_000
    (number,) = desk.intake.take(
        [sent(long, author="Bo", parent="the parent", article="the article", title="A\0B")]
    )
    comment = desk.queue.get(number)
    assert comment.text == long
    assert (comment.parent, comment.article) == ("the parent", "the article")
    assert comment.line.title == "A\ufffdB"
    assert len(comment.line.excerpt) == 300
    assert comment.line.length == len(long)
    with pytest.raises(NoSuchThing):
        desk.queue.get(number + 1)


def test_an_authors_other_comments_are_told_with_what_became_of_them(desk: Desk, ana: User) -> None:
    numbers = desk.intake.take([sent(f"comment {place}", author="Mo") for place in range(4)])
    desk.decisions.decide(ana, numbers[0], APPROVE)
    desk.decisions.decide(ana, numbers[1], Ruling(Outcome.REJECT, RejectionReason.SPAM))
    history = desk.authors.history(desk.queue.get(numbers[2]))
    assert (history.approved, history.rejected, history.waiting) == (1, 1, 1)
    assert numbers[2] not in {line.id for line in history.latest}


def test_decided_comments_that_read_alike_are_found(desk: Desk, ana: User) -> None:
    base = "they should all go back to where their fathers came from"
    numbers = desk.intake.take(
        [sent(base), sent(f"{base} now"), sent("the road is closed until Monday morning")]
    )
    numbers.sort()
    everything = {desk.queue.get(number).text: number for number in numbers}
    for text in (f"{base} now", "the road is closed until Monday morning"):
        desk.decisions.decide(ana, everything[text], APPROVE)
    found = desk.queue.similar(desk.queue.get(everything[base]))
    assert [one.line.excerpt for one in found] == [f"{base} now"]
    assert found[0].share > 0.8


def test_choices_are_the_commonest_values_first(desk: Desk) -> None:
    desk.intake.take([sent(str(place), page="/b" if place else "/a") for place in range(3)])
    assert desk.queue.choices("page") == ["/b", "/a"]
    with pytest.raises(InvalidInput):
        desk.queue.choices("password")


def test_what_was_not_judged_comes_last_and_is_in_no_range_of_scores(desk: Desk) -> None:
    desk.intake.take([unread("unread"), sent("mild", 0.1), sent("bad", 0.9)])
    for sort in (Sort.WORST, Sort.UNCERTAIN):
        assert texts(desk, Filters(), sort)[-1] == "unread"
    assert texts(desk, Filters(high=0.5)) == ["mild"]
    assert texts(desk, Filters(low=0.05)) == ["bad", "mild"]
    assert texts(desk, Filters(judged=False)) == ["unread"]
    assert texts(desk, Filters(judged=True)) == ["bad", "mild"]
    assert texts(desk, Filters(label=Label.CIVIL)) == ["bad", "mild"]
    (line,) = desk.queue.lines(Filters(judged=False)).lines
    assert (line.label, line.language) == (None, "de")
    comment = desk.queue.get(line.id)
    assert (comment.verdict.judged, comment.verdict.scores) == (False, {})
    assert (comment.verdict.language, comment.verdict.reasons) == ("de", ("language",))
