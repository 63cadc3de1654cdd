"""The features of a text do not depend on its neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from moderation.models.ngrams.scorer import hash_words, known_words
from moderation.text.peoples import PEOPLES
from moderation.training.vectorizer import NgramHasher, inverse_document_frequency

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


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab c.!éи", max_size=20), min_size=1, max_size=5))
def test_a_text_has_the_same_row_alone_as_among_others(texts: list[str]) -> None:
    together = HASHER.transform(texts).toarray()
    alone = np.concatenate([HASHER.transform([text]).toarray() for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_a_row_is_counts_over_the_root_of_how_many_there_are_and_an_empty_text_is_zero() -> None:
    hasher = NgramHasher(n_features=2**16, char_ngrams=(3, 3), word_weight=2.0)
    one, none = hasher.transform(["dog dog", ""]).toarray()
    # Twice "dog" and once "dog dog"; twice " do", "dog" and "og ".
    assert sorted(one[one > 0] * np.sqrt(9)) == pytest.approx([2, 2, 2, 2, 4])
    assert not none.any()


def test_no_texts_give_no_rows() -> None:
    assert HASHER.transform([]).shape == (0, 2**12)


def test_a_misspelt_word_shares_columns_with_the_right_one() -> None:
    right, wrong, other = HASHER.transform(["vietnamite", "vietnamitee", "football"]).toarray()
    assert right @ wrong > 5 * (right @ other)


def test_word_pairs_count_and_do_not_reach_into_the_next_sentence() -> None:
    hasher = NgramHasher(n_features=2**16, char_ngrams=(7, 7))
    together, apart, lines = hasher.transform(["go, home", "go! home", "go,\nhome"])
    assert together.nnz == 5
    assert apart.nnz == lines.nnz == 4


@pytest.mark.parametrize("name", ["Khmer Krom", "yuon", "from Thailand", "black people", "¤"])
def test_a_phrase_counts_the_same_whichever_people_it_names(name: str) -> None:
    one, other, none = HASHER.transform(
        [f"those {name} are kind", "those Lao are kind", "those nurses are kind"]
    ).toarray()
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, none)


def test_a_name_of_two_words_does_not_reach_into_the_next_sentence() -> None:
    one, other = HASHER.transform(["those black. People", "those blue. People"]).toarray()
    assert not np.array_equal(one, other)


def test_every_form_of_a_peoples_name_has_one_or_two_words_that_the_table_knows() -> None:
    words = known_words()
    for forms in PEOPLES.values():
        for form in forms:
            assert 1 <= len(form.split()) <= 2
            assert np.isin(hash_words(form.split())[0], words.keys)


def test_a_disguise_is_a_sign_by_itself() -> None:
    plain, hidden = HASHER.transform(["vermin", "v3rmin"]).toarray()
    assert np.count_nonzero(hidden) == np.count_nonzero(plain) + 1


def test_a_rare_column_outweighs_a_common_one() -> None:
    rows = HASHER.transform(["a rare", "a", "a"])
    rarity = inverse_document_frequency(rows)
    common = HASHER.transform(["a"]).indices
    assert rarity[common].max() == pytest.approx(0)
    assert rarity.max() == pytest.approx(np.log(4))
