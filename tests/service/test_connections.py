"""A client that is slow, silent or endless costs its own connection, and its neighbours nothing."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from moderation.service import connections
from moderation.service.app import create_app
from moderation.service.connections import MAX_HEADERS, MAX_URL_BYTES, Connection
from moderation.service.security import SIGNATURE_HEADER
from moderation.settings import Settings
from tests.service.fakes import client_of, fake_moderator, is_ready, running, score, wait_until
from tests.service.test_server import live

HEAD = b"POST /v1/score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
LONG_BODY = HEAD + b"Content-Length: 1000\r\n\r\n"
NO_REUSE = httpx.Limits(max_keepalive_connections=0)
PATIENCE = 20
"""Seconds after which a test no longer waits for a connection to be closed."""


@pytest.fixture(scope="module")
def soon() -> Iterator[httpx.Client]:
    """Give a client of a service that waits for nobody for long, and looks at them often."""
    app = create_app(
        Settings(header_seconds=0.5, body_seconds=0.5, log_level="warning"), fake_moderator
    )
    with (
        pytest.MonkeyPatch.context() as patch,
        running(app, timeout_keep_alive=1) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30, limits=NO_REUSE) as client,
    ):
        patch.setattr(connections, "SWEEP_SECONDS", 0.1)
        wait_until(lambda: is_ready(client))
        yield client


@contextmanager
def connected(client: httpx.Client) -> Iterator[socket.socket]:
    address = ("127.0.0.1", client.base_url.port or 0)
    with socket.create_connection(address, timeout=PATIENCE) as raw:
        yield raw


def rest_of(raw: socket.socket) -> bytes:
    """Return all bytes until the service closes the connection."""
    parts = []
    while True:
        try:
            part = raw.recv(1 << 16)
        except ConnectionResetError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer[9:12])


def drip(raw: socket.socket, part: bytes, ended: threading.Event) -> threading.Thread:
    """Send a part again and again, until the service or the test ends it."""

    def send() -> None:
        try:
            while not ended.wait(0.1):
                raw.sendall(part)
        except OSError:
            pass

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_silent_connections_are_closed_and_their_neighbours_answered_meanwhile(
    soon: httpx.Client,
) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(connected(soon)) for _ in range(200)]
        for _ in range(20):
            assert score(soon, {"text": "calm"}).is_success
        assert [raw for raw in silent if rest_of(raw)] == []
    assert score(soon, {"text": "calm"}).is_success


@pytest.mark.parametrize(
    ("first", "part", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-A: b\r\n", 408),
        (b"GET / HTTP/1.1\r\nX-A: ", b"b", 408),
        (b"GET /", b"a", 408),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b" ", 408),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 408),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b"", 408),
        (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"\r\n", 200),
    ],
    ids=["headers", "a header", "a path", "a body", "chunks", "half a body", "blank lines"],
)
def test_what_never_ends_is_ended_beside_sound_neighbours(
    first: bytes, part: bytes, status: int, soon: httpx.Client
) -> None:
    ended = threading.Event()
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(soon)) for _ in range(5)]
        for raw in slow:
            raw.sendall(first)
        threads = [drip(raw, part, ended) for raw in slow]
        assert all(score(soon, {"text": "calm"}).is_success for _ in range(20))
        assert {status_of(rest_of(raw)) for raw in slow} == {status}
        ended.set()
        for thread in threads:
            thread.join()


def test_a_body_that_does_not_come_is_told_in_the_shape_of_its_protocol(
    soon: httpx.Client,
) -> None:
    with connected(soon) as raw:
        raw.sendall(LONG_BODY)
        head, _, content = rest_of(raw).partition(b"\r\n\r\n")
    assert status_of(head) == 408
    assert b"connection: close" in head.lower()
    assert b"x-request-id" in head.lower()
    assert json.loads(content)["error"]["code"] == "refused"


def test_a_slow_body_is_taken_while_it_comes_fast_enough(soon: httpx.Client) -> None:
    # 32 KiB have 8 seconds beyond the half of one.
    body = b'{"text": "calm"}'.ljust(1 << 15)
    with connected(soon) as raw:
        raw.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 1 << 13):
            raw.sendall(body[at : at + (1 << 13)])
            time.sleep(0.2)
        assert status_of(rest_of(raw)) == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"".join(b"X-%d: y\r\n" % number for number in range(10_000)), 431),
        (b"".join(b"X-%d: y\r\n" % number for number in range(MAX_HEADERS + 1)), 431),
        (b"".join(b"X-%d: y\r\n" % number for number in range(MAX_HEADERS - 9)), 200),
        (b"X: " + b"y" * 40_000 + b"\r\n", 431),
        (b"X: " + b"y" * 4_000_000 + b"\r\n", 431),
        (b"X: " + b"y" * 20_000 + b"\r\n", 200),
    ],
    ids=["10000", "too many", "many", "too long", "endless", "long"],
)
def test_headers_have_a_limit_of_size_and_count(
    soon: httpx.Client, head: bytes, status: int
) -> None:
    with connected(soon) as raw:
        whole = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + head
        try:
            raw.sendall(whole + b"\r\n")
        except ConnectionError:
            assert status == 431
        assert status_of(rest_of(raw)) == status
    assert score(soon, {"text": "calm"}).is_success


def test_an_address_has_a_limit(soon: httpx.Client) -> None:
    short, long = "a" * 8_000, "a" * (MAX_URL_BYTES + 1)
    assert soon.get(f"/healthz?{short}").status_code == 200
    refused = soon.get(f"/healthz?{long}")
    assert refused.status_code == 414
    assert refused.json()["error"]["code"] == "refused"
    with connected(soon) as raw:
        raw.sendall(b"GET /" + b"a" * 1_000_000)
        assert status_of(rest_of(raw)) == 414


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        ("/v1/score", {"authentication": "keys"}),
        ("/v1/pages", {"authentication": "keys"}),
        ("/coral/moderation", {}),
        ("/coral/moderation", {"coral_secrets": ("a-signing-secret-of-coral",)}),
    ],
)
def test_who_may_not_send_is_told_before_the_body_and_let_go(
    path: str, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REST_SECONDS", 0.2)
    monkeypatch.setattr(connections, "SWEEP_SECONDS", 0.1)
    ended = threading.Event()
    with (
        client_of(keys_file=tmp_path / "none.json", body_seconds=60, **settings) as client,
        connected(client) as raw,
    ):
        signature = f"{SIGNATURE_HEADER}: sha256=none\r\n".encode()
        raw.sendall(HEAD.replace(b"/v1/score", path.encode()) + signature)
        raw.sendall(b"Content-Length: 1000000\r\n\r\n")
        thread = drip(raw, b" ", ended)
        assert status_of(rest_of(raw)) == 401
        ended.set()
        thread.join()
        assert client.get("/healthz").status_code == 200


def test_a_client_that_still_sends_gets_its_refusal_and_keeps_its_connection() -> None:
    with client_of(max_body_bytes=2_000) as client, connected(client) as raw:
        for _ in range(2):
            raw.sendall(HEAD + b"Content-Length: 3000000\r\n\r\n")
            raw.sendall(b" " * 3_000_000)
            assert status_of(raw.recv(1 << 16)) == 413
        raw.sendall(HEAD + b"Connection: close\r\nContent-Length: 16\r\n\r\n" + b'{"text": "calm"}')
        assert status_of(rest_of(raw)) == 200


def test_a_client_that_was_to_wait_for_a_go_ahead_is_let_go() -> None:
    with client_of(max_body_bytes=2_000) as client, connected(client) as raw:
        raw.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 3000\r\n\r\n")
        assert status_of(rest_of(raw)) == 413


def test_a_client_that_does_not_take_its_answers_is_dropped(
    soon: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MIN_RATE", 1 << 20)
    request = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with connected(soon) as raw:
        raw.settimeout(0.2)

        def is_dropped() -> bool:
            assert score(soon, {"text": "calm"}).is_success
            try:
                raw.sendall(request * 100)
            except TimeoutError:
                return False
            except ConnectionError:
                return True
            return False

        wait_until(is_dropped, PATIENCE)


def test_requests_sent_at_once_are_answered_in_turn(soon: httpx.Client) -> None:
    body = b'{"text": "calm"}'
    post = HEAD + b"Content-Length: 16\r\n\r\n" + body
    with connected(soon) as raw:
        raw.sendall(post * 5 + post.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert rest_of(raw).count(b"HTTP/1.1 200 ") == 6


@pytest.mark.parametrize("written", [b"Upgrade: h2c", b"upgrade: websocket"])
@pytest.mark.parametrize("parts", [1, 2])
def test_a_request_that_offers_another_protocol_is_answered_in_this_one(
    soon: httpx.Client, written: bytes, parts: int
) -> None:
    """Java's own client offers HTTP/2 so, and sends head and body apart."""
    body = b'{"text": "calm"}'
    head = HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAE\r\n" + written
    head += b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    with connected(soon) as raw:
        for _ in range(2):
            sent = [head + body] if parts == 1 else [head, body]
            for part in sent:
                raw.sendall(part)
                time.sleep(0.05)
            answer = raw.recv(1 << 16)
            assert status_of(answer) == 200
            assert b'"label":"civil"' in answer.replace(b": ", b":")


def test_files_are_kept_for_all_but_connections_and_silent_ones_make_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODERATION_HEADER_SECONDS", "600")
    with live(files=128) as service, ExitStack() as stack:
        flood = [stack.enter_context(connected(service.client)) for _ in range(90)]
        # Half of the files are for connections: those beyond are refused in words, and the first,
        # which is as silent, is closed long before its time, since hardly any more could be had.
        assert {status_of(rest_of(raw)) for raw in flood[-20:]} == {503}
        assert rest_of(flood[0]) == b""
        # By a connection of its own: the client's may have been among the silent ones.
        url = service.client.base_url.join("/v1/score")
        assert httpx.post(url, json={"text": "calm"}, trust_env=False).is_success
        stack.close()
        assert service.answers()
        service.stop()
        assert "Too many open files" not in service.written
        assert "Traceback" not in service.written


def test_uvicorn_still_has_what_the_limits_are_built_on() -> None:
    names: Sequence[str] = (
        *("connection_made", "data_received", "pause_writing", "resume_writing"),
        *("on_message_begin", "on_headers_complete", "on_message_complete"),
        *("on_response_complete", "send_400_response"),
    )
    for name in names:
        assert name in vars(HttpToolsProtocol), name
        assert name in vars(Connection), name
    assert {"message_event", "scope", "flow"} <= set(RequestResponseCycle.__init__.__annotations__)
