"""A comment that was analysed, as the review desk takes it."""

from moderation.service.intake import Sent
from moderation.service.perspective.requests import AnalyzeRequest, Context
from moderation.service.perspective.suggestions import SOURCE
from moderation.verdict import Verdict


def sent_of(asked: AnalyzeRequest, verdict: Verdict) -> Sent:
    """Return a comment with what its request tells of it."""
    article, parent = _around(asked.context)
    return Sent(
        asked.comment.text,
        verdict,
        SOURCE,
        external_id=asked.client_token,
        community=asked.community_id,
        article=article,
        parent=parent,
    )


def _around(context: Context | None) -> tuple[str | None, str | None]:
    """Return the article and the parent comment, as far as a context tells them apart.

    Plain entries stand in the order of a conversation: the last is what was answered.
    """
    if context is None:
        return None, None
    if both := context.article_and_parent_comment:
        article, parent = both.article, both.parent_comment
    else:
        article, parent = None, context.entries[-1] if context.entries else None
    return article.text if article else None, parent.text if parent else None
