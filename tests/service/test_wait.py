"""A newcomer's expected wait depends on the queue before it, and on nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.service.batching import Pace, seconds_left, time_to_turn

seconds = st.floats(0, 100)


def test_a_free_thread_is_free_however_long_the_others_are_busy() -> None:
    assert time_to_turn([0, 1_000], 0) == 0
    assert time_to_turn([1_000, 0, 50], 3) == pytest.approx(3)


def test_work_that_waits_is_shared_by_the_threads_as_they_become_free() -> None:
    assert time_to_turn([1, 2], 0) == 1
    assert time_to_turn([1, 2], 1) == pytest.approx(2)
    assert time_to_turn([1, 2], 5) == pytest.approx(4)
    assert time_to_turn([0, 0], 5) == pytest.approx(2.5)


@given(threads=st.lists(seconds, min_size=1, max_size=8), ahead=seconds, more=seconds)
def test_more_work_never_means_a_shorter_wait(
    threads: list[float], ahead: float, more: float
) -> None:
    wait = time_to_turn(threads, ahead)
    assert wait >= min(threads)
    assert time_to_turn(threads, ahead + more) >= wait - 1e-9
    assert time_to_turn([*threads, 0.0], ahead) <= wait + 1e-9
    # What all threads do until then is what waited.
    done = sum(max(0.0, wait - each) for each in threads)
    assert done == pytest.approx(ahead, abs=1e-6)


def test_what_is_overdue_takes_as_long_again() -> None:
    assert seconds_left(started=10, expected=2, now=11) == 1
    assert seconds_left(started=10, expected=2, now=17) == 5
    assert seconds_left(started=10, expected=0, now=17) == 0


def test_the_pace_follows_large_batches_more_than_single_texts() -> None:
    pace = Pace()
    assert pace.seconds_for(1_000) == 0
    pace.measure(1.0, 100)
    assert pace.seconds_for(200) == pytest.approx(2)
    for _ in range(200):
        pace.measure(0.1, 1_000)
        pace.measure(0.1, 10)
    assert pace.seconds_for(1_000) == pytest.approx(0.2, rel=0.1)
