"""A window's scores are its own, whatever is judged beside it and by however many threads."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.learning.encoder import session
from moderation.learning.encoder.reading import Window
from moderation.learning.encoder.session import EncoderSession, Scored
from tests.learning.wordpieces import OPENING, TOKENS

LENGTHS = (0, 1, 1, 1, 4, 4, 4, 4, 4, 9, 30, 30, 30, 126, 126)


def window(length: int, seed: int) -> Window:
    ids = np.random.default_rng(seed).integers(4, len(TOKENS), length).astype(np.int32)
    places = np.arange(length, dtype=np.int32)
    return Window(ids, places, places + 1, places)


WINDOWS = [window(length, seed) for seed, length in enumerate(LENGTHS)]


@pytest.fixture(scope="module")
def network(small_encoder: Path) -> bytes:
    (file,) = small_encoder.glob("network-*.onnx")
    return file.read_bytes()


@pytest.fixture(scope="module")
def one_thread(network: bytes) -> EncoderSession:
    return EncoderSession(network, OPENING, 1)


@pytest.fixture(scope="module")
def alone(one_thread: EncoderSession) -> list[Scored]:
    return [scored for one in WINDOWS for scored in one_thread.score([one])]


def assert_same(found: list[Scored], right: list[Scored], most: float = 0.0) -> None:
    assert len(found) == len(right)
    for one, other in zip(found, right, strict=True):
        np.testing.assert_allclose(one.passage, other.passage, rtol=0, atol=most)
        np.testing.assert_allclose(one.words, other.words, rtol=0, atol=most)


def test_windows_differ_in_their_scores(alone: list[Scored]) -> None:
    assert len({tuple(scored.passage.tolist()) for scored in alone}) == len(WINDOWS)
    assert [len(scored.words) for scored in alone] == list(LENGTHS)


@settings(deadline=None, max_examples=25)
@given(indices=st.lists(st.integers(0, len(WINDOWS) - 1), max_size=25))
def test_any_grouping_gives_the_same_scores_bit_for_bit(
    one_thread: EncoderSession, alone: list[Scored], indices: list[int]
) -> None:
    found = one_thread.score([WINDOWS[index] for index in indices])
    assert_same(found, [alone[index] for index in indices])


def test_more_windows_than_go_through_at_once_give_the_same_scores(
    one_thread: EncoderSession, alone: list[Scored], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BATCH_PIECES", 12)
    assert_same(one_thread.score(WINDOWS), alone)


def test_two_threads_give_the_same_scores(network: bytes, alone: list[Scored]) -> None:
    assert_same(EncoderSession(network, OPENING, 2).score(WINDOWS), alone, 1e-6)
