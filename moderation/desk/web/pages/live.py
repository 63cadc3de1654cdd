"""The news for an open page, which asks every few seconds: numbers, new comments, decisions."""

from typing import Any

from starlette.responses import JSONResponse, Response

from moderation.desk.queue.live import MAX_ARRIVED, CommentNow
from moderation.desk.types import Count, Outcome, Queue, Role
from moderation.desk.web.i18n import Translator, gettext_noop, translator
from moderation.desk.web.query import number_of, read_view
from moderation.desk.web.request import PREFIX, DeskRequest, require_role
from moderation.service.request import settings_of
from moderation.text.display import inert

MAX_NAME = 40
ERASED = gettext_noop("The text of this comment has been erased.")
EDITED = gettext_noop("The author has edited this comment meanwhile.")
SHOW_NEW_TEXT = gettext_noop("Show the new text")
WITHDRAWN = gettext_noop("The site has withdrawn this comment.")
DECIDED = {
    Outcome.APPROVE: gettext_noop("%(by)s has approved this comment."),
    Outcome.REJECT: gettext_noop("%(by)s has rejected this comment."),
}
UNDONE = gettext_noop("The decision on this comment has been undone.")
FOR_LEADS = gettext_noop("A lead has been asked to decide on this comment.")
HELD = gettext_noop("%(by)s is reviewing this comment.")
SHOW_NEWS = gettext_noop("Show the new comments")
NEWS = gettext_noop("New comments have come in.")


@require_role(Role.READER, in_use=False)
def live(request: DeskRequest) -> Response:
    """Return the changes since a page was loaded, as words for them.

    The query string has the fields of the page's queue, and says what the page shows: ``comment``
    and its ``decision``, or ``newest``, the number of the newest comment.
    """
    desk, query = request.desk, request.query
    words = translator(settings_of(request.http).desk_language)
    filters = read_view(query).within(request.sections).filters
    news: dict[str, Any] = {
        "counts": {
            queue: _number(words, count)
            for queue, count in desk.live.counts(request.sections).items()
            if queue is not Queue.LEADS or request.user.role.may(Role.LEAD)
        }
    }
    newest, comment = number_of(query.get("newest", "")), number_of(query.get("comment", ""))
    if newest is not None and filters.queue is not Queue.DECIDED:
        news["arrived"] = _arrived(words, desk.live.arrived(filters, newest))
    if comment is not None:
        if filters.queue is not Queue.DECIDED:
            news["left"] = left_words(words, desk.live.count(filters))
        news["comment"] = _comment(request, words, desk.live.comment(comment))
    return JSONResponse(news)


def left_words(words: Translator, left: Count) -> str:
    """Return the words for the comments that are left in a queue."""
    one = "%(num)s left" if left.exact else "More than %(num)s left"
    text = words.translations.ngettext(one, one, left.number)
    return text % {"num": words.number(left.number)}


def _number(words: Translator, count: Count) -> str:
    return f"{words.number(count.number)}{'' if count.exact else '+'}"


def _arrived(words: Translator, number: int) -> dict[str, str] | None:
    if not number:
        return None
    link = words.plural("Show %(number)s new comment", "Show %(number)s new comments", number)
    if number == MAX_ARRIVED:
        link = words.translate(SHOW_NEWS)
    return {"words": words.translate(NEWS), "link": link}


def _comment(request: DeskRequest, words: Translator, comment: CommentNow) -> dict[str, str] | None:
    """Return the words for what happened to a comment since its page was loaded, if anything."""
    seen = number_of(request.query.get("decision", ""))
    is_open = bool(request.query.get("open"))
    message, values = None, {}
    if comment.erased:
        message = ERASED
    elif comment.latest is not None:
        return {
            "words": words.translate(EDITED),
            "link": words.translate(SHOW_NEW_TEXT),
            "address": f"{PREFIX}/comments/{comment.latest}",
        }
    elif comment.withdrawn:
        message = WITHDRAWN
    elif comment.outcome is not None and comment.decision != seen:
        message, values = DECIDED[comment.outcome], {"by": inert(comment.by or "", MAX_NAME)}
    elif comment.decision is None and seen is not None:
        message = UNDONE
    elif is_open and comment.state == Queue.LEADS and not request.user.role.may(Role.LEAD):
        message = FOR_LEADS
    elif is_open and comment.held_by not in {None, request.user.name}:
        message, values = HELD, {"by": inert(comment.held_by or "", MAX_NAME)}
    return None if message is None else {"words": words.translate(message, values)}
