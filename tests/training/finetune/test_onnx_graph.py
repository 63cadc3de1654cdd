"""The graph in a model gives nearly the same scores as the fine-tuned network."""

import numpy as np
import pytest
import torch

from moderation.errors import InvalidModel
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.training.data import OWN, Labelled
from moderation.training.finetune.export import raw_scores, rounding_loss
from moderation.training.finetune.onnx_graph import (
    BLOCK,
    Range,
    Ranges,
    quantise_blocks,
    quantise_rows,
)
from tests.models.wordpieces import OPENING, small_reader
from tests.training.finetune.small import TEXTS, encoder_of, ranges_of, small_network


def test_the_graph_gives_nearly_the_scores_of_the_network() -> None:
    network = small_network(width=48, layers=2)
    model = encoder_of(network, ranges_of(network))
    exact = raw_scores(network, small_reader(), OPENING, TEXTS)
    rounded = model.raw_scores(TEXTS)
    assert exact.shape == rounded.shape == (len(TEXTS), len(ATTRIBUTE_NAMES))
    assert np.ptp(exact, axis=0).mean() > 0.15
    np.testing.assert_allclose(rounded, exact, atol=0.03)


def test_what_stands_behind_a_windows_end_changes_no_score() -> None:
    network = small_network()
    ids = torch.tensor([[2, 7, 8, 3, 0, 0], [2, 7, 8, 3, 9, 11]])
    with torch.no_grad():
        padded = network(ids, torch.tensor([4, 4]))
        alone = network(ids[:1, :4], torch.tensor([4]))
    for row in range(2):
        torch.testing.assert_close(padded.passages[row], alone.passages[0])
        torch.testing.assert_close(padded.words[row, :4], alone.words[0])


def test_rounded_rows_times_their_scales_are_near_the_weights() -> None:
    weights = np.random.default_rng(0).normal(size=(5, 40)) * [[0.01], [1], [1], [1], [100]]
    rows, scales = quantise_rows(weights)
    assert rows.dtype == np.int8
    assert np.all(np.abs(rows * scales[:, None] - weights) <= scales[:, None] * 0.501)
    assert not quantise_rows(np.zeros((1, 3)))[0].any()


@pytest.mark.parametrize("given", [Range(-1, 3), Range(0.5, 3), Range(-3, -1)])
def test_zero_is_always_a_level(given: Range) -> None:
    assert 0 <= given.zero <= 255
    assert given.scale > 0


def test_a_feature_that_is_wider_than_the_others_leaves_them_their_levels() -> None:
    given = Ranges(np.array([-1.0, -1, -100]), np.array([1.0, 1, 100]))
    factors = given.factors(np.ones((4, 3)))
    assert given.after(factors).scale < Range(-100, 100).scale / 10
    assert factors[2] > factors[0] == factors[1]


def test_features_that_are_always_zero_are_divided_by_something_all_the_same() -> None:
    zero = Ranges(np.zeros(2), np.array([0.0, 1]))
    assert np.isfinite(zero.factors(np.zeros((1, 2)))).all()
    assert (zero.factors(np.zeros((1, 2))) > 0).all()


def test_a_network_that_rounding_spoils_is_refused_by_the_attribute() -> None:
    network = small_network()
    narrow = {
        name: Ranges(np.full_like(of.lows, -1e-6), np.full_like(of.highs, 1e-6))
        for name, of in ranges_of(network).items()
    }
    model = encoder_of(network, narrow)
    texts = ["the river", "mother", "vermin", "damn rat", "noodles", "a boat by the river"]
    exact = raw_scores(network, small_reader(), OPENING, texts)
    above = (exact > np.median(exact, axis=0)).astype(float)
    dev = Labelled(texts, above, [Label.CIVIL] * len(texts), [OWN] * len(texts))
    with pytest.raises(InvalidModel, match=rf"costs ({'|'.join(ATTRIBUTE_NAMES)}) ") as caught:
        rounding_loss(network, model, small_reader(), dev)
    assert "Widen the ranges" in str(caught.value)


def test_weights_that_come_in_4_bits_are_stored_in_4_bits_without_loss() -> None:
    rng = np.random.default_rng(0)
    levels = rng.integers(-8, 8, (5, 2, BLOCK))
    levels[:, :, 3] = -8
    scales = rng.uniform(0.01, 0.1, (5, 2, 1)).astype(np.float16).astype(np.float32)
    weights = (levels * scales).reshape(5, -1).astype(np.float32)
    weights[4, :BLOCK] = 0
    blocks, found = quantise_blocks(weights)
    np.testing.assert_array_equal(
        (blocks.reshape(5, 2, -1) * found[..., None]).ravel(), weights.ravel()
    )
    assert blocks.min() == -8


def test_a_network_whose_words_were_not_fine_tuned_has_them_in_4_bits_in_its_graph() -> None:
    network = small_network(width=96)
    weights = network.words.weight
    blocks, scales = quantise_blocks(weights.detach().numpy())
    repeated = np.repeat(scales, BLOCK, axis=1)
    with torch.no_grad():
        weights.copy_(torch.from_numpy(blocks * repeated))
    whole = encoder_of(network, ranges_of(network))
    weights.requires_grad_(False)
    model = encoder_of(network, ranges_of(network))
    exact = raw_scores(network, small_reader(), OPENING, TEXTS)
    np.testing.assert_allclose(model.raw_scores(TEXTS), exact, atol=0.03)
    np.testing.assert_allclose(model.raw_scores(TEXTS), whole.raw_scores(TEXTS), atol=0.03)
