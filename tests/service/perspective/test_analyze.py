"""Promises to clients of Perspective's `analyze`."""

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service.messages import schema_of
from moderation.service.perspective.messages import AnalyzeCommentRequest
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTES, BY_PERSPECTIVE_NAME
from tests.service.fakes import HOSTILE, client_of
from tests.service.perspective.asking import ANALYZE, analyze, values

KHMER = "ក្រុមប្រឹក្សាគួរផ្សាយបញ្ជី"


def test_the_reply_has_exactly_the_fields_of_the_protocol(client: httpx.Client) -> None:
    reply = analyze(client, languages=["en"])
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {
        "attributeScores": {
            "TOXICITY": {
                "summaryScore": {"value": 0.1, "type": "PROBABILITY"},
                "spanScores": [
                    {"begin": 0, "end": 25, "score": {"value": 0.1, "type": "PROBABILITY"}}
                ],
            }
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
    }


def test_what_coral_sends_gets_the_score_where_coral_reads_it(client: httpx.Client) -> None:
    body = {
        "comment": {"text": "they say hostileword here"},
        "doNotStore": True,
        "requestedAttributes": {"ETHNIC_HOSTILITY": {}},
        "languages": ["en"],
    }
    reply = client.post(f"{ANALYZE}?key=anything", json=body)
    assert reply.json()["attributeScores"]["ETHNIC_HOSTILITY"]["summaryScore"]["value"] == 0.9


def test_every_name_of_upstream_that_is_judged_and_our_own_can_be_asked_for(
    client: httpx.Client,
) -> None:
    six = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
    names = {*six, *(f"{name}_EXPERIMENTAL" for name in six)}
    names |= {"INFLAMMATORY", "ETHNIC_HOSTILITY", "NEWS"}
    assert set(BY_PERSPECTIVE_NAME) == names
    assert {attribute.name for attribute in BY_PERSPECTIVE_NAME.values()} == {
        attribute.name for attribute in ATTRIBUTES
    }
    found = values(analyze(client, "hostileword", *names))
    assert set(found) == names
    assert [name for name, value in found.items() if value == 0.9] == ["ETHNIC_HOSTILITY"]


@pytest.mark.parametrize("token", ["", "comment:1", "日本 😀"])
def test_the_client_token_is_echoed(client: httpx.Client, token: str) -> None:
    assert analyze(client, clientToken=token).json()["clientToken"] == token


def test_names_may_be_written_as_protocol_buffers_write_them_and_null_is_absent(
    client: httpx.Client,
) -> None:
    body = {
        "comment": {"text": "calm", "type": None},
        "requested_attributes": {"TOXICITY": {"score_threshold": 0.2}, "INSULT": {}},
        "client_token": "x",
        "context": None,
        "languages": None,
    }
    reply = client.post(ANALYZE, json=body)
    assert values(reply) == {"INSULT": 0.1}
    assert reply.json()["clientToken"] == "x"


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"entries": [{"text": "before"}, {"text": "<b>", "type": "HTML"}]},
        {"articleAndParentComment": {"article": {"text": "a"}, "parentComment": {"text": "b"}}},
    ],
)
def test_context_is_taken_and_changes_nothing(
    client: httpx.Client, context: dict[str, Any]
) -> None:
    assert analyze(client, context=context).json() == analyze(client).json()


def test_an_attribute_below_its_threshold_is_left_out(client: httpx.Client) -> None:
    requested = {
        "TOXICITY": {"scoreThreshold": 0.100001},
        "INSULT": {"scoreThreshold": 0.1, "scoreType": "PROBABILITY"},
        "ETHNIC_HOSTILITY": {"scoreThreshold": 0.5},
    }
    reply = analyze(client, requestedAttributes=requested)
    assert values(reply) == {"INSULT": 0.1, "ETHNIC_HOSTILITY": 0.9}


def test_where_none_reaches_its_threshold_there_are_no_scores_at_all(client: httpx.Client) -> None:
    reply = analyze(client, requestedAttributes={"TOXICITY": {"scoreThreshold": 1}})
    assert reply.status_code == 200
    assert "attributeScores" not in reply.json()
    assert reply.json()["languages"] == ["en"]


def test_attributes_that_are_unsupported_can_be_left_out(client: httpx.Client) -> None:
    found = analyze(client, "calm", "TOXICITY", "BOGUS", dropUnsupportedAttributes=True)
    assert values(found) == {"TOXICITY": 0.1}
    found = analyze(client, "calm", "BOGUS", dropUnsupportedAttributes=True)
    assert values(found) == {}
    found = analyze(client, "calm", languages=["om"], dropUnsupportedAttributes=True)
    assert values(found) == {}
    assert found.json()["languages"] == ["om"]


def spans_of(reply: httpx.Response, name: str) -> list[tuple[int, int, float]]:
    found = reply.json()["attributeScores"][name]["spanScores"]
    assert {span["score"]["type"] for span in found} == {"PROBABILITY"}
    return [(span["begin"], span["end"], span["score"]["value"]) for span in found]


def test_the_whole_text_is_a_span_without_being_asked_for(client: httpx.Client) -> None:
    text = "😀 Calm. They say hostileword here. Calm again."
    without: list[dict[str, Any]] = [{}, {"spanAnnotations": False}]
    for asked in without:
        reply = analyze(client, text, "ETHNIC_HOSTILITY", "TOXICITY", **asked)
        assert spans_of(reply, "ETHNIC_HOSTILITY") == [(0, 47, 0.9)]
        assert spans_of(reply, "TOXICITY") == [(0, 47, 0.1)]


def test_the_spans_are_the_sentences_where_they_are_asked_for(client: httpx.Client) -> None:
    text = "😀 Calm. They say hostileword here. Calm again."
    reply = analyze(client, text, "ETHNIC_HOSTILITY", spanAnnotations=True)
    assert values(reply) == {"ETHNIC_HOSTILITY": 0.9}
    assert spans_of(reply, "ETHNIC_HOSTILITY") == [(0, 8, 0.1), (9, 35, 0.9), (36, 47, 0.1)]
    one = analyze(client, " 😀 calm ", "TOXICITY", spanAnnotations=True)
    assert spans_of(one, "TOXICITY") == [(0, 9, 0.1)]


def test_sentences_count_in_no_figures_and_are_not_kept_apart(client: httpx.Client) -> None:
    def judged() -> float:
        lines = client.get("/metrics").text.splitlines()
        counts = [line for line in lines if line.startswith("moderation_actions_total{")]
        return sum(float(line.rpartition(" ")[2]) for line in counts)

    before = judged()
    assert analyze(client, "One. Two. Three.", spanAnnotations=True).is_success
    assert judged() == before + 1


texts = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    | st.sampled_from(["😀", "👩‍👩‍👧", "🇰🇭", "é", "ខ្មែរ", HOSTILE]),
    max_size=6,
).map(lambda parts: f" {HOSTILE} ".join(["x", *parts, "y"]))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(text=texts)
def test_span_offsets_cut_the_sentences_out_of_the_utf16_text(
    client: httpx.Client, text: str
) -> None:
    """A sentence has the score that it has as a comment of its own."""
    reply = analyze(client, text, "ETHNIC_HOSTILITY", spanAnnotations=True, languages=["en"])
    units = text.encode("utf-16-le")
    for begin, end, value in spans_of(reply, "ETHNIC_HOSTILITY"):
        part = units[2 * begin : 2 * end].decode("utf-16-le")
        assert part in text
        assert value == (0.9 if HOSTILE in part else 0.1)


@pytest.mark.parametrize("tags", [["en"], ["en-US"], ["EN"], ["en_GB", "en"]])
def test_a_region_or_case_of_a_language_does_not_matter(
    client: httpx.Client, tags: list[str]
) -> None:
    reply = analyze(client, languages=tags)
    assert reply.json()["languages"] == tags
    assert values(reply) == {"TOXICITY": 0.1}


def test_the_language_that_is_requested_is_believed_and_the_one_found_is_told(
    client: httpx.Client,
) -> None:
    reply = analyze(client, KHMER, languages=["en"])
    assert values(reply) == {"TOXICITY": 0.1}
    assert reply.json()["languages"] == ["en"]
    assert reply.json()["detectedLanguages"] == ["km"]


@pytest.mark.parametrize(
    "text",
    [
        "ok", "yuon", "bong srolanh oun", "sawasdee krub phi nong", "lol 😀", "vea chol mok",
        "👍", "+1", "123", "?!", "❤️❤️",
    ],
)  # fmt: skip
def test_short_and_romanised_comments_are_judged_without_a_language(
    client: httpx.Client, text: str
) -> None:
    for tags in ([], ["und"]):
        reply = analyze(client, text, languages=tags)
        assert values(reply) == {"TOXICITY": 0.1}
        assert reply.json()["languages"] == reply.json()["detectedLanguages"] == ["en"]


def test_a_newsroom_whose_model_reads_another_language_says_so_in_a_setting() -> None:
    with client_of(languages=("km", "en")) as client:
        assert values(analyze(client, KHMER)) == {"TOXICITY": 0.1}
        assert analyze(client, KHMER).json()["languages"] == ["km"]
        assert analyze(client, languages=["fr"]).status_code == 400


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("languages", {"languages": ["en"]}),
        ("languages,clientToken", {"languages": ["en"], "clientToken": "t"}),
        (
            "attributeScores/TOXICITY/summaryScore/value",
            {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.1}}}},
        ),
        (
            "attributeScores.*.summaryScore(value)",
            {
                "attributeScores": {
                    "TOXICITY": {"summaryScore": {"value": 0.1}},
                    "INSULT": {"summaryScore": {"value": 0.1}},
                }
            },
        ),
        (
            "attributeScores(INSULT(spanScores/begin)),languages",
            {"attributeScores": {"INSULT": {"spanScores": [{"begin": 0}]}}, "languages": ["en"]},
        ),
        ("somethingElse", {}),
    ],
)
def test_fields_selects_parts_of_the_reply(
    client: httpx.Client, fields: str, expected: dict[str, Any]
) -> None:
    more = {"spanAnnotations": True, "clientToken": "t"}
    reply = analyze(client, "calm", "TOXICITY", "INSULT", params={"fields": fields}, **more)
    assert reply.json() == expected


def test_pretty_print_indents_and_the_other_parameters_of_clients_change_nothing(
    client: httpx.Client,
) -> None:
    plain = analyze(client, clientToken="😀")
    pretty = analyze(client, clientToken="😀", params={"prettyPrint": "true"})
    assert pretty.text.startswith('{\n  "attributeScores"')
    assert "\n" not in plain.text
    assert pretty.json() == plain.json()
    others = {"alt": "json", "$.xgafv": "2", "quotaUser": "me", "prettyPrint": "false", "key": "k"}
    assert analyze(client, clientToken="😀", params=others).text == plain.text


@pytest.mark.parametrize(("chars", "documented"), [(100, 100), (50_000, 20_480)])
def test_the_documented_limit_is_the_smaller_of_upstreams_and_the_services(
    chars: int, documented: int
) -> None:
    schema = schema_of(AnalyzeCommentRequest, Settings(max_text_chars=chars))
    assert schema["properties"]["comment"]["properties"]["text"]["maxLength"] == documented
