"""Each output learns from the rows that know it, and the same way every time."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from moderation.training.fit import MaskedLogistic

RNG = np.random.default_rng(0)
X = sparse.csr_array(RNG.normal(size=(200, 5)))
TRUTH = (X.toarray()[:, :2] > 0).astype(float)


def test_each_output_is_learned() -> None:
    scores = MaskedLogistic().fit(X, TRUTH).decision_function(X)
    assert ((scores > 0) == TRUTH).mean() > 0.95


def test_a_row_that_does_not_know_an_output_does_not_change_it() -> None:
    masked = TRUTH.copy()
    masked[100:, 1] = np.nan
    both = MaskedLogistic().fit(X, masked)
    alone = MaskedLogistic().fit(X[:100], TRUTH[:100])
    np.testing.assert_array_equal(both.coef_[1], alone.coef_[1])
    assert not np.array_equal(both.coef_[0], alone.coef_[0])


def test_the_same_rows_give_the_same_weights_bit_for_bit() -> None:
    first, second = MaskedLogistic().fit(X, TRUTH), MaskedLogistic().fit(X, TRUTH)
    assert first.coef_.tobytes() == second.coef_.tobytes()


def test_an_output_of_one_kind_only_is_refused_by_number() -> None:
    with pytest.raises(ValueError, match="output 1 needs rows of both kinds"):
        MaskedLogistic().fit(X, np.column_stack([TRUTH[:, 0], np.ones(200)]))


def test_scores_before_fitting_are_refused_and_parameters_survive_cloning() -> None:
    with pytest.raises(NotFittedError):
        MaskedLogistic().decision_function(X)
    assert clone(MaskedLogistic(C=3, seed=7)).get_params() == {"C": 3, "seed": 7}
