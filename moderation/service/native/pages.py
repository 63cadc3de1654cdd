"""A page in a request's body -> its article and comments, judged."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import asdict
from email.message import Message
from typing import Any, NamedTuple

from anyio import CapacityLimiter, to_thread
from fastapi import Request

from moderation.errors import TooLarge, UnreadablePage
from moderation.pages import (
    Kind,
    Page,
    Passage,
    is_supported,
    read_html,
    split_page,
    tell_languages,
)
from moderation.pages.html.encoding import CHARSETS
from moderation.service import intake
from moderation.service.asked import Asked
from moderation.service.http.errors import UnsupportedMediaType
from moderation.settings import Settings
from moderation.verdict import Verdict

TEXT, HTML = "text/plain", "text/html"
SEND_PAGE = "Send the page itself, with the header Content-Type: text/html or text/plain."
MOST_LINES = 20_000
"""Most lines of a page. Splitting takes about 0.1 ms a line, and other requests wait meanwhile."""

_META = re.compile(
    rb"""<meta\b[^>]{0,200}?\bcharset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_HEAD_BYTES = 1024

one_at_a_time = CapacityLimiter(1)
"""Pages are long, and are split one after the other."""


class Sent(NamedTuple):
    """A page as it was sent: its bytes, what they are said to be, and their encoding, if told."""

    data: bytes
    kind: str
    charset: str | None


async def sent_page(request: Request) -> Sent:
    """Return the page in a request's body.

    Raises
    ------
    UnsupportedMediaType
        If the headers do not say text or HTML, uncompressed.
    TooLarge
        If the body is over the service's limit.
    """
    content = Message()
    content["Content-Type"] = said = request.headers.get("content-type", "")
    # Not `get_content_type`, which takes what is no type at all for text.
    kind = said.partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity")
    if kind not in {TEXT, HTML} or encoding.lower() != "identity":
        raise UnsupportedMediaType(
            "The body is not said to be a page, uncompressed.", where="headers", remedy=SEND_PAGE
        )
    return Sent(await request.body(), kind, content.get_content_charset())


async def judge_page(
    sent: Sent, engine: Asked, settings: Settings, address: str | None = None
) -> tuple[dict[str, Any], list[intake.Sent]]:
    """Split a page and judge all of it but its furniture and what is in other languages.

    Parameters
    ----------
    sent : Sent
    engine : Asked
    settings : Settings
    address : str, optional
        Where the page stands, for the review desk.

    Returns
    -------
    dict
        The reply.
    list of intake.Sent
        The page's comments.

    Raises
    ------
    UnreadablePage
        If its encoding is not known or not the one it is said to be, or it is nested too deeply.
    TooLarge
        If it has too many lines or passages, or one passage is too long.
    """
    page = await to_thread.run_sync(_split, sent, limiter=one_at_a_time)
    passages = [each for each in page.passages if each.kind is not Kind.FURNITURE]
    _check_limits(passages, settings)
    judged = [each for each in passages if is_supported(each, settings.languages)]
    found = await engine.judge([each.text for each in judged]) if judged else []
    verdicts = iter(found)
    told = {
        "title": page.title,
        "author": page.author,
        "date": page.date,
        "language": page.language,
        "passages": [
            asdict(passage)
            | {
                # A language that the model does not read is no clean text: it has no verdict.
                "verdict": next(verdicts).to_dict()
                if is_supported(passage, settings.languages)
                else None
            }
            for passage in passages
        ],
    }
    return told, _comments(page, zip(judged, found, strict=True), address)


def _comments(
    page: Page, judged: Iterable[tuple[Passage, Verdict]], address: str | None
) -> list[intake.Sent]:
    article = "\n\n".join(each.text for each in page.passages if each.kind is Kind.ARTICLE)
    texts = {each.position: each.text for each in page.passages if each.position is not None}
    return [
        intake.Sent(
            passage.text,
            verdict,
            "native",
            external_id=passage.permalink,
            page=address,
            title=page.title,
            author=passage.author,
            parent=None if passage.parent is None else texts.get(passage.parent),
            article=article or None,
            time=intake.time_of(passage.time),
        )
        for passage, verdict in judged
        if passage.kind is Kind.COMMENT
    ]


def _split(sent: Sent) -> Page:
    return tell_languages(_read(sent))


def _read(sent: Sent) -> Page:
    text = decode(sent)
    if sent.kind == HTML:
        return read_html(text.encode())
    lines = len(text.splitlines())
    if lines > MOST_LINES:
        raise TooLarge(
            f"The page has {lines} lines; the limit is {MOST_LINES}.",
            where="body",
            remedy="Send it in parts, or use `moderation batch`.",
        )
    return split_page(text)


def decode(sent: Sent) -> str:
    """Return a page's characters; NUL becomes U+FFFD, so that every offset stays.

    The encoding is the one in the header, else, for HTML, the one that the page names, else UTF-8.
    """
    named = sent.charset
    if named is None and sent.kind == HTML:
        meta = _META.search(sent.data[:_HEAD_BYTES])
        named = meta and meta[1].decode("ascii", "replace")
    try:
        codec = codecs.lookup(named or "utf-8").name
    except (LookupError, ValueError):
        codec = ""
    if codec not in CHARSETS:
        raise UnreadablePage(
            "The page's encoding is not one that is known here.",
            where="headers",
            remedy="Send it in UTF-8.",
        )
    try:
        # utf-8-sig drops a byte order mark, which no reader sees.
        text = sent.data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        raise UnreadablePage(
            f"The page is not {codec} at byte {error.start}.",
            where="body",
            remedy="Send it in UTF-8, or name its encoding: Content-Type: text/html; charset=...",
        ) from None
    return text.replace("\0", "\ufffd")


def _check_limits(passages: list[Passage], settings: Settings) -> None:
    if len(passages) > settings.max_texts:
        raise TooLarge(
            f"The page has {len(passages)} passages; the limit is {settings.max_texts}.",
            where="body",
            remedy="Send it in parts, or use `moderation batch`.",
        )
    longest = max((len(each.text) for each in passages), default=0)
    if longest > settings.max_text_chars:
        raise TooLarge(
            f"A passage has {longest} characters; the limit is {settings.max_text_chars}.",
            where="body",
            remedy="Put line breaks between the page's paragraphs.",
        )
