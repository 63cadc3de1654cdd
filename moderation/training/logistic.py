"""Logistic regression with several outputs, each fitted to the rows in which it is known."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from moderation.models.base import Floats
from moderation.taxonomy import PRESENT


class MaskedLogistic(BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """One regularised logistic regression for each output; missing values are masked.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty.
    seed : int
        Seed of the solver. It is the single-threaded liblinear, so that the same rows in the same
        order give the same weights, bit for bit.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
    intercept_ : ndarray of shape (n_outputs,)
    """

    def __init__(self, C: float = 10.0, seed: int = 0) -> None:
        self.C = C
        self.seed = seed

    def fit(self, X: Any, Y: npt.ArrayLike, sample_weight: Floats | None = None) -> Self:
        """Fit each output.

        Parameters
        ----------
        X : array or sparse array of shape (n_rows, n_features)
        Y : array of shape (n_rows, n_outputs)
            0 or 1, or NaN where an output is unknown. Values between count as 1 from 0.5 on.
        sample_weight : array of shape (n_rows,), optional
            The weight of each row.

        Raises
        ------
        ValueError
            If an output has no row of one class.
        """
        targets = np.asarray(Y, dtype=np.float64)
        weights = np.ones(len(targets)) if sample_weight is None else sample_weight
        # The solver works outside Python's lock, so threads share X and run side by side.
        models = Parallel(n_jobs=-1, prefer="threads")(
            delayed(self._fit_one)(X, targets[:, column], weights, column)
            for column in range(targets.shape[1])
        )
        self.coef_ = np.concatenate([model.coef_ for model in models])
        self.intercept_ = np.concatenate([model.intercept_ for model in models])
        return self

    def _fit_one(self, X: Any, y: Floats, weights: Floats, column: int) -> LogisticRegression:
        known = np.flatnonzero(~np.isnan(y))
        positive = y[known] >= PRESENT
        if positive.all() or not positive.any():
            raise ValueError(f"output {column} needs rows of both kinds to learn from")
        model = LogisticRegression(
            C=self.C, solver="liblinear", class_weight="balanced", random_state=self.seed
        )
        return model.fit(X[known], positive, sample_weight=weights[known])

    def decision_function(self, X: Any) -> Floats:
        """Return log-odds, shape ``(n_rows, n_outputs)``."""
        check_is_fitted(self)
        return np.asarray(X @ self.coef_.T + self.intercept_)
