"""Identity bias: whether naming a people or another identity moves a score by itself."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moderation.learning.evaluation.metrics import roc_auc
from moderation.learning.judgement import Flags, Floats

FEWEST = 10
"""Texts of a kind that a term must have, to be measured."""


class Bias(NamedTuple):
    """Three AUCs for one identity term (Borkan et al., 2019)."""

    subgroup: float
    """Toxic against harmless texts that name the term."""
    bpsn: float
    """Toxic texts that do not name it against harmless ones that do: low when naming it is held
    against a text."""
    bnsp: float
    """Toxic texts that name it against harmless ones that do not."""
    texts: int


def identity_bias(scores: Floats, toxic: Flags, terms: Sequence[str | None]) -> dict[str, Bias]:
    """Measure each identity term.

    Parameters
    ----------
    scores : array of shape (n,)
    toxic : bool array of shape (n,)
    terms : sequence of str or None
        The identity that each text names.
    """
    named = np.array([term or "" for term in terms])
    results: dict[str, Bias] = {}
    for term in sorted(set(named.tolist()) - {""}):
        inside = named == term
        if min((inside & toxic).sum(), (inside & ~toxic).sum()) >= FEWEST:
            results[term] = Bias(
                _auc(scores, inside & toxic, inside & ~toxic),
                _auc(scores, ~inside & toxic, inside & ~toxic),
                _auc(scores, inside & toxic, ~inside & ~toxic),
                int(inside.sum()),
            )
    return results


def _auc(scores: Floats, positive: Flags, negative: Flags) -> float:
    chosen = positive | negative
    return roc_auc(scores[chosen], positive[chosen])
