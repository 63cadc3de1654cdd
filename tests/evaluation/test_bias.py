"""Identity bias: a model that scores harmless texts higher for a name has a low BPSN for it."""

import numpy as np

from moderation.evaluation.metrics import MIN_TEXTS, identity_bias

# For each of three identities: harmless, then toxic texts.
TERMS = [term for term in ("thai", "lao", None) for _ in range(2 * MIN_TEXTS)]
TOXIC = np.tile(np.repeat([False, True], MIN_TEXTS), 3)


def test_a_fair_score_has_no_bias() -> None:
    found = identity_bias(TOXIC.astype(float), TOXIC, TERMS)
    assert set(found) == {"thai", "lao"}
    assert all(one[:3] == (1, 1, 1) for one in found.values())
    assert found["lao"].texts == 2 * MIN_TEXTS


def test_a_score_raised_by_a_name_shows_in_its_bpsn_alone() -> None:
    scores = TOXIC + np.array([2.0 if term == "thai" else 0.0 for term in TERMS])
    found = identity_bias(scores, TOXIC, TERMS)
    assert found["thai"].subgroup == 1
    assert found["thai"].bpsn == 0
    assert found["thai"].bnsp == 1
    assert found["lao"].bnsp < 1


def test_a_term_with_too_few_texts_is_not_measured() -> None:
    assert identity_bias(TOXIC[1:].astype(float), TOXIC[1:], TERMS[1:]).keys() == {"lao"}
