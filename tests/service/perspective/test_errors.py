"""Errors have the type, the words and the envelope that clients of Perspective match on."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.errors import ModerationError, NotReady
from moderation.service.errors import Busy, Forbidden, InternalError, TooMany, Unauthorised
from moderation.service.perspective.errors import render_error
from tests.service.fakes import client_of
from tests.service.perspective.asking import ANALYZE, SUGGEST, analyze, refused, suggest

PHRASE = "unrepeatable"
METHODS = [ANALYZE, SUGGEST]
TYPE = "type.googleapis.com/google.rpc."


@pytest.mark.parametrize("comment", [None, {}, {"text": ""}, {"text": None}, {"text": " \n\t"}])
@pytest.mark.parametrize("path", METHODS)
def test_an_empty_comment(client: httpx.Client, path: str, comment: object) -> None:
    reply = client.post(path, json={"comment": comment})
    assert refused(reply, "COMMENT_EMPTY", "Comment must be non-empty.")


@pytest.mark.parametrize(
    ("text", "size"), [("x" * 20_481, 20_481), ("é" * 10_241, 20_482), ("😀" * 5_121, 20_484)]
)
def test_a_comment_too_long_in_bytes(client: httpx.Client, text: str, size: int) -> None:
    message = f"Comment text was too many bytes. Value ({size}) exceeded limit (20480)."
    assert refused(analyze(client, text), "COMMENT_TOO_LONG", message)
    assert refused(suggest(client, text), "COMMENT_TOO_LONG", message)


def test_a_comment_of_just_the_limit_is_taken(client: httpx.Client) -> None:
    assert analyze(client, "hello world " * 1_706 + "12345678").status_code == 200


def test_a_service_may_have_a_lower_limit() -> None:
    with client_of(max_text_chars=10) as client:
        message = "The text has 11 characters; the limit is 10."
        assert refused(analyze(client, "x" * 11), "COMMENT_TOO_LONG", message)


@pytest.mark.parametrize("requested", [None, {}])
def test_no_requested_attributes(client: httpx.Client, requested: object) -> None:
    reply = analyze(client, requestedAttributes=requested)
    assert refused(reply, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")


def test_languages_that_are_requested_and_not_supported(client: httpx.Client) -> None:
    reply = analyze(client, "calm", "INSULT", "TOXICITY", languages=["om"])
    assert refused(
        reply,
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute INSULT does not support request languages: om",
        languageNotSupportedByAttributeError={"requestedLanguages": ["om"], "attribute": "INSULT"},
    )
    reply = analyze(client, languages=["om", "fr-CA"])
    assert refused(
        reply,
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute TOXICITY does not support request languages: om, fr-CA",
        languageNotSupportedByAttributeError={
            "requestedLanguages": ["om", "fr-CA"],
            "attribute": "TOXICITY",
        },
    )


def test_a_text_that_is_in_the_one_of_its_languages_that_is_not_supported(
    client: httpx.Client,
) -> None:
    """An English score of a French comment would let it pass in silence."""
    french = "Le conseil devrait publier ses comptes avant lundi."
    assert refused(
        analyze(client, french, languages=["en", "fr-CA", "de"]),
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute TOXICITY does not support request languages: fr-CA",
        languageNotSupportedByAttributeError={
            "requestedLanguages": ["fr-CA"],
            "attribute": "TOXICITY",
        },
    )
    # Where the request does not name it, its word is taken, as with one language.
    assert analyze(client, french, languages=["en", "de"]).is_success
    left_out = analyze(client, french, languages=["en", "fr"], dropUnsupportedAttributes=True)
    assert "attributeScores" not in left_out.json()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("th", "สภาควรเผยแพร่บัญชีก่อนวันจันทร์"),
        ("fr", "Le conseil devrait publier ses comptes avant lundi."),
    ],
)
def test_a_language_that_is_detected_and_not_supported(
    client: httpx.Client, language: str, text: str
) -> None:
    assert refused(
        analyze(client, text),
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute TOXICITY does not support request languages: {language}",
        languageNotSupportedByAttributeError={
            "detectedLanguages": [language],
            "attribute": "TOXICITY",
        },
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"requestedAttributes": {"TOXICITY": {}, "BOGUS": {}}},
            "Unknown requested attribute: BOGUS",
        ),
        ({"requestedAttributes": {"toxicity": {}}}, "Unknown requested attribute: toxicity"),
        (
            {"requestedAttributes": {f"{PHRASE} and more": {}}},
            "Unknown requested attribute: (not a name)",
        ),
        (
            {"comment": {"text": "<b>calm</b>", "type": "HTML"}},
            "Currently, only 'PLAIN_TEXT' comments are supported",
        ),
        (
            {"requestedAttributes": {"TOXICITY": {"scoreType": "PERCENTILE"}}},
            "Currently, only 'PROBABILITY' scores are supported",
        ),
        (
            {"context": {"entries": [{"text": "a"}], "articleAndParentComment": {}}},
            "Only one of 'entries' and 'article_and_parent_comment' may be set in 'context'",
        ),
        ({"languages": ["not a tag"]}, "A language must be an ISO 639 code or a BCP 47 tag"),
        ({"comment": {"text": "a\0b"}}, "The text holds a NUL character."),
    ],
)
def test_requests_that_are_invalid(
    client: httpx.Client, fields: dict[str, Any], message: str
) -> None:
    assert refused(analyze(client, **fields), "INVALID_REQUEST", message)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"alt": "media"}, "The parameter alt can only be json."),
        ({"alt": "proto"}, "The parameter alt can only be json."),
        ({"$.xgafv": "3"}, "The parameter $.xgafv can only be 1 or 2."),
        ({"prettyPrint": PHRASE}, "The parameter prettyPrint can only be true or false."),
        *(
            ({"fields": mask}, "Invalid field selection in the parameter fields.")
            for mask in (
                ",", "a,", "a//b", "a(", "a)", "a(b", "(a)", "a()", "a b", "a(b)c", "a)b(", "é",
                "(" * 500, "a(" * 11 + "b" + ")" * 11, "a," * 600 + "a",
            )
        ),
    ],
)  # fmt: skip
def test_query_parameters_that_are_invalid(
    client: httpx.Client, params: dict[str, str], message: str
) -> None:
    assert refused(analyze(client, params=params), "INVALID_REQUEST", message)


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"comment": PHRASE}, "comment", "Invalid value at 'comment'."),
        ({"languages": [[PHRASE]]}, "languages", "Invalid value at 'languages'."),
        ({"doNotStore": PHRASE}, "doNotStore", "Invalid value at 'doNotStore'."),
        ([PHRASE], "", "Invalid value."),
        (PHRASE, "", "Invalid value."),
        (None, "", "Invalid value."),
    ],
)
@pytest.mark.parametrize("path", METHODS)
def test_a_body_of_another_form_names_the_field_and_repeats_nothing(
    client: httpx.Client, path: str, body: object, field: str, message: str
) -> None:
    headers = {"Content-Type": "application/json"}
    reply = client.post(path, content=json.dumps(body), headers=headers)
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["message"] == f"Invalid JSON payload received. {message}"
    assert error["details"] == [
        {
            "@type": f"{TYPE}BadRequest",
            "fieldViolations": [{"field": field, "description": message}],
        }
    ]
    assert PHRASE not in reply.text


@pytest.mark.parametrize("value", ["1e999", "NaN", '"NaN"', '"1_0"', '""', "true", "[]"])
def test_a_threshold_that_is_no_number_is_refused(client: httpx.Client, value: str) -> None:
    content = (
        '{"comment": {"text": "a"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": '
        + value
        + "}}}"
    )
    reply = client.post(ANALYZE, content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith("Invalid JSON payload received.")


@pytest.mark.parametrize(
    "fields",
    [{"comment": {"text": "a\ud800b"}}, {"clientToken": "\udfff"}, {"sessionId": "\ud83d"}],
)
def test_a_lone_surrogate_is_refused(client: httpx.Client, fields: dict[str, Any]) -> None:
    body = {"comment": {"text": "a"}, "requestedAttributes": {"TOXICITY": {}}, **fields}
    headers = {"Content-Type": "application/json"}
    reply = client.post(ANALYZE, content=json.dumps(body), headers=headers)
    assert reply.status_code == 400
    (field,) = fields
    assert reply.json()["error"]["message"].endswith(f"Invalid value at '{field}'.")


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("POST", "/v1alpha1/comments:other", 404, "NOT_FOUND"),
        ("GET", "/v1alpha1", 404, "NOT_FOUND"),
        ("GET", ANALYZE, 405, "UNIMPLEMENTED"),
        ("GET", "/$discovery/rest?version=v2", 404, "NOT_FOUND"),
    ],
)
def test_errors_outside_a_method_have_the_same_envelope(
    client: httpx.Client, method: str, path: str, status: int, name: str
) -> None:
    reply = client.request(method, path)
    assert reply.status_code == reply.json()["error"]["code"] == status
    assert reply.json()["error"]["status"] == name


def test_a_body_over_the_services_limit_has_the_same_envelope() -> None:
    with client_of(max_body_bytes=1_000) as client:
        reply = analyze(client, "x" * 1_000)
        assert reply.status_code == 400
        message = reply.json()["error"]["message"]
        assert message.startswith("Request payload size exceeds the limit: ")


def test_a_body_that_is_not_said_to_be_json_is_refused(client: httpx.Client) -> None:
    """So that no page in a browser can send one without being let by the service."""
    reply = client.post(SUGGEST, content="{}", headers={"Content-Type": "text/plain"})
    assert reply.status_code == 400
    assert reply.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_service_whose_model_is_not_ready_is_unavailable() -> None:
    def never() -> Any:
        raise NotReady("There is no model.")

    with client_of(never, wait=False) as client:
        reply = analyze(client)
        assert reply.status_code == 503
        assert reply.json()["error"]["status"] == "UNAVAILABLE"
        assert int(reply.headers["retry-after"]) >= 1


def told(error: ModerationError, query: str = "") -> tuple[int, dict[str, Any]]:
    reply = render_error(error, {"type": "http", "query_string": query.encode()})
    body = json.loads(bytes(reply.body))["error"]
    assert body["code"] == reply.status_code
    return reply.status_code, body


def test_the_errors_of_keys_and_rates_are_upstreams() -> None:
    status, body = told(Unauthorised("x"), "key=wrong")
    assert (status, body["status"]) == (400, "INVALID_ARGUMENT")
    assert body["message"] == "API key not valid. Please pass a valid API key."
    assert body["details"][0]["reason"] == "API_KEY_INVALID"
    status, body = told(Unauthorised("x"))
    assert (status, body["status"]) == (403, "PERMISSION_DENIED")
    status, body = told(Forbidden("x"), "key=one")
    assert (status, body["status"]) == (403, "PERMISSION_DENIED")
    status, body = told(TooMany("x", headers={}), "key=one")
    assert (status, body["status"]) == (429, "RESOURCE_EXHAUSTED")
    (detail,) = body["details"]
    assert detail["@type"] == f"{TYPE}ErrorInfo"
    assert detail["reason"] == "RATE_LIMIT_EXCEEDED"
    status, body = told(Busy("x"))
    assert (status, body["status"]) == (503, "UNAVAILABLE")
    status, body = told(InternalError("x"))
    assert (status, body["status"]) == (500, "INTERNAL")


def test_the_first_form_of_errors_lists_them_too(client: httpx.Client) -> None:
    reply = analyze(client, "", params={"$.xgafv": "1"})
    error = reply.json()["error"]
    assert error["errors"] == [
        {"message": "Comment must be non-empty.", "domain": "global", "reason": "badRequest"}
    ]
    assert "errors" not in analyze(client, "", params={"$.xgafv": "2"}).json()["error"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(
    ["comment", "context", "requestedAttributes", "attributeScores", "languages", "doNotStore",
     "spanAnnotations", "clientToken"]
)  # fmt: skip
entries = st.fixed_dictionaries({"text": anything}, optional={"type": anything})
bodies = anything | st.dictionaries(fields, anything | entries, max_size=6)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(body=bodies, path=st.sampled_from(METHODS))
def test_any_json_gets_a_reply_or_an_error_in_the_envelope(
    client: httpx.Client, body: object, path: str
) -> None:
    content = json.dumps(body)
    reply = client.post(path, content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code in {200, 400}
    if reply.status_code == 400:
        assert set(reply.json()["error"]) == {"code", "message", "status", "details"}
