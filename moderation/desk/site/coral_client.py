"""Coral's GraphQL API: comments as Coral has them now, and decisions on them.

Sources: https://docs.coralproject.net/api.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpcore
from pydantic_core import to_json

from moderation import __version__
from moderation.desk.types import SiteState
from moderation.errors import Unavailable
from moderation.text.markup import TooDeep, visible_text
from moderation.text.validate import clean_text

TIMEOUT_SECONDS = 10.0
MAX_ANSWER = 1 << 20
MUTATIONS = {SiteState.APPROVED: "approveComment", SiteState.REJECTED: "rejectComment"}
COMMENT = """
    query Comment($id: ID!) {
        comment(id: $id) {
            id body status createdAt revision { id } author { username } parent { body }
            story { url metadata { title } }
        }
    }
"""
DECIDE = """
    mutation Decide($input: %(type)s!) {
        %(name)s(input: $input) { comment { id status } clientMutationId }
    }
"""


class CoralFailed(Unavailable):
    """Coral does not answer, or refuses what it is asked."""

    code = "coral_failed"


@dataclass(frozen=True, slots=True)
class CommentInCoral:
    """A comment as Coral has it now."""

    id: str
    revision: str
    status: str
    text: str
    author: str | None
    parent: str | None
    url: str | None
    title: str | None
    created: str | None


class CoralClient:
    """Coral's GraphQL API.

    Parameters
    ----------
    url : str
        Coral's address.
    token : str
        A personal access token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url.rstrip('/')}/api/graphql"
        self._headers = [
            ("content-type", "application/json"),
            ("authorization", f"Bearer {token}"),
            ("user-agent", f"moderation/{__version__}"),
        ]
        self._pool = httpcore.AsyncConnectionPool(ssl_context=httpcore.default_ssl_context())

    async def comment(self, comment_id: str) -> CommentInCoral | None:
        """Return a comment, None if there is none.

        Raises
        ------
        CoralFailed
        """
        found = (await self._ask(COMMENT, {"id": comment_id})).get("comment")
        if not found:
            return None
        story = found.get("story") or {}
        return CommentInCoral(
            id=found["id"],
            revision=(found.get("revision") or {}).get("id", ""),
            status=found.get("status", ""),
            text=_plain(found.get("body")),
            author=(found.get("author") or {}).get("username"),
            parent=_plain((found.get("parent") or {}).get("body")) or None,
            url=story.get("url"),
            title=(story.get("metadata") or {}).get("title"),
            created=found.get("createdAt"),
        )

    async def decide(self, comment: CommentInCoral, outcome: SiteState) -> None:
        """Approve or reject a revision of a comment.

        Raises
        ------
        CoralFailed
        """
        name = MUTATIONS[outcome]
        kind = f"{name[0].upper()}{name[1:]}Input"
        given = {"commentID": comment.id, "commentRevisionID": comment.revision}
        given["clientMutationId"] = f"{comment.id} {outcome}"
        await self._ask(DECIDE % {"type": kind, "name": name}, {"input": given})

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = to_json({"query": query, "variables": variables})
        limits = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
        try:
            reply = await self._pool.request(
                "POST",
                self._url,
                headers=self._headers,
                content=body,
                extensions={"timeout": limits},
            )
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise _failed(f"it cannot be reached ({type(error).__name__})") from None
        try:
            answer = json.loads(reply.content[:MAX_ANSWER])
        except ValueError:
            answer = None
        if reply.status != HTTPStatus.OK or not isinstance(answer, dict):
            raise _failed(f"status {reply.status}")
        if answer.get("errors"):
            raise _failed("it refuses what it is asked; does the token's user moderate there?")
        data = answer.get("data")
        return data if isinstance(data, dict) else {}


def _failed(reason: str) -> CoralFailed:
    return CoralFailed(
        "Coral does not do what it is asked: %(reason)s.",
        where="setting coral_url",
        remedy="Check the settings `coral_url` and `coral_token`.",
        values={"reason": reason},
    )


def _plain(body: object) -> str:
    """Return a comment's text as readers see it."""
    clean = clean_text(body, "") if isinstance(body, str) else ""
    try:
        return visible_text(clean).strip() if "<" in clean or "&" in clean else clean.strip()
    except TooDeep:
        return clean.strip()
