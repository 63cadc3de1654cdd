"""Coral's answers about a comment."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderation.moderator import Moderator
from moderation.policy import CoralPolicy, CoralReply, Policy, WordLists
from moderation.service.coral.messages import decide
from moderation.service.security import sign
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Verdict
from tests.service.fakes import FakeModel, client_of, is_error

SECRET = "empsec_" + "a" * 40
NEW_SECRET = "empsec_" + "b" * 40
IN_TIME: dict[str, Any] = {"coral_deadline_ms": 10_000}
"""A deadline that a busy machine keeps."""
HELD = {
    "status": "SYSTEM_WITHHELD",
    "actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}],
}


def request(body: object) -> dict[str, Any]:
    return {
        "action": "NEW",
        "comment": {"body": body, "parentID": None},
        "author": {"id": "a1", "role": "COMMENTER"},
        "story": {"id": "s1", "url": "https://news.example/s1"},
        "site": {"id": "t1"},
        "tenantID": "t1",
        "tenantDomain": "news.example",
    }


def send(client: httpx.Client, body: object, secret: str = SECRET) -> httpx.Response:
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-Coral-Signature": sign(raw, secret)}
    return client.post("/coral/moderation", content=raw, headers=headers)


@pytest.fixture(scope="module")
def coral() -> Any:
    with client_of(coral_secrets=(SECRET, NEW_SECRET), **IN_TIME) as client:
        yield client


def test_a_clean_comment_is_answered_with_nothing(coral: httpx.Client) -> None:
    for body in ("<div>I agree.</div>", "I agree.", "", "<div><br></div>", None):
        reply = send(coral, request(body))
        assert reply.status_code == 204
        assert reply.content == b""


def test_a_comment_that_the_policy_reviews_is_withheld_and_flagged(coral: httpx.Client) -> None:
    for body in ("<div>they say hostile<b>word</b></div>", "hostileword", "<x hostileword y"):
        reply = send(coral, request(body))
        assert reply.status_code == 200
        assert reply.json() == HELD
    assert send(coral, request("hostileword") | {"action": "EDIT"}).json() == HELD


def test_a_blocked_comment_is_rejected_with_its_reason() -> None:
    policy = Policy(
        name="mine", block={"ethnic_hostility": 0.8}, words=WordLists(block=("teapot",))
    )
    with client_of(
        lambda: Moderator(FakeModel(), policy), coral_secrets=(SECRET,), **IN_TIME
    ) as client:
        rejected = send(client, request("hostileword")).json()
        assert rejected["status"] == "REJECTED"
        assert rejected["moderationAction"] == {
            "status": "REJECTED",
            "rejectionReason": {"code": "HATE_SPEECH"},
        }
        listed = send(client, request("a teapot")).json()
        assert listed["moderationAction"]["rejectionReason"] == {"code": "OFFENSIVE"}


def test_a_comment_too_long_to_judge_is_held_and_not_let_through() -> None:
    with client_of(coral_secrets=(SECRET,), max_text_chars=50, **IN_TIME) as client:
        assert send(client, request("calm " * 20)).json() == HELD


def test_what_no_text_has_does_not_let_a_comment_through(coral: httpx.Client) -> None:
    for body in ("hostileword\0", "hostileword \ud800", "hostile\0word", "hostile\ud800word"):
        assert send(coral, request(body)).json() == HELD


def test_both_secrets_are_good_and_no_other(coral: httpx.Client) -> None:
    assert send(coral, request("calm"), NEW_SECRET).status_code == 204
    reply = send(coral, request("calm"), "empsec_" + "c" * 40)
    assert is_error(reply, 401, "bad_signature")
    assert SECRET not in reply.text
    assert "www-authenticate" not in reply.headers


def test_the_bytes_are_signed_and_not_their_meaning(coral: httpx.Client) -> None:
    raw = b'{"comment": {"body": "caf\\u00e9"},\n "action":"NEW" }  '
    headers = {"X-Coral-Signature": sign(raw, SECRET)}
    assert coral.post("/coral/moderation", content=raw, headers=headers).status_code == 204
    other = json.dumps(json.loads(raw)).encode()
    reply = coral.post("/coral/moderation", content=other, headers=headers)
    assert is_error(reply, 401, "bad_signature")


def test_an_unsigned_body_is_not_even_read(coral: httpx.Client) -> None:
    reply = coral.post("/coral/moderation", content=b"{not json")
    assert is_error(reply, 401, "bad_signature")


def test_without_a_secret_of_its_own_a_service_answers_nobody(client: httpx.Client) -> None:
    reply = send(client, request("calm"))
    assert is_error(reply, 401, "bad_signature")
    assert "coral_secrets" in reply.json()["error"]["remedy"]


@pytest.mark.parametrize("body", [{}, [], None, {"comment": None}, {"comment": {}}, request(3)])
def test_a_signed_body_of_another_form_is_refused(coral: httpx.Client, body: object) -> None:
    assert is_error(send(coral, body), 422, "invalid_input")


def test_a_signed_body_that_is_no_json_is_refused(coral: httpx.Client) -> None:
    headers = {"X-Coral-Signature": sign(b"{", SECRET)}
    reply = coral.post("/coral/moderation", content=b"{", headers=headers)
    assert is_error(reply, 400, "malformed_json")


def verdict(action: Action, *reasons: str) -> Verdict:
    return Verdict(Label.CIVIL, action, dict.fromkeys(ATTRIBUTE_NAMES, 0.1), "m", (), (), reasons)


def test_the_policy_chooses_corals_words() -> None:
    policy = CoralPolicy(
        review=CoralReply(flag="COMMENT_DETECTED_TOXIC"), block=CoralReply(status="PREMOD")
    )
    assert decide([verdict(Action.REVIEW, "insult")], policy) == {"actions": HELD["actions"]}
    assert decide([verdict(Action.BLOCK, "insult")], policy) == {"status": "PREMOD"}
    assert decide([verdict(Action.ALLOW)], policy) is None
    assert decide([], policy) is None


def test_the_worst_reading_and_the_worst_reason_decide() -> None:
    both = [verdict(Action.ALLOW), verdict(Action.BLOCK, "insult", "ethnic_hostility")]
    told = decide(both, CoralPolicy())
    assert told is not None
    assert told["moderationAction"]["rejectionReason"]["code"] == "HATE_SPEECH"


def test_a_word_list_of_ten_thousand_terms_costs_no_time_that_coral_notices() -> None:
    words = WordLists(review=tuple(f"term{n} of list {n % 7}" for n in range(10_000)))
    policy = Policy(name="mine", review={"ethnic_hostility": 0.5}, words=words)
    with client_of(
        lambda: Moderator(FakeModel(), policy), coral_secrets=(SECRET,), **IN_TIME
    ) as client:
        assert send(client, request("term42 of list 0")).json() == HELD
        started = time.perf_counter()
        for _ in range(20):
            assert send(client, request("<div>A calm sentence of some words.</div>" * 5)).is_success
        # Coral gives up after 200 ms; this takes a few, on a busy machine some tens.
        assert (time.perf_counter() - started) / 20 < 0.1


@pytest.mark.parametrize(
    "table",
    [
        'review = { status = "HIDDEN" }',
        "review = {}",
        'review = { status = "PREMOD", notify = true }',
        'body = "markdown"',
    ],
)
def test_a_table_that_coral_would_not_understand_is_refused(tmp_path: Path, table: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(f'name = "mine"\n[coral]\n{table}\n', "utf-8")
    with pytest.raises(Exception, match=r"key coral\.") as caught:
        Policy.load(file)
    assert caught.value.code == "invalid_policy"  # type: ignore[attr-defined]


GERMAN = "Die Gemeinde sollte ihre Rechnungen vor Montag veröffentlichen."


@pytest.mark.parametrize(("unknown", "status"), [("review", 200), ("allow", 204)])
def test_a_comment_in_a_language_that_the_model_does_not_know_is_held_or_let_through(
    unknown: str, status: int
) -> None:
    """Its author is not told of a rejection, even where the policy rejects what it reviews."""
    policy = Policy.model_validate(
        {
            "name": "mine",
            "languages": {"unknown": unknown},
            "review": {"ethnic_hostility": 0.5},
            "coral": {"review": {"status": "REJECTED", "notify": True}},
        }
    )
    with client_of(
        lambda: Moderator(FakeModel(), policy), coral_secrets=(SECRET,), **IN_TIME
    ) as client:
        reply = send(client, request(GERMAN))
        assert reply.status_code == status
        assert status != 200 or reply.json() == {"status": "SYSTEM_WITHHELD"}
        assert send(client, request("hostileword")).json()["status"] == "REJECTED"


def test_of_two_readings_the_one_that_was_judged_decides() -> None:
    unread = Verdict(None, Action.REVIEW, {}, "m", reasons=("language",), language="de")
    policy = CoralPolicy(review=CoralReply(status="PREMOD"))
    insult = verdict(Action.REVIEW, "insult")
    assert decide([unread, insult], policy) == decide([insult], policy)
    assert decide([unread], policy) == {"status": "PREMOD"}
