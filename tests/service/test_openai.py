"""Promises to callers of OpenAI's moderations."""

import json
from functools import partial

import httpx
import pytest

from moderation.moderator import Moderator
from moderation.policy import LanguagePolicy, Policy, WordLists
from moderation.service.openai import ModerationReply, result_of
from moderation.taxonomy import ATTRIBUTE_NAMES, OPENAI_CATEGORIES, Label
from moderation.verdict import Action, Verdict
from tests.service.fakes import FakeModel, client_of

HOSTILE = "they say hostileword here"
NOT_JUDGED = {
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence/graphic",
}


def ask(client: httpx.Client, body: object) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return client.post("/v1/moderations", content=json.dumps(body), headers=headers)


def results(client: httpx.Client, body: object) -> list[dict[str, object]]:
    reply = ask(client, body)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, object]] = reply.json()["results"]
    return found


def verdict(reasons: tuple[str, ...] = (), **scores: float) -> Verdict:
    action = Action.REVIEW if reasons else Action.ALLOW
    return Verdict(
        Label.CIVIL, action, dict.fromkeys(ATTRIBUTE_NAMES, 0.1) | scores, "m", (), (), reasons
    )


def test_a_text_gets_one_result_and_a_list_one_for_each(client: httpx.Client) -> None:
    (result,) = results(client, {"input": HOSTILE})
    assert result["flagged"] is True
    flags = [each["flagged"] for each in results(client, {"input": ["calm", HOSTILE, "calm"]})]
    assert flags == [False, True, False]


def test_parts_make_up_one_input(client: httpx.Client) -> None:
    parts = [{"type": "text", "text": "calm"}, {"type": "text", "text": HOSTILE}]
    (result,) = results(client, {"input": parts})
    assert result["flagged"] is True
    assert result["category_scores"]["hate"] == 0.9  # type: ignore[index]


def test_a_reply_has_the_form_that_is_documented(client: httpx.Client) -> None:
    reply = ask(client, {"input": HOSTILE}).json()
    assert ModerationReply.model_validate(reply).id != ask(client, {"input": HOSTILE}).json()["id"]
    assert reply["model"] == "fake@1"
    names = [category.name for category in OPENAI_CATEGORIES]
    (result,) = reply["results"]
    for part in ("categories", "category_scores", "category_applied_input_types"):
        assert list(result[part]) == names
    assert len(names) == 13


def test_what_cannot_be_judged_is_said_so_and_never_scored() -> None:
    result = result_of([verdict(("threat",), **dict.fromkeys(ATTRIBUTE_NAMES, 1.0))])
    applied = result["category_applied_input_types"]
    assert {name for name, types in applied.items() if not types} == NOT_JUDGED
    for name in NOT_JUDGED:
        assert result["category_scores"][name] == 0.0
        assert result["categories"][name] is False


def test_the_policy_alone_flags_a_text() -> None:
    high = verdict(threat=0.99, ethnic_hostility=0.99)
    assert result_of([high])["flagged"] is False
    assert not any(result_of([high])["categories"].values())


def test_a_flagged_text_names_the_categories_of_the_policys_reasons() -> None:
    def held(each: Verdict) -> set[str]:
        return {name for name, holds in result_of([each])["categories"].items() if holds}

    assert held(verdict(("ethnic_hostility",), ethnic_hostility=0.42)) == {"hate"}
    assert held(verdict(("inflammatory",), threat=0.8)) == {
        "harassment",
        "harassment/threatening",
        "violence",
    }
    assert held(verdict(("ethnic_hostility",), ethnic_hostility=0.9, threat=0.6)) == {
        "hate",
        "hate/threatening",
        "violence",
    }


def test_a_listed_word_flags_a_text_though_no_category_holds() -> None:
    policy = Policy(name="mine", words=WordLists(review=("teapot",)))
    with client_of(lambda: Moderator(FakeModel(), policy)) as client:
        (result,) = results(client, {"input": "A teapot."})
    assert result["flagged"] is True
    assert not any(result["categories"].values())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "model", ["omni-moderation-latest", "text-moderation-stable", "fake@1", None]
)
def test_its_model_names_and_ours_are_understood(client: httpx.Client, model: str | None) -> None:
    assert ask(client, {"input": "calm", "model": model}).json()["model"] == "fake@1"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "input"),
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": " "}, "input"),
        ({"input": []}, "input"),
        ({"input": 3}, "input"),
        ({"input": ["", " "]}, "input[0]"),
        ({"input": ["", "a\0b"]}, "input[1]"),
        ({"input": [{"type": "text", "text": "fine"}, {"type": "text", "text": ""}]}, "input[1]"),
        ({"input": ["fine", 3]}, "input[1]"),
        ({"input": ["a\0b"]}, "input[0]"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": ["fine", {"type": "text", "text": "fine"}]}, "input[1]"),
        ({"input": [{"type": "text", "text": "fine"}, "fine"]}, "input[1]"),
        ({"input": [{"type": "text"}]}, "input[0]"),
        ({"input": [{"type": "image_url", "image_url": {"url": "data:,"}}]}, "input[0]"),
        ({"input": "fine", "model": "gpt-9"}, "model"),
        ({"input": "fine", "model": 3}, "model"),
        ({"input": "fine", "temperature": 1}, None),
        ([], None),
        ("fine", None),
        (None, None),
    ],
)
def test_bad_input_is_refused_in_its_envelope(
    client: httpx.Client, body: object, param: str | None
) -> None:
    reply = ask(client, body)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error"}
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["param"] == param
    assert error["message"]


def test_a_blank_text_among_others_is_answered_in_its_place(client: httpx.Client) -> None:
    reply = ask(client, {"input": [" ", "calm", HOSTILE]}).json()
    assert ModerationReply.model_validate(reply)
    blank, calm, hostile = reply["results"]
    assert blank["error"]["param"] == "input[0]"
    assert blank["error"] == ask(client, {"input": [" "]}).json()["error"]
    assert blank["flagged"] is False
    assert not any(blank["category_applied_input_types"].values())
    assert (calm["flagged"], hostile["flagged"]) == (False, True)
    assert "error" not in calm | hostile


def test_an_image_is_refused_by_its_name(client: httpx.Client) -> None:
    parts = [{"type": "text", "text": "calm"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert "Images" in ask(client, {"input": parts}).json()["error"]["message"]


def test_whatever_goes_wrong_has_its_envelope() -> None:
    with client_of(max_body_bytes=200, max_text_chars=20, max_texts=2) as client:
        for reply, status in (
            (client.post("/v1/moderations", content=b"{"), 400),
            (client.get("/v1/moderations"), 405),
            (ask(client, {"input": "x" * 300}), 400),
            (ask(client, {"input": "x" * 21}), 400),
            (ask(client, {"input": ["x"] * 3}), 400),
            (client.post("/v1/moderations/more", json={}), 404),
        ):
            assert reply.status_code == status
            assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
        assert set(client.get("/v1/other").json()["error"]) >= {"remedy"}


def test_a_text_in_a_language_that_the_model_does_not_know_is_flagged_as_the_policy_says() -> None:
    texts = ["Die Gemeinde sollte ihre Rechnungen vor Montag veröffentlichen.", "calm"]
    for unknown, flagged in (("review", True), ("allow", False)):
        languages = LanguagePolicy.model_validate({"unknown": unknown})
        policy = Policy(name="mine", languages=languages)
        with client_of(partial(Moderator, FakeModel(), policy)) as client:
            german, calm = results(client, {"input": texts})
        assert german["flagged"] is flagged
        assert set(german["category_scores"].values()) == {0}  # type: ignore[attr-defined]
        assert not any(german["categories"].values())  # type: ignore[attr-defined]
        assert (calm["flagged"], calm["category_scores"]["hate"]) == (False, 0.1)  # type: ignore[index]
