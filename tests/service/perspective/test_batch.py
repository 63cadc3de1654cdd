"""A batch is so many requests: each part is read, authorised, limited and answered by itself."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email import message_from_bytes
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.service.api_keys import Scope
from moderation.service.perspective.batch import read_parts
from moderation.service.perspective.errors import PerspectiveError
from tests.service.fakes import client_of
from tests.service.keys import create_key, url_in
from tests.service.perspective.asking import ANALYZE, SUGGEST, refused

BOUNDARY = "===2026==="
MULTIPART = f'multipart/mixed; boundary="{BOUNDARY}"'
CALM = {"comment": {"text": "calm"}, "requestedAttributes": {"TOXICITY": {}}}
PHRASE = "unrepeatable"


class Answer(NamedTuple):
    """The response to a part."""

    id: str
    status: int
    headers: Mapping[str, str]
    body: Any


def part(
    target: str = ANALYZE,
    body: object = CALM,
    *,
    id: str = "<a + 1>",  # noqa: A002
    method: str = "POST",
    **headers: str,
) -> bytes:
    """Return a part as Google's Python client writes it, with its line ends."""
    content = {"Content-Type": "application/json", "MIME-Version": "1.0"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {content[name]}" for name in content)]
    head = f"Content-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: {id}"
    written = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return "\n".join([head, "", *lines, "", written]).encode()


def together(*parts: bytes, end: bytes = b"\n") -> bytes:
    """Return the body of a batch."""
    edge = b"--" + BOUNDARY.encode()
    return b"".join(edge + end + one + end for one in parts) + edge + b"--" + end


def send(client: httpx.Client, *parts: bytes, **headers: str) -> list[Answer]:
    """Send a batch, and take its answer apart as Google's client does."""
    given_headers = {"Content-Type": MULTIPART} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    reply = client.post("/batch", content=together(*parts), headers=given_headers)
    assert reply.status_code == 200, reply.text
    kind = reply.headers["content-type"]
    assert kind.startswith("multipart/mixed")
    whole = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + reply.content)
    return [_answer(one) for one in whole.get_payload()]


def _answer(one: Any) -> Answer:
    assert one.get_content_type() == "application/http"
    line, _, rest = one.get_payload(decode=True).partition(b"\r\n")
    version, status, _ = line.decode().split(" ", 2)
    assert version == "HTTP/1.1"
    inner = message_from_bytes(rest)
    body = inner.get_payload(decode=True)
    assert isinstance(body, bytes)
    return Answer(one["Content-ID"] or "", int(status), dict(inner.items()), json.loads(body))


def test_each_part_is_answered_in_order_under_its_own_id(client: httpx.Client) -> None:
    hostile = {
        "comment": {"text": "😀 they say hostileword"},
        "requestedAttributes": {"ETHNIC_HOSTILITY": {}, "SPAM": {}},
    }
    score = {
        "comment": {"text": "calm"}, "doNotStore": True,
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
    }  # fmt: skip
    answers = send(
        client,
        part(id="<x + 1>"),
        part(body=hostile, id="<x + b%C3%A9>"),
        part(SUGGEST, score, id="<x + 3>"),
        part(body={**CALM, "comment": {"text": ""}}, id="<x + 4>"),
        part(f"{ANALYZE}?prettyPrint=true&fields=languages", id="<x + 5>"),
    )
    assert [one.id for one in answers] == [
        "<response-x + 1>", "<response-x + b%C3%A9>", "<response-x + 3>", "<response-x + 4>",
        "<response-x + 5>",
    ]  # fmt: skip
    assert [one.status for one in answers] == [200, 200, 200, 400, 200]
    alone = client.post(ANALYZE, json=hostile)
    assert answers[1].body == alone.json()
    assert answers[1].headers["x-unjudged-attributes"] == "SPAM"
    assert answers[3].body["error"]["details"][0]["errorType"] == "COMMENT_EMPTY"
    assert answers[4].body == {"languages": ["en"]}


def test_an_error_is_that_of_its_part_alone(client: httpx.Client) -> None:
    answers = send(
        client,
        part(),
        part("/v1/score", {"text": "calm"}),
        part("/batch"),
        part("/metrics", method="GET"),
        part(ANALYZE, method="GET"),
        part(ANALYZE, "{unrepeatable"),
        b"Content-Type: application/http\n\nunrepeatable",
        b"Content-Type: application/http\n\nPOST http://[ HTTP/1.1\n\n{}",
        b"",
        part(ANALYZE, Content_Type="text/plain"),
        part(),
    )
    assert [one.status for one in answers] == [
        200, 404, 404, 404, 405, 400, 400, 400, 400, 400, 200
    ]  # fmt: skip
    assert all(set(one.body) == {"error"} for one in answers[1:-1])
    assert PHRASE not in str(answers)
    assert answers[8].id == ""


def test_a_whole_address_and_other_line_ends_are_read(client: httpx.Client) -> None:
    answers = send(client, part(f"https://old.example{ANALYZE}?key=k&alt=json"))
    assert answers[0].status == 200
    lines = together(part(), part(), end=b"\r\n").replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
    reply = client.post("/batch", content=lines, headers={"Content-Type": MULTIPART})
    assert reply.content.count(b"HTTP/1.1 200 OK") == 2


def test_a_long_id_that_is_folded_comes_back_whole(client: httpx.Client) -> None:
    """A client may make the text itself the id of its request."""
    long = "%F0%9F%98%80" * 6_000
    (answer,) = send(client, part(id=f"<base +\n {long}>"))
    assert answer.id == f"<response-base + {long}>"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (MULTIPART, b""),
        (MULTIPART, b"no parts"),
        ("multipart/mixed", together(part())),
        ("multipart/form-data; boundary=x", b"--x\n\n\n--x--"),
        ("application/json", b"{}"),
        ("é", b""),
    ],
)
def test_what_is_no_batch_is_refused_whole(client: httpx.Client, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind.encode("utf-8")}
    reply = client.post("/batch", content=body, headers=headers)  # type: ignore[arg-type]
    message = "The body must be multipart/mixed with a boundary, as Google's clients send a batch"
    assert refused(reply, "INVALID_REQUEST", message)


def test_a_batch_has_limits_in_parts_and_in_bytes() -> None:
    with client_of(max_texts=3, max_body_bytes=2_000) as client:
        assert len(send(client, *[part()] * 3)) == 3
        headers = {"Content-Type": MULTIPART}
        reply = client.post("/batch", content=together(*[part()] * 4), headers=headers)
        assert refused(reply, "INVALID_REQUEST", "The batch has 4 parts; the limit is 3")
        reply = client.post("/batch", content=b" " * 2_001, headers=headers)
        assert reply.json()["error"]["message"].startswith("Request payload size exceeds")


def test_a_part_is_not_cut_into_parts_itself() -> None:
    """Parts in parts in parts would take a time that grows with the square of their number."""
    inner = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    nested = b"".join(inner % (number, number) for number in range(200))
    embedded = b"Content-Type: message/rfc822\n\n" * 200
    parts = read_parts(together(nested, embedded, part()), MULTIPART, limit=3)
    assert [one.error is None for one in parts] == [False, False, True]


def test_a_batch_of_very_many_lines_is_refused_before_anything_is_made_of_it() -> None:
    for lines in (b"a:\n" * 200_000, b"\r" * 200_000):
        with pytest.raises(PerspectiveError) as caught:
            read_parts(together(part(), lines + part()), MULTIPART, limit=3)
        assert caught.value.message == "The batch has too many lines"
    indented = json.dumps({**CALM, "languages": ["en"] * 100}, indent=1)
    (one,) = read_parts(together(part(body=indented)), MULTIPART, limit=1)
    assert json.loads(one.body) == {**CALM, "languages": ["en"] * 100}


@settings(derandomize=True, max_examples=150)
@given(
    raw=st.binary(max_size=200)
    | st.lists(st.sampled_from([b"--x", b"--x--", b"\n", b"\r\n", b": ", b"POST / HTTP/1.1", b"a"]))
    .map(b"".join),
    kind=st.sampled_from(["multipart/mixed; boundary=x", 'multipart/mixed; boundary=""'])
    | st.text(max_size=20),
)  # fmt: skip
def test_any_bytes_are_parts_or_no_batch(raw: bytes, kind: str) -> None:
    with suppress(PerspectiveError):
        assert read_parts(raw, kind, limit=100)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database of keys."""
    return url_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def keys(database: str) -> dict[str, str]:
    """Return keys, by the scope that they are for; the service knows them from the start."""
    return {
        "score": create_key(database, "score", [Scope.SCORE])[0],
        "suggest": create_key(database, "suggest", [Scope.SUGGEST])[0],
        "three": create_key(database, "three", [Scope.SCORE], rate=3)[0],
    }


@pytest.fixture(scope="module")
def guarded(database: str, keys: dict[str, str]) -> Iterator[httpx.Client]:
    """Give a client of a service that asks for keys."""
    with client_of(authentication="keys", database=database) as client:
        yield client


def test_each_part_is_authorised_by_itself(guarded: httpx.Client, keys: dict[str, str]) -> None:
    answers = send(
        guarded,
        part(f"{ANALYZE}?key={keys['score']}"),
        part(f"{ANALYZE}?key=wrong"),
        part(ANALYZE),
        part(ANALYZE, Authorization=f"Bearer {keys['score']}"),
        part(ANALYZE, x_goog_api_key=keys["score"]),
        part(ANALYZE, x_goog_api_key=keys["suggest"]),
    )
    assert [one.status for one in answers] == [200, 400, 403, 200, 200, 403]
    assert answers[1].body["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_the_key_of_the_whole_batch_is_that_of_parts_without_one(
    guarded: httpx.Client, keys: dict[str, str]
) -> None:
    by_bearer = send(guarded, part(), part(), Authorization=f"Bearer {keys['score']}")
    by_google = send(guarded, part(), part(), x_goog_api_key=keys["score"])
    assert [one.status for one in (*by_bearer, *by_google)] == [200] * 4
    (answer,) = send(guarded, part(x_goog_api_key="wrong"), x_goog_api_key=keys["score"])
    assert answer.status == 403


def test_each_part_counts_as_a_request_of_its_key(
    guarded: httpx.Client, keys: dict[str, str]
) -> None:
    answers = send(guarded, *[part(f"{ANALYZE}?key={keys['three']}")] * 5)
    assert sorted(one.status for one in answers) == [200, 200, 200, 429, 429]
    refusal = next(one for one in answers if one.status == 429)
    assert int(refusal.headers["retry-after"]) >= 1


def test_a_part_is_counted_as_its_method(client: httpx.Client) -> None:
    def counted() -> float:
        lines = client.get("/metrics").text.splitlines()
        start = (
            f'moderation_requests_total{{protocol="perspective",route="{ANALYZE}",status="200"}}'
        )
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(start))

    before = counted()
    send(client, part(), part())
    assert counted() == before + 2


def test_a_page_of_another_site_sends_no_batch(client: httpx.Client) -> None:
    headers = {"Content-Type": MULTIPART, "Origin": "https://evil.example"}
    reply = client.post("/batch", content=together(part()), headers=headers)
    assert reply.status_code == 403
