"""What a text counts does not depend on its neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from moderation.learning.features import (
    NgramHasher,
    inverse_document_frequency,
    sum_rows,
    weigh,
)
from moderation.text.normalise import normalise
from moderation.text.tokens import tokens

HASHER = NgramHasher(n_features=2**12)


# Checks that feed numbers are skipped, with this warning: the hasher reads strings.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_hasher_keeps_scikit_learns_contract() -> None:
    ran = 0
    for estimator, check in estimator_checks_generator(NgramHasher()):
        check(estimator)
        ran += 1
    assert ran >= 1
    assert clone(HASHER).get_params() == HASHER.get_params()


@given(st.lists(st.text(alphabet="ab c.!", max_size=20), min_size=1, max_size=5))
def test_a_text_has_the_same_row_alone_as_among_others(texts: list[str]) -> None:
    together = HASHER.transform(texts).toarray()
    alone = np.concatenate([HASHER.transform([text]).toarray() for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_rows_have_length_one_and_an_empty_text_is_zero() -> None:
    rows = HASHER.transform(["some words here", "", "..."])
    lengths = np.sqrt((rows.toarray() ** 2).sum(axis=1))
    np.testing.assert_allclose(lengths, [1, 0, 1])


def test_a_misspelt_word_shares_columns_with_the_right_one() -> None:
    right, wrong, other = HASHER.transform(["vietnamese", "vietnamees", "football"]).toarray()
    assert right @ wrong > 5 * (right @ other)


def test_word_pairs_count_and_do_not_reach_into_the_next_sequence() -> None:
    hasher = NgramHasher(n_features=2**16, char_ngrams=(9, 9))
    pair = [tokens(normalise("go home"))]
    apart = [tokens(normalise("go")), tokens(normalise("home"))]
    assert hasher.count_tokens(pair).nnz == 3
    assert hasher.count_tokens(apart).nnz == 2


def test_a_phrase_counts_the_same_whichever_people_it_names() -> None:
    one, other, none = HASHER.transform(
        ["the Khmer Krom are kind", "the yuon are kind", "the nurses are kind"]
    ).toarray()
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, none)


def test_sums_of_runs_of_rows_are_exact() -> None:
    counts = HASHER.count_tokens([tokens(normalise("one two three four"))])
    summed = sum_rows(counts, [(0, 4), (1, 2), (3, 3)]).toarray()
    dense = counts.toarray()
    np.testing.assert_array_equal(summed, [dense.sum(axis=0), dense[1], 0 * dense[0]])


def test_a_rare_column_outweighs_a_common_one() -> None:
    counts = HASHER.transform(["a rare", "a", "a"])
    counts.data[:] = 1
    idf = inverse_document_frequency(counts)
    weighed = weigh(counts, idf)
    common = HASHER.transform(["a"]).indices
    assert weighed[[0]].toarray()[0, common].max() == pytest.approx(0)
    assert idf.max() == pytest.approx(np.log(4))
