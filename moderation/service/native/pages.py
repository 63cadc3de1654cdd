"""A page in a request's body -> its article and comments, judged."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from fastapi import Request

from moderation.errors import TooLarge
from moderation.pages import Kind, Page, Passage, context_of, is_supported
from moderation.pages.encoding import header_charset
from moderation.service import intake
from moderation.service.asked import RequestJudge
from moderation.service.http.errors import UnsupportedMediaType
from moderation.service.native.reading import HTML, TEXT, SentPage
from moderation.settings import Settings
from moderation.verdict import Verdict

SEND_PAGE = "Send the page itself, with the header Content-Type: text/html or text/plain."


async def sent_page(request: Request) -> SentPage:
    """Return the page in a request's body.

    Raises
    ------
    UnsupportedMediaType
        If the headers do not say text or HTML, uncompressed.
    TooLarge
        If the body is over the service's limit.
    """
    said = request.headers.get("content-type", "")
    kind = said.partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity")
    if kind not in {TEXT, HTML} or encoding.lower() != "identity":
        raise UnsupportedMediaType(
            "The body is not said to be a page, uncompressed.", where="headers", remedy=SEND_PAGE
        )
    return SentPage(await request.body(), kind, header_charset(said))


async def judge_page(
    page: Page, engine: RequestJudge, settings: Settings, address: str | None = None
) -> tuple[dict[str, Any], list[intake.Submission]]:
    """Judge all of a page but its furniture and what is in other languages.

    Parameters
    ----------
    page : Page
    engine : RequestJudge
    settings : Settings
    address : str, optional
        Where the page stands, for the review desk.

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
) -> list[intake.Submission]:
    context = context_of((each.kind, each.text, each.position) for each in page.passages)
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
    longest = max((len(each.text) for each in passages), default=0)
    if longest > settings.max_text_chars:
        raise TooLarge(
            f"A passage has {longest} characters; the limit is {settings.max_text_chars}.",
            where="body",
            remedy="Put line breaks between the page's paragraphs.",
        )
