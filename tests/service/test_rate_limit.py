"""The rate limit of a key, whichever process it asks."""

import multiprocessing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from moderation.service import rate_limit as rate
from moderation.service.rate_limit import RateTable


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_a_minute_holds_just_the_limit_and_then_one_at_a_time() -> None:
    clock = Clock()
    table = RateTable(clock=clock)
    taken = [table.take("k", 6) for _ in range(7)]
    assert [each.allowed for each in taken] == [True] * 6 + [False]
    assert [each.remaining for each in taken] == [5, 4, 3, 2, 1, 0, 0]
    assert taken[-1].headers()["Retry-After"] == "10"
    clock.now += 9.9
    assert not table.take("k", 6).allowed
    clock.now += 0.2
    assert table.take("k", 6).allowed
    assert not table.take("k", 6).allowed
    clock.now += 60
    assert table.take("k", 6).remaining == 5


def test_keys_do_not_spend_each_others_share() -> None:
    table = RateTable(clock=Clock())
    for number in range(500):
        assert table.take(f"key {number}", 1).allowed
        assert not table.take(f"key {number}", 1).allowed


def test_the_headers_say_what_is_left() -> None:
    headers = RateTable(clock=Clock()).take("k", 60).headers()
    assert headers == {
        "RateLimit-Policy": '"key";q=60;w=60',
        "RateLimit": '"key";r=59;t=1',
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "59",
        "X-RateLimit-Reset": "1",
    }


@given(
    limit=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=120),
)
def test_no_minute_sees_more_than_twice_the_limit_and_patience_is_always_rewarded(
    limit: int, pauses: list[float]
) -> None:
    clock = Clock()
    table = RateTable(clock=clock)
    passed: list[float] = []
    for pause in pauses:
        clock.now += pause
        taken = table.take("k", limit)
        if taken.allowed:
            passed.append(clock.now)
        else:
            assert taken.remaining == 0
            clock.now += taken.retry + 1e-3
            assert table.take("k", limit).allowed
            passed.append(clock.now)
        within = [each for each in passed if each > clock.now - rate.WINDOW_SECONDS]
        assert len(within) <= 2 * limit


def test_a_unit_is_a_thousand_characters_and_nothing_costs_less_than_one() -> None:
    costs = [rate.cost_of(characters) for characters in (0, 1, 1_000, 1_001, 50_000, 4_000_000)]
    assert costs == [1, 1, 1, 2, 50, 4_000]


def test_a_dear_request_takes_as_much_as_that_many_cheap_ones() -> None:
    clock = Clock()
    dear, cheap = RateTable(clock=clock), RateTable(clock=clock)
    assert dear.take("k", 60).allowed
    found = dear.take("k", 60, 40, paid=1)
    for _ in range(40):
        one = cheap.take("k", 60)
    assert found == one
    refused = dear.take("k", 60, 30, paid=1)
    assert not refused.allowed
    assert refused.remaining == 20
    clock.now += refused.retry
    assert dear.take("k", 60).allowed
    assert dear.take("k", 60, 30, paid=1).allowed


def test_what_costs_more_than_the_limit_passes_while_the_limit_is_nearly_whole() -> None:
    clock = Clock()
    table = RateTable(clock=clock)
    assert table.take("k", 60).allowed
    assert table.take("k", 60, 600, paid=1).allowed
    assert not table.take("k", 60).allowed
    clock.now += 539
    assert not table.take("k", 60).allowed
    clock.now += 2
    assert table.take("k", 60).allowed
    refused = table.take("k", 60, 600, paid=1)
    assert not refused.allowed
    clock.now += refused.retry + 1e-3
    assert table.take("k", 60).allowed
    assert table.take("k", 60, 600, paid=1).allowed


@given(
    limit=st.integers(1, 50),
    asked=st.lists(st.tuples(st.floats(0, 90), st.integers(1, 80)), min_size=1, max_size=60),
)
def test_whoever_comes_again_when_told_passes_whatever_it_costs(
    limit: int, asked: list[tuple[float, int]]
) -> None:
    clock = Clock()
    table = RateTable(clock=clock)

    def ask(cost: int) -> rate.Taken:
        first = table.take("k", limit)
        return table.take("k", limit, cost, paid=1) if first.allowed and cost > 1 else first

    spent = 0
    for pause, cost in asked:
        clock.now += pause
        taken = ask(cost)
        # The first answer may not know yet what the request costs; the second does.
        for _ in range(2):
            if taken.allowed:
                break
            clock.now += taken.retry + 1e-3
            taken = ask(cost)
        assert taken.allowed
        spent += cost
        # In the long run no key gets more than its share, and a minute's more.
        assert spent <= (clock.now - Clock.now) / 60 * limit + limit + cost + 1


def spend(path: Path, times: int, spent: "multiprocessing.Queue[int]") -> None:
    table = RateTable(path)
    spent.put(sum(table.take("k", 100).allowed for _ in range(times)))


def test_processes_share_one_limit(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    spent: multiprocessing.Queue[int] = context.Queue()
    path = tmp_path / "rates"
    others = [context.Process(target=spend, args=(path, 90, spent)) for _ in range(2)]
    for each in others:
        each.start()
    for each in others:
        each.join()
    # A share of the limit comes back while they run.
    assert 100 <= spent.get() + spent.get() <= 120
