"""A newsroom decides in a file what action follows from a score; its mistakes are explained."""

from pathlib import Path
from typing import ClassVar, Literal

import pytest

from moderation.errors import InvalidPolicy
from moderation.policy import LanguagePolicy, Policy, WordLists
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Action

CALM = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)


class Model:
    """A model with thresholds of its own for some attributes."""

    review_thresholds: ClassVar = {"ethnic_hostility": 0.7, "inflammatory": 0.6}


MODEL = Model()


def test_the_shipped_policy_reviews_at_the_models_thresholds_and_blocks_nothing() -> None:
    policy = Policy.load()
    assert policy.bind(MODEL).decide("x", CALM).action is Action.ALLOW
    assert policy.bind(MODEL).decide("x", CALM | {"inflammatory": 0.6}) == (
        Action.REVIEW,
        ("inflammatory",),
    )
    assert (
        policy.bind(MODEL).decide("x", dict.fromkeys(ATTRIBUTE_NAMES, 1.0)).action is Action.REVIEW
    )


def test_block_outranks_review_and_reasons_name_what_reached_its_threshold() -> None:
    policy = Policy(name="mine", review={"insult": 0.5}, block={"threat": 0.9})
    scores = CALM | {"insult": 0.8, "threat": 0.95}
    assert policy.bind(MODEL).decide("x", scores) == (Action.BLOCK, ("threat",))
    assert policy.bind(MODEL).decide("x", scores | {"threat": 0.1}) == (Action.REVIEW, ("insult",))


def test_a_listed_word_or_phrase_is_matched_whole_whatever_its_case_and_accents() -> None:
    policy = Policy(name="mine", words=WordLists(review=("Tết", "bad apple"), block=("zzz",)))
    for text in ("TET is near", "one bad  APPLE!", "tét", "T.e.t now", "b4d apple"):
        assert policy.bind(MODEL).decide(text, CALM) == (Action.REVIEW, ("word list",)), text
    for text in ("tetanus", "bad pineapple", "apple bad"):
        assert policy.bind(MODEL).decide(text, CALM).action is Action.ALLOW, text
    assert policy.bind(MODEL).decide("Zzz", CALM).action is Action.BLOCK


@pytest.mark.parametrize(
    ("unknown", "action", "reasons"),
    [("review", Action.REVIEW, ("language",)), ("allow", Action.ALLOW, ())],
)
def test_the_policy_says_what_happens_in_a_language_that_the_model_does_not_know(
    unknown: Literal["review", "allow"], action: Action, reasons: tuple[str, ...]
) -> None:
    words = WordLists(review=("kartoffel",), block=("rübe",))
    policy = Policy(name="mine", words=words, languages=LanguagePolicy(unknown=unknown))
    bound = policy.bind(MODEL)
    assert bound.decide_unjudged("Guten Tag") == (action, reasons)
    assert bound.decide_unjudged("Du Kartoffel") == (Action.REVIEW, ("word list", *reasons))
    assert bound.decide_unjudged("Kartoffel, Rube") == (Action.BLOCK, ("word list", *reasons))


def test_the_shipped_policy_holds_what_the_model_cannot_read() -> None:
    assert Policy.load().languages.unknown == "review"


def test_listed_words_are_found_at_their_places_in_the_text_as_received() -> None:
    words = WordLists(review=("bad apple", "bad"), block=("weasel",))
    text = "😀 A BÁD\u200b  Apple, w3asel; apple."
    found = Policy(name="mine", words=words).bind(MODEL).listed_words(text)
    assert [(text[word.start : word.end], word.action) for word in found] == [
        ("BÁD", "review"),
        ("BÁD\u200b  Apple", "review"),
        ("w3asel", "block"),
    ]


def test_an_entry_without_a_word_matches_nothing() -> None:
    policy = Policy(name="mine", words=WordLists(block=("!!!", " ")))
    assert policy.bind(MODEL).decide("calm!!! words", CALM).action is Action.ALLOW


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


def test_the_word_model_becomes_the_models_threshold_for_either_action() -> None:
    bound = Policy(
        name="mine",
        review={"inflammatory": "model", "insult": "model", "threat": 1},
        block={"ethnic_hostility": "model", "threat": 0.9, "insult": 0.8},
    ).bind(MODEL)
    assert bound.review == {"inflammatory": 0.6, "insult": 0.5, "threat": 1}
    assert bound.block == {"ethnic_hostility": 0.7, "threat": 0.9, "insult": 0.8}


@pytest.mark.parametrize("attribute", ATTRIBUTE_NAMES)
def test_a_passage_is_held_from_the_lower_threshold_on(attribute: str) -> None:
    """The desk and evaluation report the policy's own decision, even if it only blocks."""
    bound = Policy(
        name="mine",
        review={"inflammatory": "model", "threat": 0.95, "insult": 0.4},
        block={"ethnic_hostility": "model", "threat": 0.9, "insult": 0.8},
    ).bind(MODEL)
    limit = bound.held.get(attribute)
    for score in (0, 0.39, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 1):
        is_held = bound.decide("x", CALM | {attribute: score}).action is not Action.ALLOW
        assert is_held == (limit is not None and score >= limit), score
