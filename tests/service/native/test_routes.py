"""Promises to callers of `/v1/score`."""

import threading
from collections.abc import Sequence

import httpx
import pytest

from moderation.models.base import Judgement
from moderation.service.native.messages import ModelReply, ScoreReply, VerdictReply
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES
from tests.service.fakes import FakeModel, client_of, fake_moderator, is_error, score, wait_until


def test_one_text_gets_a_list_of_one_verdict(client: httpx.Client) -> None:
    reply = client.post("/v1/score", json={"text": "they say hostileword here"})
    assert reply.status_code == 200
    (verdict,) = reply.json()["verdicts"]
    assert verdict["label"] == "ethnic_hostility"
    assert verdict["action"] == "review"
    assert verdict["targets"] == ["Hillfolk"]
    assert verdict["reasons"] == ["ethnic_hostility"]
    assert verdict["model"] == "fake@1"
    assert list(verdict["scores"]) == list(ATTRIBUTE_NAMES)
    assert verdict["spans"] == [
        {"start": 9, "end": 20, "attribute": "ethnic_hostility", "score": 0.9}
    ]


def test_verdicts_come_in_the_order_of_the_texts(client: httpx.Client) -> None:
    texts = ["quiet", "hostileword", "calm"] * 5
    verdicts = client.post("/v1/score", json={"texts": texts}).json()["verdicts"]
    expected = ["civil", "ethnic_hostility", "civil"] * 5
    assert [verdict["label"] for verdict in verdicts] == expected


def test_offsets_count_code_points_after_an_emoji(client: httpx.Client) -> None:
    text = "😀😀 hostileword"
    (verdict,) = client.post("/v1/score", json={"text": text}).json()["verdicts"]
    (span,) = verdict["spans"]
    assert text[span["start"] : span["end"]] == "hostileword"


def test_a_reply_has_the_form_that_is_documented(client: httpx.Client) -> None:
    reply = client.post("/v1/score", json={"texts": ["hostileword", "calm"]})
    verdict = ScoreReply.model_validate(reply.json()).verdicts[0]
    assert isinstance(verdict, VerdictReply)
    assert verdict.spans
    assert ModelReply.model_validate(client.get("/v1/model").json()).id == "fake@1"


def test_the_model_in_use_is_described(client: httpx.Client) -> None:
    reply = client.get("/v1/model").json()
    assert reply["policy"] == "shipped"
    assert reply["thresholds"]["news"] == 0.5
    assert reply["review_thresholds"]["ethnic_hostility"] == 0.4
    assert reply["manifest"] == {"scores": {"auc": 0.5}}
    assert [each["title"] for each in reply["attributes"]] == [each.title for each in ATTRIBUTES]


def test_every_attribute_is_documented(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    scores = document["components"]["schemas"]["VerdictReply"]["properties"]["scores"]
    assert list(scores["properties"]) == list(ATTRIBUTE_NAMES)
    assert all(scores["properties"][each.name]["description"] for each in ATTRIBUTES)


def test_limits_are_documented_and_held() -> None:
    with client_of(max_text_chars=10, max_texts=2) as client:
        document = client.get("/openapi.json").json()
        content = document["paths"]["/v1/score"]["post"]["requestBody"]["content"]
        one, many = content["application/json"]["schema"]["oneOf"]
        assert one["properties"]["text"]["maxLength"] == 10
        assert many["properties"]["texts"]["maxItems"] == 2
        assert client.post("/v1/score", json={"text": "😀" * 10}).status_code == 200
        assert is_error(client.post("/v1/score", json={"text": "a" * 11}), 413, "too_large")
        assert is_error(client.post("/v1/score", json={"texts": ["a"] * 3}), 413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "a", "texts": ["a"]},
        {"text": "a", "lang": "en"},
        {"texts": ["a"], "lang": "en"},
        {"texts": []},
        {"texts": "a"},
        {"texts": None},
        {"other": "a"},
        ["a"],
        "a",
        3,
        None,
        True,
    ],
)
def test_a_body_of_another_form_is_refused(client: httpx.Client, body: object) -> None:
    assert is_error(score(client, body), 422, "invalid_input")


@pytest.mark.parametrize("text", ["", "  \n\t ", "a\0b", "a\ud800b", 3, 1.5, None, True, [], {}])
def test_a_text_that_is_none_is_refused_where_it_stands(client: httpx.Client, text: object) -> None:
    reply = score(client, {"text": text})
    assert is_error(reply, 422, "invalid_text")
    assert reply.json()["error"]["where"] == "text"
    reply = score(client, {"texts": [text, text]})
    assert is_error(reply, 422, "invalid_text")
    assert reply.json()["error"]["where"] == "texts[0]"


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", 3, 1.5, None, True, [], {}])
def test_no_list_is_judged_in_which_a_text_is_none(client: httpx.Client, text: object) -> None:
    reply = score(client, {"texts": ["fine", text]})
    assert is_error(reply, 422, "invalid_text")
    assert reply.json()["error"]["where"] == "texts[1]"


@pytest.mark.parametrize("blank", ["", "  \n\t "])
def test_a_blank_text_among_others_is_answered_in_its_place(
    client: httpx.Client, blank: str
) -> None:
    alone = score(client, {"texts": [blank]})
    assert is_error(alone, 422, "invalid_text")
    request = {"texts": [blank, "fine", "hostileword", blank], "attributes": ["threat"]}
    reply = score(client, request).json()
    assert ScoreReply.model_validate(reply)
    first, fine, hostile, last = reply["verdicts"]
    assert first == alone.json()
    assert last["error"]["where"] == "texts[3]"
    assert (fine["label"], hostile["label"]) == ("civil", "ethnic_hostility")


def test_a_slow_judgement_holds_up_nothing_else() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(FakeModel):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            if "slow" in texts:
                begun.set()
                go_on.wait(20)
            return super().judge(texts)

    with client_of(lambda: fake_moderator(Slow())) as client:
        replies: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: replies.append(client.post("/v1/score", json={"text": "slow"}))
        )
        asking.start()
        assert begun.wait(20)
        assert client.get("/healthz").status_code == 200
        assert not replies
        go_on.set()
        asking.join()
        wait_until(lambda: [reply.status_code for reply in replies] == [200])
