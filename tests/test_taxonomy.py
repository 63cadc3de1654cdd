"""The one table holds each attribute's names in other interfaces."""

from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, BY_PERSPECTIVE_NAME, OPENAI_CATEGORIES

SCORES = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)


def test_a_name_in_perspective_stands_for_one_attribute() -> None:
    names = [name for attribute in ATTRIBUTES for name in attribute.perspective]
    assert len(names) == len(set(names)) == len(BY_PERSPECTIVE_NAME)
    for attribute in ATTRIBUTES:
        assert attribute.name.upper() in attribute.perspective


def test_only_what_speaks_against_a_comment_is_a_reason_to_reject_it_in_coral() -> None:
    for attribute in ATTRIBUTES:
        assert (attribute.coral is not None) is attribute.harmful


def test_a_category_that_cannot_be_judged_has_no_score() -> None:
    unjudged = {each.name for each in OPENAI_CATEGORIES if each.score(SCORES) is None}
    assert unjudged == {
        "illicit", "illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent",
        "sexual", "sexual/minors", "violence/graphic",
    }  # fmt: skip


def test_hate_is_threatening_as_far_as_it_is_hate_and_a_threat() -> None:
    by_name = {each.name: each for each in OPENAI_CATEGORIES}
    scores = SCORES | {"ethnic_hostility": 0.9, "threat": 0.4, "identity_attack": 0.7}
    found = {name: by_name[name].score(scores) for name in by_name}
    assert found["hate"] == 0.9
    assert found["hate/threatening"] == 0.4
    assert found["harassment"] == 0.7
    assert found["harassment/threatening"] == 0.4
    assert found["violence"] == 0.4
    assert by_name["hate/threatening"].score(scores | {"threat": 1.0}) == 0.9
