"""More than strict JSON in the documented form is taken, as upstream took it; errors name it."""

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.errors import MalformedJSON
from moderation.service.perspective.routes import parse_nearly_json
from tests.service.perspective.asking import ANALYZE, SUGGEST, analyze, refused, values

JSON = {"Content-Type": "application/json"}
DISCOVERY = "/$discovery/rest"
PHRASE = "unrepeatable"


@pytest.mark.parametrize(
    "body",
    [
        '{comment: {text: "calm"}, requestedAttributes: {TOXICITY: {}}}',
        "{comment: {text: \"calm\"},\n languages: ['en'],\n requestedAttributes: {TOXICITY:{}} }",
        '{"comment": {"text": "calm",}, "requestedAttributes": {"TOXICITY": {}},}',
        '{comment: {text: "calm", type: "plain_text"}, requestedAttributes: {TOXICITY: {}}}',
    ],
)
def test_names_without_quotation_marks_and_a_comma_too_many_are_read(
    client: httpx.Client, body: str
) -> None:
    reply = client.post(ANALYZE, content=body, headers=JSON)
    assert values(reply) == {"TOXICITY": 0.1}


@pytest.mark.parametrize(
    "body",
    [
        b"{comment: {text: unrepeatable}}", b"{comment", b"unrepeatable", b"{'unrepeatable': '\n'}",
        b"{a:" * 40_000, b"[" * 40_000 + b"{a:1}", b"{a: '\xff'}", b"{a: '\\ud800'}",
        b'{"comment": {"text": "a", "text": "b"}}', b'{"a": NaN}',
    ],
)  # fmt: skip
def test_what_is_not_nearly_json_either_is_refused_and_not_repeated(
    client: httpx.Client, body: bytes
) -> None:
    reply = client.post(ANALYZE, content=body, headers=JSON)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith("Invalid JSON payload received.")
    assert PHRASE not in reply.text


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(derandomize=True, max_examples=100)
@given(value=anything, raw=st.binary(max_size=40))
def test_strict_json_means_what_it_means_and_no_bytes_do_harm(value: object, raw: bytes) -> None:
    assert parse_nearly_json(json.dumps(value).encode()) == value
    with suppress(MalformedJSON):
        parse_nearly_json(raw)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment": {"text": "calm", "type": "plain_text"}},
        {"requestedAttributes": {"TOXICITY": {"scoreType": "probability"}}},
        {"requestedAttributes": {"TOXICITY": {"scoreType": "Probability", "scoreThreshold": "0"}}},
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": "1e-2"}}},
        {"languages": "en"},
        {"context": {"entries": {"text": "before"}}},
        {"spanAnnotations": "true", "doNotStore": "True"},
        {"dropUnsupportedAttributes": "false"},
        {"unheardOf": 1, "comment": {"text": "calm", "unheardOf": {}}},
        {"requestedAttributes": {"TOXICITY": {"unheardOf": None}}},
    ],
)
def test_other_forms_of_a_value_and_unknown_fields_are_taken(
    client: httpx.Client, fields: dict[str, Any]
) -> None:
    assert values(analyze(client, **fields)) == {"TOXICITY": 0.1}


def test_a_threshold_as_a_text_holds(client: httpx.Client) -> None:
    requested = {"TOXICITY": {"scoreThreshold": "0.2"}, "INSULT": {"scoreThreshold": "0.1"}}
    assert values(analyze(client, requestedAttributes=requested)) == {"INSULT": 0.1}


def test_a_choice_that_is_not_supported_is_refused_in_any_case(client: httpx.Client) -> None:
    for kind in ("HTML", "html"):
        reply = analyze(client, comment={"text": "calm", "type": kind})
        message = "Currently, only 'PLAIN_TEXT' comments are supported"
        assert refused(reply, "INVALID_REQUEST", message)


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_a_method_names_what_it_takes(client: httpx.Client, path: str) -> None:
    reply = client.options(path)
    assert (reply.status_code, reply.headers["allow"]) == (204, "POST, OPTIONS")
    for method in ("HEAD", "GET"):
        assert client.request(method, path).status_code == 405
        assert "POST" in client.request(method, path).headers["allow"]


@pytest.mark.parametrize("path", [DISCOVERY, f"/v1alpha1{DISCOVERY}"])
def test_the_discovery_document_has_a_head(client: httpx.Client, path: str) -> None:
    head, whole = client.head(path), client.get(path)
    assert head.status_code == whole.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert client.options(path).headers["allow"] == "GET, HEAD, OPTIONS"
    assert client.head(path, params={"version": "v9"}).status_code == 404
