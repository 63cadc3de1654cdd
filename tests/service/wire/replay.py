"""Services in process, asked the requests of the recording."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

from moderation.service.app import create_app
from moderation.service.intake import Correction, Submission
from moderation.service.security import SECURITY_HEADERS
from moderation.settings import Settings
from tests.service.fakes import fake_moderator, wait_until
from tests.service.wire.requests import (
    MAX_BODY_BYTES,
    MAX_TEXT_CHARS,
    MAX_TEXTS,
    SECRET,
    Recorded,
)

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.jsonl"
OPENAPI = HERE / "openapi.json"
ADDRESS = "http://127.0.0.1:8000"
REQUEST_ID = "x-request-id"
"""The header that is new each time."""
USUAL = {name.lower(): value for name, value in SECURITY_HEADERS.items()}
"""The headers of every answer, of which the recording shows only what an answer has otherwise."""
MODERATION_ID = re.compile("modr-[0-9a-f]{32}")
GUID = "x-akismet-guid"
"""A header that Akismet's answers have, likewise new each time."""
NEW_EACH_TIME = {"id", "time", "verdict", "comment"}
SINCE_RECORDED = (("of_site", False), ("replies", 0))
"""Fields of a comment that are newer than the recording, with the values of its requests."""

Answer = dict[str, Any]


class Kept:
    """Stands for the review desk and the store of corrections, and keeps what comes to them."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def take(self, sent: Sequence[Submission], /) -> None:
        """Keep comments."""
        self.kept += [_record(comment) for comment in sent]

    def add(self, correction: Correction) -> None:
        """Keep a correction."""
        self.kept.append(_record(correction))


class Services:
    """The services of the recording.

    Parameters
    ----------
    clients : dict
        A client of each, by its name.
    kept : Kept
    """

    def __init__(self, clients: dict[str, TestClient], kept: Kept) -> None:
        self._clients = clients
        self._kept = kept

    def ask(self, request: Recorded) -> Answer:
        """Return the answer to a request, without what is new each time.

        Besides status, headers and body it holds what was handed on to the review desk and to the
        store of corrections.
        """
        self._kept.kept.clear()
        reply = self._clients[request.service].request(
            request.method, request.path, content=request.body, headers=dict(request.headers)
        )
        headers: dict[str, str | None] = {
            name: value
            for name, value in reply.headers.items()
            if name not in {REQUEST_ID, GUID} and value != USUAL.get(name)
        }
        headers |= {name: None for name in USUAL if name not in reply.headers}
        answer: Answer = {
            "status": reply.status_code,
            "headers": headers,
            "body": MODERATION_ID.sub("modr-", reply.content.decode("utf-8")),
        }
        return answer | ({"kept": list(self._kept.kept)} if self._kept.kept else {})

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        document: dict[str, Any] = self._clients["open"].get("/openapi.json").json()
        return document


@contextmanager
def services() -> Iterator[Services]:
    """Give the services of the recording, ready, in this process."""
    limits: dict[str, Any] = {
        "max_text_chars": MAX_TEXT_CHARS,
        "max_texts": MAX_TEXTS,
        "max_body_bytes": MAX_BODY_BYTES,
        "max_wait_ms": 60_000,  # a busy machine is no answer
        "coral_secrets": (SECRET,),
        "coral_deadline_ms": 10_000,
        "log_level": "error",
    }
    kept = Kept()
    with ExitStack() as stack:
        keys = Path(stack.enter_context(TemporaryDirectory())) / "keys.json"
        chosen = {
            "open": Settings.model_validate(limits),
            "keyed": Settings.model_validate(
                limits | {"authentication": "keys", "keys_file": keys}
            ),
        }
        clients = {}
        for name, settings in chosen.items():
            app = create_app(settings, fake_moderator)
            app.state.intake = app.state.corrections = kept
            client = TestClient(app, base_url=ADDRESS, follow_redirects=False)
            clients[name] = stack.enter_context(client)
            wait_until(lambda client=client: client.get("/readyz").is_success)  # type: ignore[misc]
        yield Services(clients, kept)


def read_answers() -> dict[str, Answer]:
    """Return the recorded answers, by the name of the request."""
    records = map(json.loads, ANSWERS.read_text("utf-8").splitlines())
    return {record.pop("request"): record for record in records}


def _record(kept: Submission | Correction) -> dict[str, Any]:
    values = {
        name: value
        for name, value in asdict(kept).items()
        if name not in NEW_EACH_TIME and value is not None and (name, value) not in SINCE_RECORDED
    }
    # As JSON has it: tuples are lists, and a text may hold half an emoji.
    record: dict[str, Any] = json.loads(json.dumps(values))
    return record
