"""Google's own Python client, built from our discovery document as Perspective's sample does."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError, UnknownApiNameOrVersion

from moderation.errors import NotReady
from moderation.service.correction_store import CorrectionStore
from moderation.service.errors import TooMany
from moderation.service.perspective.errors import render_error
from tests.service.fakes import client_of

TEXT = "😀 they say hostileword here"


@pytest.fixture
def api(address: str) -> Iterator[Any]:
    """Give Google's client of the live service."""
    with client_at(address) as api:
        yield api


@contextmanager
def client_at(address: str) -> Iterator[Any]:
    api = build(
        "commentanalyzer",
        "v1alpha1",
        developerKey="any",
        discoveryServiceUrl=f"{address}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )
    try:
        yield api
    finally:
        api.close()


def request(text: str = TEXT, **fields: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, **fields}


def test_a_comment_is_scored(api: Any) -> None:
    asked = {"ETHNIC_HOSTILITY": {}, "TOXICITY": {"scoreThreshold": 0.5}}
    body = request(requestedAttributes=asked, spanAnnotations=True, clientToken="t")
    reply = api.comments().analyze(body=body).execute()
    assert reply == {
        "attributeScores": {
            "ETHNIC_HOSTILITY": {
                "summaryScore": {"value": 0.9, "type": "PROBABILITY"},
                "spanScores": [
                    {"begin": 0, "end": 28, "score": {"value": 0.9, "type": "PROBABILITY"}}
                ],
            }
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "t",
    }


def test_part_of_a_reply_is_given_and_parameters_of_all_methods_are_taken(api: Any) -> None:
    more: dict[str, Any] = {
        "fields": "attributeScores/*/summaryScore/value", "prettyPrint": True, "quotaUser": "me",
        "x__xgafv": "2",
    }  # fmt: skip
    reply = api.comments().analyze(body=request(), **more).execute()
    assert reply == {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.1}}}}


def test_a_score_is_suggested(api: Any, corrections: CorrectionStore) -> None:
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    body = {"comment": {"text": TEXT}, "attributeScores": scores, "clientToken": "comment:9"}
    reply = api.comments().suggestscore(body=body).execute()
    assert reply == {"clientToken": "comment:9", "detectedLanguages": ["en"]}
    assert [one.scores for one in corrections.read() if one.client_token == "comment:9"] == [  # noqa: S105
        {"toxicity": 1}
    ]


@pytest.mark.parametrize(
    ("body", "error_type", "message"),
    [
        (request(""), "COMMENT_EMPTY", "Comment must be non-empty."),
        (
            request("x" * 20_481),
            "COMMENT_TOO_LONG",
            "Comment text was too many bytes. Value (20481) exceeded limit (20480).",
        ),
        (
            request(requestedAttributes={}),
            "NO_REQUESTED_ATTRIBUTES",
            "Missing requested_attributes",
        ),
        (
            request(languages=["om"]),
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute TOXICITY does not support request languages: om",
        ),
        (
            request(requestedAttributes={"BOGUS": {}}),
            "INVALID_REQUEST",
            "Unknown requested attribute: BOGUS",
        ),
    ],
)
def test_each_error_is_told_as_the_client_parses_it(
    api: Any, body: dict[str, Any], error_type: str, message: str
) -> None:
    with pytest.raises(HttpError) as caught:
        api.comments().analyze(body=body).execute()
    assert caught.value.status_code == 400
    assert caught.value.reason == message
    (detail,) = caught.value.error_details
    assert detail["errorType"] == error_type


def test_the_usual_way_to_retry_without_an_attribute_works(api: Any) -> None:
    """Several clients drop the attribute that the detail names, and ask again."""
    body = request(requestedAttributes={"TOXICITY": {}, "INSULT": {}}, languages=["om"])
    dropped = []
    while body["requestedAttributes"]:
        try:
            api.comments().analyze(body=body).execute()
        except HttpError as error:
            detail = json.loads(error.content)["error"]["details"][0]
            name = detail["languageNotSupportedByAttributeError"]["attribute"]
            del body["requestedAttributes"][name]
            dropped.append(name)
    assert dropped == ["TOXICITY", "INSULT"]


Results = dict[str, tuple[dict[str, Any] | None, HttpError | None]]


def in_a_batch(api: Any, bodies: dict[str, dict[str, Any]]) -> Results:
    """Return the replies and errors of a batch, by the ids of its requests."""
    results: Results = {}
    batch = api.new_batch_http_request(
        callback=lambda name, reply, error: results.update({name: (reply, error)})
    )
    for name, body in bodies.items():
        batch.add(api.comments().analyze(body=body), request_id=name)
    batch.execute()
    return results


def test_a_hundred_requests_are_answered_as_one(api: Any) -> None:
    bodies = {
        str(number): request(f"😀 é number {number} {'hostileword' * (number % 2)}",
            requestedAttributes={"ETHNIC_HOSTILITY": {}})
        for number in range(100)
    }  # fmt: skip
    results = in_a_batch(api, bodies)
    assert list(results) == list(bodies)
    for name, (reply, error) in results.items():
        assert error is None
        assert reply
        value = reply["attributeScores"]["ETHNIC_HOSTILITY"]["summaryScore"]["value"]
        assert value == (0.9 if int(name) % 2 else 0.1)


def test_an_error_in_a_batch_is_that_of_its_request(api: Any) -> None:
    """A benchmark makes each text the id of its request, however long it is."""
    texts = ["calm", "😀 " * 6_000, "x" * 20_481, "é: a, b + c/d?"]
    results = in_a_batch(api, {text: request(text, spanAnnotations=True) for text in texts})
    errors = {name: error for name, (_, error) in results.items() if error}
    assert list(results) == texts
    assert list(errors) == [texts[1], texts[2]]
    assert {error.status_code for error in errors.values()} == {400}
    for error in errors.values():
        assert error.error_details[0]["errorType"] == "COMMENT_TOO_LONG"


def test_a_version_that_is_not_there_is_said_to_be_unknown(address: str) -> None:
    with pytest.raises(UnknownApiNameOrVersion):
        build(
            "commentanalyzer",
            "v9",
            developerKey="any",
            discoveryServiceUrl=f"{address}/$discovery/rest?version={{apiVersion}}",
            static_discovery=False,
        )


def test_a_service_that_is_not_ready_is_retried_and_then_said_to_be_unavailable() -> None:
    def never() -> Any:
        raise NotReady("There is no model.")

    waited: list[float] = []
    with client_of(never, wait=False) as client, client_at(str(client.base_url)) as api:
        call = api.comments().analyze(body=request())
        call._sleep = waited.append
        with pytest.raises(HttpError) as caught:
            call.execute(num_retries=2)
    assert caught.value.status_code == 503
    assert len(waited) == 2


def test_a_rate_limit_is_retried_until_it_lets_through(address: str) -> None:
    """The client retries a 429 by its status, and the reply after it is the reply."""
    refusal = render_error(TooMany("x", headers={}), {"type": "http", "query_string": b""})
    replies = [(429, bytes(refusal.body))] * 2 + [(200, b'{"languages": ["en"]}')]
    with scripted(replies) as elsewhere, client_at(address) as api:
        call = api.comments().analyze(body=request())
        call._sleep = lambda _: None
        call.uri = call.uri.replace(address, elsewhere)
        assert call.execute(num_retries=3) == {"languages": ["en"]}
    assert replies == []


@contextmanager
def scripted(replies: list[tuple[int, bytes]]) -> Iterator[str]:
    """Serve these replies, one after the other, on the loopback; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = replies.pop(0)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *_: None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
