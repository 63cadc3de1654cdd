"""A family's split follows from its name."""

from collections import Counter

from moderation.splits import split_of


def test_splits_are_what_they_were_when_the_first_model_was_trained() -> None:
    names = ("bridge", "well", "market")
    assert [split_of(name) for name in names] == ["train", "dev", "test"]


def test_about_three_in_five_families_train_and_the_rest_is_shared_evenly() -> None:
    counts = Counter(split_of(f"family-{number}") for number in range(5000))
    assert 0.57 < counts["train"] / 5000 < 0.63
    assert 0.17 < counts["dev"] / 5000 < 0.23
