"""Every attribute that upstream had is known: one near to ours is answered, others are named."""

import re
from collections.abc import Iterator

import httpx
import pytest

from moderation.service.perspective.attributes import (
    NAMES,
    UPSTREAM,
    VERSIONED,
    Group,
    find_attribute,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES
from tests.conftest import ROOT
from tests.service.fakes import client_of
from tests.service.perspective.asking import analyze, refused, values

GUIDE = (ROOT / "docs" / "migrating-from-perspective.md").read_text("utf-8")
HEADER = "x-unjudged-attributes"
HOSTILE = "they say hostileword here"


@pytest.fixture(scope="module")
def refusing() -> Iterator[httpx.Client]:
    """Give a client of a service that refuses what it does not judge."""
    with client_of(perspective_unjudged="refuse") as client:
        yield client


def test_the_migration_guide_has_the_same_table() -> None:
    row = r"^\| `([A-Z_]+)` \| ([A-Za-z ]+) \| (`[a-z_]+`|left out) \|$"
    rows = re.findall(row, GUIDE, re.MULTILINE)
    documented = [
        (name, group, None if answer == "left out" else answer.strip("`"))
        for name, group, answer in rows
    ]
    assert documented == [tuple(attribute) for attribute in UPSTREAM]


def test_an_answer_is_by_an_attribute_of_ours_and_its_own_name_is_answered_by_itself() -> None:
    assert {one.judged_by for one in UPSTREAM} - {None} <= set(ATTRIBUTE_NAMES)
    for attribute in ATTRIBUTES:
        for name in attribute.perspective:
            found = find_attribute(name)
            assert found
            assert found.judged_by == attribute.name


def test_every_group_of_upstreams_is_there() -> None:
    assert {one.group for one in UPSTREAM} == set(Group) - {Group.OWN}
    assert len({one.name for one in UPSTREAM}) == len(UPSTREAM)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("TOXICITY@6", "TOXICITY"),
        ("TOXICITY_FAST", "TOXICITY"),
        ("SEVERE_TOXICITY_EXPERIMENTAL", "SEVERE_TOXICITY"),
        ("SEVERE_TOXICITY_EXPERIMENTAL@2", "SEVERE_TOXICITY"),
        ("FLIRTATION_EXPERIMENTAL", "FLIRTATION"),
        ("RESPECT_EXPERIMENTAL@1", "RESPECT_EXPERIMENTAL"),
    ],
)
def test_a_name_may_have_upstreams_endings_and_a_version(name: str, plain: str) -> None:
    assert find_attribute(name) == find_attribute(plain) != None  # noqa: E711
    assert name in NAMES or re.fullmatch(VERSIONED, name)


@pytest.mark.parametrize(
    "name",
    [
        "BOGUS", "toxicity", "TOXICITY_SLOW", "TOXICITY@", "TOXICITY@x", "TOXICITY@12345",
        "TOXICITY@²", "TOXICITY@1@2", "@1", "", "NEWS@1", "ETHNIC_HOSTILITY_EXPERIMENTAL",
        "RESPECT", "RESPECT_EXPERIMENTAL_EXPERIMENTAL", "TOXICITY_FAST_EXPERIMENTAL",
    ],
)  # fmt: skip
def test_a_name_that_upstream_never_had_is_not_known_and_is_refused(
    client: httpx.Client, name: str
) -> None:
    assert find_attribute(name) is None
    assert name not in NAMES
    assert not re.fullmatch(VERSIONED, name)
    reply = analyze(client, "calm", "TOXICITY", name)
    shown = name if re.fullmatch(r"\w+", name, re.ASCII) else "(not a name)"
    assert refused(reply, "INVALID_REQUEST", f"Unknown requested attribute: {shown}")


def test_every_known_name_is_answered_under_itself_or_named_as_left_out(
    client: httpx.Client,
) -> None:
    for name in NAMES:
        reply = analyze(client, HOSTILE, name, "NEWS")
        attribute = find_attribute(name)
        assert attribute
        if attribute.judged_by:
            expected = 0.9 if attribute.judged_by == "ethnic_hostility" else 0.1
            assert values(reply) == {name: expected, "NEWS": 0.1}
            assert HEADER not in reply.headers
        else:
            assert values(reply) == {"NEWS": 0.1}
            assert reply.headers[HEADER] == name


def test_the_same_attribute_may_be_asked_for_by_several_names(client: httpx.Client) -> None:
    names = ("INSULT", "ATTACK_ON_AUTHOR", "ATTACK_ON_COMMENTER", "INSULT@3", "INSULT_FAST")
    assert values(analyze(client, "calm", *names)) == dict.fromkeys(names, 0.1)


def test_all_that_is_left_out_is_named_in_the_order_asked(client: httpx.Client) -> None:
    reply = analyze(client, "calm", "SPAM@2", "TOXICITY", "FLIRTATION")
    assert reply.headers[HEADER] == "SPAM@2, FLIRTATION"
    reply = analyze(client, "calm", "SPAM", "UNSUBSTANTIAL")
    assert reply.status_code == 200
    assert "attributeScores" not in reply.json()
    many = [f"SPAM@{number}" for number in range(200)]
    assert len(analyze(client, "calm", *many).headers[HEADER].split(", ")) == 50


def test_a_setting_has_them_refused(refusing: httpx.Client) -> None:
    for name in ("SPAM", "LIKELY_TO_REJECT@1"):
        reply = analyze(refusing, "calm", "TOXICITY", name)
        assert refused(reply, "INVALID_REQUEST", f"Unknown requested attribute: {name}")
    assert values(analyze(refusing, "calm", "TOXICITY", "OBSCENE")) == {
        "TOXICITY": 0.1, "OBSCENE": 0.1
    }  # fmt: skip
    dropped = analyze(refusing, "calm", "TOXICITY", "SPAM", dropUnsupportedAttributes=True)
    assert values(dropped) == {"TOXICITY": 0.1}
    assert dropped.headers[HEADER] == "SPAM"
