"""A page in the body comes back as its article and its comments, judged."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from moderation.pages import Page, RawPage, read_page
from moderation.service.native import pages as readers
from moderation.service.native import routes
from moderation.service.native.messages import PageReply
from tests.service.fakes import client_of, is_error, score, wait_until

LEAD = "The district council voted on Tuesday to repair the north bridge, officials said."
BODY = "The bridge has been closed since the floods in March, and traffic goes by the old road."
COMMENT = "I say hostileword 😀 about all of them, and I mean it."
TEXT = f"Bridge to be repaired\n\n{LEAD}\n\n{BODY}\n\n1 comment\n\nAnna says:\n\n{COMMENT}\n"
LATIN = "Die Fähre fährt früh über den Fluß, und das café am Pier öffnet später.".encode("cp1252")
HTML = (
    "<!doctype html><html><head><title>Unseen</title><script>unseen()</script></head><body>"
    f"<h1>Bridge to be repaired</h1><p>{LEAD}</p><p>{BODY}</p>"
    f"<h2>1 comment</h2><ul><li><p>Anna says:</p><p>{COMMENT}</p></li></ul></body></html>"
)


def send(client: httpx.Client, page: str | bytes, kind: str = "text/plain") -> httpx.Response:
    content = page if isinstance(page, bytes) else page.encode()
    return client.post("/v1/pages", content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize(("page", "kind"), [(TEXT, "text/plain"), (HTML, "text/html")])
def test_a_page_comes_back_as_its_article_and_its_comments(
    client: httpx.Client, page: str, kind: str
) -> None:
    reply = send(client, page, kind)
    assert reply.status_code == 200
    found = PageReply.model_validate(reply.json())
    assert found.title == "Bridge to be repaired"
    texts = {(each.kind.value, each.text) for each in found.passages}
    assert {("article", LEAD), ("article", BODY), ("comment", COMMENT)} <= texts
    assert not any("nseen" in each.text for each in found.passages)
    (comment,) = [each for each in found.passages if each.kind == "comment"]
    assert comment.author == "Anna"
    assert comment.verdict.label == "ethnic_hostility"
    (span,) = comment.verdict.spans
    assert comment.text[span.start : span.end] == "hostileword"


def test_a_comment_in_a_language_that_is_not_judged_has_an_action_alone(
    client: httpx.Client,
) -> None:
    french = "Le conseil devrait publier ses comptes avant lundi, comme il nous l'avait promis."
    found = PageReply.model_validate(
        send(client, HTML.replace(COMMENT, french), "text/html").json()
    )
    assert {each.text: each.language for each in found.passages}[french] == "fr"
    unjudged = {each.text: each.verdict for each in found.passages}.pop(french)
    assert (unjudged.judged, unjudged.language, unjudged.action) == (False, "fr", "review")
    assert (unjudged.label, unjudged.scores, unjudged.reasons) == (None, {}, ["language"])
    assert all(each.verdict.judged for each in found.passages if each.text != french)
    with client_of(languages=("en", "fr")) as both:
        reply = send(both, HTML.replace(COMMENT, french), "text/html")
        assert all(each["verdict"]["judged"] for each in reply.json()["passages"])


def test_offsets_count_in_a_text_page_and_are_not_given_for_html(client: httpx.Client) -> None:
    page = "\ufeff😀 First\r\n\r\n" + TEXT
    seen = page.removeprefix("\ufeff")  # a byte order mark is no part of a text
    for each in send(client, page).json()["passages"]:
        assert seen[each["start"] : each["end"]] == each["text"]
    for each in send(client, HTML, "text/html").json()["passages"]:
        assert each["start"] is each["end"] is None


@pytest.mark.parametrize("page", ["", " \n", "\n\n***\n"])
def test_a_page_that_says_nothing_has_no_passages(client: httpx.Client, page: str) -> None:
    assert send(client, page).json()["passages"] == []
    assert send(client, page, "text/html").status_code == 200


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("Café in Kraków".encode("cp1250"), "text/plain; charset=windows-1250"),
        ("Café in Kraków".encode("utf-16"), "text/plain; charset=UTF-16"),
        (
            b'<meta http-equiv="x" content="text/html; charset=windows-1250"><p>'
            + "Café in Kraków".encode("cp1250"),
            "text/html",
        ),
        (b"<meta charset='cp1250'>" + "Café in Kraków".encode(), "text/html; charset=utf-8"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_names(
    client: httpx.Client, page: bytes, kind: str
) -> None:
    assert "Café in Kraków" in send(client, page, kind).text


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (LATIN, "text/plain"),
        (LATIN, "text/html"),
        (b"caf\xe9", "text/plain; charset=ascii"),
        ("café".encode(), "text/plain; charset=none-such"),
        ("café".encode(), "text/plain; charset=punycode"),
        ("café".encode(), "text/plain; charset=base64"),
        ("<meta charset=rot13>café".encode(), "text/html"),
    ],
)
def test_a_page_is_read_though_its_encoding_is_wrongly_said_or_not_at_all(
    client: httpx.Client, page: bytes, kind: str
) -> None:
    assert "café" in send(client, page, kind).text


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "text/plain"),
        (b"%PDF-1.7", "text/html"),
        (b"word\0" * 1000, "text/plain"),
        (b"<div>" * 100_000, "text/html"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(
    client: httpx.Client, page: bytes, kind: str
) -> None:
    assert is_error(send(client, page, kind), 400, "unreadable_page")


@pytest.mark.parametrize("kind", ["application/json", "application/pdf", "", "text/htmlx"])
def test_what_is_no_page_is_refused(client: httpx.Client, kind: str) -> None:
    assert is_error(send(client, "x", kind), 415, "unsupported_media_type")


def test_a_compressed_page_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    reply = client.post("/v1/pages", content=b"\x1f\x8b", headers=headers)
    assert is_error(reply, 415, "unsupported_media_type")


def test_a_nul_moves_no_offset(client: httpx.Client) -> None:
    (passage,) = send(client, "One says\0 hostileword again and again.").json()["passages"]
    (span,) = passage["verdict"]["spans"]
    assert passage["text"][span["start"] : span["end"]] == "hostileword"
    assert passage["start"] == 0


def test_limits_hold_for_pages() -> None:
    with client_of(max_texts=2, max_text_chars=90) as client:
        assert is_error(send(client, TEXT), 413, "too_large")
        assert is_error(send(client, f"{LEAD} {BODY}"), 413, "too_large")


def test_a_page_that_takes_too_long_is_refused_and_the_next_is_read() -> None:
    with client_of(page_seconds=0.5) as client:
        assert send(client, TEXT).status_code == 200
        reply = send(client, "Anna says: a line\n\n" * 200_000)
        assert is_error(reply, 413, "too_large")
        assert "longer than 0.5 s" in reply.json()["error"]["message"]
        assert send(client, TEXT).status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_page_that_takes_too_much_memory_is_refused_and_the_next_is_read() -> None:
    with client_of(page_seconds=60, page_memory_mb=64, max_body_bytes=20 << 20) as client:
        assert send(client, HTML, "text/html").status_code == 200
        reply = send(client, "<p>x</p>" * 2_000_000, "text/html")
        assert is_error(reply, 413, "too_large")
        assert "`page_memory_mb`" in reply.json()["error"]["message"]
        assert send(client, HTML, "text/html").status_code == 200


def test_a_page_that_breaks_its_reader_costs_its_own_request_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "read_page", read_or_break)
    with client_of(page_seconds=3) as client, ThreadPoolExecutor(2) as pool:
        assert send(client, TEXT).status_code == 200
        hanging = pool.submit(send, client, "hang")
        # One that hangs leaves the others their own process, and comments none of it.
        for _ in range(5):
            assert send(client, TEXT).status_code == 200
            assert score(client, {"text": "calm"}).is_success
        crashed = send(client, "crash")
        assert is_error(crashed, 400, "unreadable_page")
        assert "SIGSEGV" in crashed.json()["error"]["message"]
        assert send(client, TEXT).status_code == 200
        assert is_error(hanging.result(), 413, "too_large")
        assert send(client, TEXT).status_code == 200


def test_more_pages_than_can_be_read_soon_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "read_page", read_or_break)
    monkeypatch.setattr(readers, "MAX_WAITING", 1)
    with client_of(page_seconds=0.2) as client, ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: send(client, "hang"), range(12)))
        statuses = Counter(reply.status_code for reply in replies)
        assert statuses[413] >= 2
        assert statuses[503] >= 1
        assert statuses[413] + statuses[503] == 12
        assert send(client, TEXT).status_code == 200


def test_the_processes_that_read_pages_end_with_the_service_and_when_they_are_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readers, "IDLE_SECONDS", 0.5)
    others = reading()
    with client_of() as client:
        assert send(client, TEXT).status_code == 200
        wait_until(lambda: not reading() - others)
        monkeypatch.setattr(readers, "IDLE_SECONDS", 600)
        assert send(client, TEXT).status_code == 200
        assert reading() - others
    assert not reading() - others


def test_a_process_that_reads_pages_loads_neither_the_framework_nor_a_model() -> None:
    code = "import sys, moderation.pages.sandbox, moderation.pages\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(run.stdout.split())
    assert "lxml" in loaded
    assert not loaded & {"fastapi", "onnxruntime", "pydantic", "sqlalchemy", "tokenizers"}
    assert not loaded & {"moderation.moderator", "moderation.models", "moderation.service.engine"}


def reading() -> set[str]:
    """Return the ids of this process's own that read pages."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())],
        check=False,
        capture_output=True,
        text=True,
    )
    lines = listed.stdout.splitlines()
    return {line.split()[0] for line in lines if "moderation.pages.sandbox" in line}


def read_or_break(sent: RawPage) -> Page:
    """Read a page, unless it says what else is to be done."""
    if sent.data == b"hang":
        time.sleep(60)
    if sent.data == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    return read_page(sent)
