"""A corpus of two small files, served on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from moderation.corpora.corpus import Corpus, CorpusFile, CorpusText, values_of
from tests.corpora.small import ONE, SHA_ONE, SHA_TWO, TWO


class Server(ThreadingHTTPServer):
    """Serves bytes by path and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: dict[str, bytes] = {}
        self.cut_short: set[str] = set()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """The address on which it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's table."""

    server: Server

    def do_GET(self) -> None:
        """Send what the table has, or a part of it."""
        self.server.asked.append(self.path)
        content = self.server.content.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:4] if self.path in self.server.cut_short else content)

    def log_message(self, *arguments: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def read_lines(folder: Path) -> Iterator[CorpusText]:
    for name in ("one.txt", "two.txt"):
        text = (folder / name).read_text("utf-8")
        yield CorpusText(text, values_of(), "lines", name, "train")


@pytest.fixture
def lines(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Put a corpus of two small files into the registry and on the server."""
    files = tuple(
        CorpusFile(name, f"{server.url}/{name}", sha256)
        for name, sha256 in (("one.txt", SHA_ONE), ("two.txt", SHA_TWO))
    )
    corpus = Corpus("lines", "Lines", files, "CC0-1.0", "Us.", "Nothing", read_lines)
    monkeypatch.setattr("moderation.corpora.registry.CORPORA", (corpus,))
    server.content = {"/one.txt": ONE, "/two.txt": TWO}
    return server
