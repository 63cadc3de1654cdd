"""Requests in the shape of those that widely used callers send get what those callers read.

The names of the fields are theirs, and so is the part of the reply that each looks at.
"""

import json
from collections.abc import Iterator

import httpx
import pytest

from moderation.service.api_keys import Scope
from tests.service.fakes import client_of
from tests.service.keys import create_key, url_in
from tests.service.perspective.asking import ANALYZE, values

HOSTILE = "😀 They say hostileword here. It was a calm day."
SIX = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database of keys."""
    return url_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def key(url: str) -> str:
    """Return a key of the service that asks for keys."""
    return create_key(url, "caller", [Scope.SCORE])[0]


@pytest.fixture(scope="module")
def guarded(url: str, key: str) -> Iterator[httpx.Client]:
    """Give a client of a service that asks for keys."""
    with client_of(authentication="keys", database=url) as client:
        yield client


def test_n8n_writes_the_choice_in_lower_case_and_the_language_as_a_text(
    guarded: httpx.Client, key: str
) -> None:
    """Its key comes as a bearer token; attributes that are not judged are among its choices."""
    body = {
        "comment": {"type": "PLAIN_TEXT", "text": HOSTILE},
        "requestedAttributes": {
            "FLIRTATION": {"scoreType": "probability", "scoreThreshold": 0},
            "IDENTITY_ATTACK": {"scoreType": "probability", "scoreThreshold": 0.05},
            "TOXICITY": {"scoreType": "probability", "scoreThreshold": 0.95},
        },
        "languages": "en",
    }
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    reply = guarded.post(ANALYZE, json=body, headers=headers)
    assert values(reply) == {"IDENTITY_ATTACK": 0.1}
    assert reply.headers["x-unjudged-attributes"] == "FLIRTATION"


def test_dify_sends_its_key_in_googles_header(guarded: httpx.Client, key: str) -> None:
    body = {"comment": {"text": HOSTILE}, "requestedAttributes": {name: {} for name in SIX}}
    reply = guarded.post(ANALYZE, json=body, headers={"x-goog-api-key": key})
    assert {
        name.lower(): scores["summaryScore"]["value"]
        for name, scores in reply.json()["attributeScores"].items()
    } == {name.lower(): 0.1 for name in SIX}
    assert guarded.post(ANALYZE, json=body, headers={"x-goog-api-key": "no"}).status_code == 403


def test_helm_asks_for_sentences_and_reads_the_summary(client: httpx.Client) -> None:
    """It sends each text as a part of a batch; tests/clients does that with the real client."""
    body = {
        "comment": {"text": HOSTILE},
        "requestedAttributes": {"TOXICITY": {}, "SPAM": {}, "ETHNIC_HOSTILITY": {}},
        "languages": ["en"],
        "spanAnnotations": True,
    }
    reply = client.post(ANALYZE, json=body, params={"key": "k", "alt": "json"})
    assert values(reply) == {"TOXICITY": 0.1, "ETHNIC_HOSTILITY": 0.9}


def test_modelgauge_leaves_out_what_is_not_set_and_checks_the_types_of_the_reply(
    client: httpx.Client,
) -> None:
    body = {
        "comment": {"text": HOSTILE},
        "requestedAttributes": {"TOXICITY": {}, "THREAT": {}},
        "context": {"entries": [{"text": "What do they say?", "type": "PLAIN_TEXT"}]},
        "doNotStore": True, "clientToken": "1", "sessionId": "s", "communityId": "c",
    }  # fmt: skip
    reply = client.post(ANALYZE, json=body).json()
    assert reply["clientToken"] == "1"
    assert reply["languages"] == ["en"]
    for scores in reply["attributeScores"].values():
        assert type(scores["summaryScore"]["value"]) is float
        assert scores["summaryScore"]["type"] == "PROBABILITY"
        for span in scores["spanScores"]:
            assert (type(span["begin"]), type(span["end"])) == (int, int)
            assert type(span["score"]["value"]) is float


@pytest.mark.parametrize("known", [("en",), ("en", "zh"), ("zh", "en")])
def test_opencompass_names_two_languages_and_reads_the_first_span(known: tuple[str, ...]) -> None:
    """It names English and Chinese for all texts; those in a language that is known are judged."""
    body = {
        "comment": {"text": HOSTILE},
        "requestedAttributes": {"TOXICITY": {}},
        "languages": ["en", "zh"],
    }
    with client_of(languages=known) as client:
        reply = client.post(ANALYZE, json=body).json()
        body["comment"] = {"text": "理事会应当在星期一之前公布账目。"}
        chinese = client.post(ANALYZE, json=body).json()
    assert {
        f"{name.lower()}_score": one["spanScores"][0]["score"]["value"]
        for name, one in reply["attributeScores"].items()
    } == {"toxicity_score": 0.1}
    assert reply["languages"] == sorted(known)
    assert reply["detectedLanguages"] == ["en"]
    if "zh" in known:
        assert chinese["detectedLanguages"] == ["zh"]
    else:
        error = chinese["error"]["details"][0]
        assert error["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


def test_opencompass_counts_an_empty_text_by_the_type_of_its_error(client: httpx.Client) -> None:
    body = {"comment": {"text": ""}, "requestedAttributes": {"TOXICITY": {}}}
    error = client.post(ANALYZE, json=body).json()["error"]
    assert error["details"][0]["errorType"] == "COMMENT_EMPTY"


@pytest.mark.parametrize("model", ["TOXICITY", "SEVERE_TOXICITY"])
def test_discourse_names_the_visit_and_stores_nothing(client: httpx.Client, model: str) -> None:
    body = {
        "comment": {"text": '[quote="a, post:1"]\ncalm\n[/quote]\n\n:smile: +1'},
        "doNotStore": True,
        "sessionId": "https://forum.example_42",
        "requestedAttributes": {model: {"scoreType": "PROBABILITY"}},
    }
    headers = {"Accept": "*/*", "Content-Type": "application/json", "User-Agent": "Discourse/3.4.0"}
    reply = client.post(ANALYZE, params={"key": "k"}, content=json.dumps(body), headers=headers)
    first = next(iter(reply.json()["attributeScores"].items()))
    assert first[1]["summaryScore"]["value"] == 0.1


def test_4cat_reads_each_attribute_that_it_asked_for(client: httpx.Client) -> None:
    for text in (HOSTILE, "👍👍", "12:30", "ok"):
        body = {"comment": {"text": text}, "requestedAttributes": {name: {} for name in SIX}}
        reply = client.post(ANALYZE, json=body).json()
        assert [reply["attributeScores"][name]["summaryScore"]["value"] for name in SIX] == [
            0.1
        ] * 6


def test_pe_rspective_reads_the_spans_beside_the_summary(client: httpx.Client) -> None:
    """R's package makes a row of the summary, and rows of the text's parts where it is asked to."""
    body = {
        "comment": {"text": HOSTILE},
        "languages": ["en"],
        "requestedAttributes": {"TOXICITY": {}, "ETHNIC_HOSTILITY": {}},
        "spanAnnotations": True,
        "doNotStore": False,
    }
    scores = client.post(ANALYZE, json=body).json()["attributeScores"]["ETHNIC_HOSTILITY"]
    units = HOSTILE.encode("utf-16-le")
    parts = [
        (units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le"), span["score"]["value"])
        for span in scores["spanScores"]
    ]
    assert parts == [
        ("😀 They say hostileword here.", 0.9),
        ("It was a calm day.", 0.1),
    ]


def test_a_quick_try_with_curl_needs_no_quotation_marks(client: httpx.Client) -> None:
    content = (
        '{comment: {text: "calm"},\n languages: ["en"],\n requestedAttributes: {TOXICITY:{}} }'
    )
    headers = {"Content-Type": "application/json"}
    reply = client.post(ANALYZE, params={"key": "k"}, content=content, headers=headers)
    assert values(reply) == {"TOXICITY": 0.1}
