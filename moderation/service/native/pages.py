"""Pages in requests: read in processes of their own, and judged passage by passage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from joblib import cpu_count

from moderation.errors import ModerationError, TooLarge, UnreadablePage
from moderation.pages import HTML, TEXT, Kind, Page, Passage, RawPage, context_of
from moderation.pages.encoding import header_charset
from moderation.pages.sandbox import PageLimits, Sandbox, SandboxError, SandboxErrorKind
from moderation.service import intake
from moderation.service.engine import RequestJudge
from moderation.service.errors import Busy, UnsupportedMediaType
from moderation.settings import Settings
from moderation.text.document import Document
from moderation.verdict import Verdict

MAX_PROCESSES = 4
"""Most reading processes for each that serves: one takes some 120 MB besides its pages."""
MAX_WAITING = 16
"""Pages that may wait for each process."""
IDLE_SECONDS = 300.0
"""Seconds that an idle process is kept: to start one takes a second."""
SEND_PAGE = "Send the page itself, with the header Content-Type: text/html or text/plain."


class PageReaders:
    """Reads pages in processes of their own, which are started when they are needed.

    Parameters
    ----------
    read : callable
        Reads a page; a process finds it by its module and name.
    settings : Settings
        Its `page_seconds` and `page_memory_mb` hold for each page.
    """

    def __init__(self, read: Callable[[RawPage], Page], settings: Settings) -> None:
        self._read = read
        self._limits = PageLimits(settings.page_seconds, settings.page_memory_mb << 20)
        self.processes = min(MAX_PROCESSES, max(2, cpu_count() // settings.workers))
        self._limiter = CapacityLimiter(self.processes)
        self._free: list[Sandbox[RawPage, Page]] = []
        self._started: set[Sandbox[RawPage, Page]] = set()
        self._in_hand = 0
        self._uses = 0

    async def read(self, sent: RawPage) -> Page:
        """Return a page, split into passages.

        Raises
        ------
        UnreadablePage
            If it cannot be read.
        TooLarge
            If reading it takes too long or too much memory.
        Busy
            If too many pages wait.
        """
        if self._in_hand >= self.processes * (1 + MAX_WAITING):
            raise Busy("Too many pages wait to be read.", remedy="Try again in a few seconds.")
        self._in_hand += 1
        self._uses += 1
        try:
            return await to_thread.run_sync(self._call, sent, limiter=self._limiter)
        except SandboxError as error:
            raise _refusal(error) from None
        finally:
            self._in_hand -= 1

    def _call(self, sent: RawPage) -> Page:
        """Read a page, in one of as many threads as there may be processes."""
        try:
            sandbox = self._free.pop()
        except IndexError:
            sandbox = Sandbox(self._read, self._limits)
            self._started.add(sandbox)
        try:
            return sandbox.call(sent)
        finally:
            self._free.append(sandbox)

    def close(self) -> None:
        """End the processes."""
        while self._started:
            self._started.pop().close()

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """End the processes when they have been idle for long, and when the service ends."""
        task = asyncio.create_task(self._close_idle())
        yield
        task.cancel()
        await to_thread.run_sync(self.close)

    async def _close_idle(self) -> None:
        while True:
            uses = self._uses
            await asyncio.sleep(IDLE_SECONDS)
            if uses == self._uses and not self._in_hand:
                # One that is needed again is started again.
                for sandbox in self._free:
                    sandbox.close()


def _refusal(error: SandboxError) -> ModerationError:
    if error.kind is SandboxErrorKind.CRASH:
        return UnreadablePage(error.message, where="body")
    return TooLarge(
        error.message,
        where="body",
        remedy="Send it in parts, or use `moderation batch` with a larger limit.",
    )


async def sent_page(request: Request) -> RawPage:
    """Return the page in a request's body.

    Raises
    ------
    UnsupportedMediaType
        If the headers do not say text or HTML, uncompressed.
    TooLarge
        If the body is over the service's limit.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity")
    if kind not in {TEXT, HTML} or encoding.lower() != "identity":
        raise UnsupportedMediaType(
            "The body is not said to be a page, uncompressed.", where="headers", remedy=SEND_PAGE
        )
    return RawPage(await request.body(), kind, header_charset(content_type))


async def judge_passages(
    page: Page, judge: RequestJudge, settings: Settings, address: str | None = None
) -> tuple[dict[str, Any], list[intake.Submission]]:
    """Judge a page's passages, except its furniture.

    Parameters
    ----------
    page : Page
    judge : RequestJudge
    settings : Settings
    address : str, optional
        The page's address, for the review desk.

    Returns
    -------
    dict
        The reply.
    list of intake.Submission
        The page's comments.

    Raises
    ------
    TooLarge
        If it has too many passages, or one passage is too long.
    """
    passages = [passage for passage in page.passages if passage.kind is not Kind.FURNITURE]
    _check_limits(passages, settings)
    documents = [Document.in_language(passage.text, passage.language) for passage in passages]
    verdicts = await judge.judge(documents) if documents else []
    reply = {
        "title": page.title,
        "author": page.author,
        "date": page.date,
        "language": page.language,
        "passages": [
            asdict(passage) | {"verdict": verdict.to_dict()}
            for passage, verdict in zip(passages, verdicts, strict=True)
        ],
    }
    return reply, _comments(page, zip(passages, verdicts, strict=True), address)


def _comments(
    page: Page, judged: Iterable[tuple[Passage, Verdict]], address: str | None
) -> list[intake.Submission]:
    context = context_of(
        (passage.kind, passage.text, passage.position) for passage in page.passages
    )
    return [
        intake.Submission(
            passage.text,
            verdict,
            "native",
            external_id=passage.permalink,
            page=address,
            title=page.title,
            author=passage.author,
            parent=context.parent(passage.parent),
            article=context.article,
            time=intake.time_of(passage.time),
        )
        for passage, verdict in judged
        if passage.kind is Kind.COMMENT
    ]


def _check_limits(passages: list[Passage], settings: Settings) -> None:
    if len(passages) > settings.max_texts:
        raise TooLarge(
            f"The page has {len(passages)} passages; the limit is {settings.max_texts}.",
            where="body",
            remedy="Send it in parts, or use `moderation batch`.",
        )
    longest = max((len(passage.text) for passage in passages), default=0)
    if longest > settings.max_text_chars:
        raise TooLarge(
            f"A passage has {longest} characters; the limit is {settings.max_text_chars}.",
            where="body",
            remedy="Put line breaks between the page's paragraphs.",
        )
