"""Learning which of the peoples that a hostile passage names it attacks."""

from collections.abc import Iterable, Sequence

import numpy as np

from moderation.learning.judgement import Floats
from moderation.learning.logistic import MaskedLogistic
from moderation.learning.targets import N_FEATURES, TargetFinder, described, hash_features
from moderation.text.sentences import Sentence


def fit_targets(
    passages: Iterable[tuple[Sequence[Sentence], Sequence[float], Sequence[str]]], seed: int
) -> TargetFinder:
    """Learn from hostile passages: their sentences, the heat of each, and their targets."""
    features: list[Floats] = []
    attacked: list[bool] = []
    for sentences, heat, targets in passages:
        for people, some in described(sentences, heat):
            features.append(hash_features(some))
            attacked.append(people in targets)
    if all(attacked) or not any(attacked):
        return TargetFinder(np.zeros(N_FEATURES), 0.0)  # nothing to tell apart
    model = MaskedLogistic(C=1.0, seed=seed).fit(np.array(features), np.array([attacked]).T)
    return TargetFinder(model.coef_[0], float(model.intercept_[0]))
