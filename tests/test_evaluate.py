"""Choosing a threshold on one's own comments."""

from pathlib import Path

import pytest

from moderation.errors import InvalidInput
from moderation.evaluate import evaluate_file, threshold_table
from moderation.moderator import Moderator
from moderation.policy import Policy
from tests.service.fakes import FakeModel


def at(table: list[dict[str, float]], threshold: float) -> dict[str, float]:
    (row,) = (row for row in table if row["threshold"] == threshold)
    return row


def test_each_threshold_says_who_is_held_and_how_rightly() -> None:
    table = threshold_table([0.9, 0.6, 0.5, 0.1], [True, False, True, False])
    assert at(table, 0.05) == {"threshold": 0.05, "precision": 0.5, "recall": 1, "held": 1}
    assert at(table, 0.5) == {"threshold": 0.5, "precision": 2 / 3, "recall": 1, "held": 0.75}
    assert at(table, 0.55) == {"threshold": 0.55, "precision": 0.5, "recall": 0.5, "held": 0.5}
    assert at(table, 0.9) == {"threshold": 0.9, "precision": 1, "recall": 0.5, "held": 0.25}


def test_a_share_of_nothing_is_not_told() -> None:
    table = threshold_table([0.2], [False])
    assert at(table, 0.2) == {"threshold": 0.2, "precision": 0, "held": 1}
    assert at(table, 0.25) == {"threshold": 0.25, "held": 0}


@pytest.mark.parametrize("section", ["review", "block"])
def test_an_attribute_is_measured_from_where_the_policy_holds_it(
    tmp_path: Path, section: str
) -> None:
    """The same where the policy blocks by it and sends nothing to review."""
    file = tmp_path / "comments.csv"
    file.write_text("text,label\nhostileword here,inflammatory\ncalm,civil\n", "utf-8")
    policy = Policy.model_validate({"name": "own", section: {"inflammatory": "model"}})
    result = evaluate_file(Moderator(FakeModel(), policy), file)
    assert (
        result["attributes"]["inflammatory"]["threshold"]
        == FakeModel.review_thresholds["inflammatory"]
    )


def test_a_passage_in_another_language_is_counted_and_not_compared(tmp_path: Path) -> None:
    german = "Die Gemeinde sollte ihre Rechnungen vor Montag veröffentlichen."
    file = tmp_path / "comments.csv"
    file.write_text(f"text,label\n{german},civil\ncalm,civil\n", "utf-8")
    moderator = Moderator(FakeModel(), Policy.load())
    result = evaluate_file(moderator, file, "insult")
    assert (result["unjudged"], result["examples"]) == (1, 1)
    file.write_text(f"text,label\n{german},civil\n", "utf-8")
    with pytest.raises(InvalidInput, match="language that the model knows"):
        evaluate_file(moderator, file)
