"""A newsroom decides what becomes of a score, in a file that explains its own mistakes."""

from pathlib import Path

import pytest

from moderation.errors import InvalidPolicy
from moderation.policy import Policy, WordLists
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Action

CALM = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)
MODEL = {"ethnic_hostility": 0.7, "inflammatory": 0.6}


def test_the_shipped_policy_reviews_at_the_models_thresholds_and_blocks_nothing() -> None:
    policy = Policy.load()
    assert policy.rule("x", CALM, MODEL).action is Action.ALLOW
    assert policy.rule("x", CALM | {"inflammatory": 0.6}, MODEL) == (
        Action.REVIEW,
        ("inflammatory",),
    )
    assert policy.rule("x", dict.fromkeys(ATTRIBUTE_NAMES, 1.0), MODEL).action is Action.REVIEW


def test_block_outranks_review_and_reasons_name_what_reached_its_threshold() -> None:
    policy = Policy(name="mine", review={"insult": 0.5}, block={"threat": 0.9})
    scores = CALM | {"insult": 0.8, "threat": 0.95}
    assert policy.rule("x", scores, MODEL) == (Action.BLOCK, ("threat",))
    assert policy.rule("x", scores | {"threat": 0.1}, MODEL) == (Action.REVIEW, ("insult",))


def test_a_listed_word_or_phrase_is_matched_whole_whatever_its_case_and_accents() -> None:
    policy = Policy(name="mine", words=WordLists(review=("Tết", "bad apple"), block=("zzz",)))
    for text in ("TET is near", "one bad  APPLE!", "tét", "T.e.t now", "b4d apple"):
        assert policy.rule(text, CALM, MODEL) == (Action.REVIEW, ("word list",)), text
    for text in ("tetanus", "bad pineapple", "apple bad"):
        assert policy.rule(text, CALM, MODEL).action is Action.ALLOW, text
    assert policy.rule("Zzz", CALM, MODEL).action is Action.BLOCK


def test_an_entry_without_a_word_matches_nothing() -> None:
    policy = Policy(name="mine", words=WordLists(block=("!!!", " ")))
    assert policy.rule("calm!!! words", CALM, MODEL).action is Action.ALLOW


def test_the_shipped_policy_tells_coral_to_withhold_what_it_reviews() -> None:
    coral = Policy.load().coral
    assert coral.review.status == "SYSTEM_WITHHELD"
    assert not coral.review.notify
    assert coral.block.status == "REJECTED"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name = ", "Not valid TOML"),
        ("[review]\n", "key name"),
        ('name = "x"\n[review]\nrudeness = 0.5', "'rudeness' is not an attribute"),
        ('name = "x"\n[review]\ninsult = 1.5', "key review.insult"),
        ('name = "x"\n[reviews]\n', "key reviews"),
        ('name = "x"\n[words]\nblock = [""]', "key words.block.0"),
    ],
)
def test_a_broken_policy_file_is_refused_with_the_key(
    tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(InvalidPolicy) as caught:
        Policy.load(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_policy_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy, match=r"none\.toml"):
        Policy.load(tmp_path / "none.toml")
