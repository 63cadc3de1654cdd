"""Request bodies: strict JSON, and nothing in them is repeated in an error."""

import itertools
import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.errors import MalformedJSON
from moderation.service.request import parse_json
from tests.service.fakes import client_of, is_error, score

PHRASE = "unrepeatable"
JSON = {"Content-Type": "application/json"}
LIMIT = 2_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b'{"text": "unrepeatable',
        b"unrepeatable",
        b"{'text': 'unrepeatable'}",
        b'{"text": "unrepeatable"} unrepeatable',
        b'{"text": "unrepeatable", "text": "unrepeatable"}',
        b'{"texts": [{"unrepeatable": 1, "unrepeatable": 2}]}',
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        b'{"text": Infinity}',
        b'{"text": "unrepeatable \xff\xfe"}',
        '{"text": "unrepeatable"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"text": "unrepeatable"}',
        b'{"text": "unrepeatable \x01"}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 10_000,
    ],
    ids=range(19),
)
def test_what_is_not_json_is_refused_and_not_repeated(client: httpx.Client, body: bytes) -> None:
    reply = client.post("/v1/score", content=body, headers=JSON)
    assert is_error(reply, 400, "malformed_json")
    assert PHRASE not in reply.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": ";"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_a_body_must_be_said_to_be_plain_json(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    reply = client.post("/v1/score", content=b'{"text": "fine"}', headers=headers)
    assert is_error(reply, 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "Application/JSON"])
def test_the_content_type_may_name_utf8_and_has_no_case(client: httpx.Client, kind: str) -> None:
    reply = client.post(
        "/v1/score", content='{"text": "đường"}'.encode(), headers={"Content-Type": kind}
    )
    assert reply.status_code == 200


def test_an_unknown_key_or_value_is_not_repeated(client: httpx.Client) -> None:
    for body in ({PHRASE: 1}, {"text": [PHRASE]}, {"texts": [{PHRASE: PHRASE}]}):
        reply = score(client, body)
        assert reply.status_code == 422
        assert PHRASE not in reply.text


def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with client_of(max_body_bytes=LIMIT) as client:
        reply = client.post("/v1/score", content=b"[" * (8 << 20), headers=JSON)
        assert is_error(reply, 413, "too_large")
        assert reply.json()["error"]["where"] == "body"


def test_a_body_of_unsaid_length_is_refused_at_the_limit() -> None:
    with client_of(max_body_bytes=LIMIT) as client:
        chunks = itertools.repeat(b" " * 1_000, 100)
        reply = client.post("/v1/score", content=chunks, headers=JSON)
        assert is_error(reply, 413, "too_large")
        assert "transfer-encoding" in reply.request.headers


def test_a_body_of_just_the_limit_is_taken_whichever_way_it_comes() -> None:
    body = b'{"text": "fine"}'.ljust(LIMIT)
    with client_of(max_body_bytes=LIMIT) as client:
        assert client.post("/v1/score", content=body, headers=JSON).status_code == 200
        in_parts = iter([body[:1_500], body[1_500:]])
        assert client.post("/v1/score", content=in_parts, headers=JSON).status_code == 200


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
bodies = values | st.fixed_dictionaries({"text": values}) | st.fixed_dictionaries({"texts": values})


@settings(derandomize=True, max_examples=150, deadline=None)
@given(body=bodies)
def test_any_json_gets_verdicts_or_an_error_of_the_one_shape(
    client: httpx.Client, body: object
) -> None:
    reply = score(client, body)
    if reply.status_code == 200:
        assert isinstance(body, dict)
        assert len(reply.json()["verdicts"]) == len(body.get("texts", [""]))
    else:
        assert is_error(reply, 422, reply.json()["error"]["code"])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_get_an_answer_of_the_one_shape(client: httpx.Client, raw: bytes) -> None:
    reply = client.post("/v1/score", content=raw, headers=JSON)
    assert reply.status_code in {400, 422}
    assert is_error(reply, reply.status_code, reply.json()["error"]["code"])


@settings(derandomize=True, max_examples=300)
@given(raw=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8")))
def test_reading_json_raises_nothing_but_its_own_error(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except MalformedJSON:
        return
    assert value == json.loads(raw)
