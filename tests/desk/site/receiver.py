"""A site that receives webhooks: it may fail, hang or be slow, and notes what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """The messages that were received, in order, each with its headers and its body."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[dict[str, Any]], int] = lambda _: 204
        """Returns the status for a message's data; it may take its time."""
        self.url = ""
        self.accepted: list[dict[str, Any]] = []
        """The data of the messages that were answered with success."""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Note a message, and return the status to answer it with."""
        self.messages.append((headers, body))
        data = json.loads(body)["data"]
        status = self.answer(data)
        if status < 300:
            self.accepted.append(data)
        return status


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve a receiver on a free port of the loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(headers, body)
            self.send_response(status)
            if status in {301, 302, 307, 308}:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of a sender that has hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hang(_: dict[str, Any]) -> int:
    """Answer too late."""
    time.sleep(3)
    return 204
