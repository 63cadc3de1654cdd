"""Texts to the authors of rejected comments: one for each reason, and one for all others.

A text has placeholders in braces, which are filled in for each comment before a moderator sees it.
"""

import re
from collections.abc import Mapping

import sqlalchemy as sa

from moderation.database.desk_tables import author_texts
from moderation.database.store import Store
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.accounts.desk_settings import read_options
from moderation.desk.errors import InvalidRuling
from moderation.desk.types import Comment, DeskOptions, RejectionReason, Role, User
from moderation.errors import InvalidInput, ModerationError
from moderation.text.validate import check_text

MAX_AUTHOR_TEXT = 2_000
DEFAULT = ""
"""Stands for the reasons that have no text of their own."""
PLACEHOLDERS = ("site", "headline", "rules")
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")

Templates = Mapping[str, str]
"""Texts with placeholders, by reason; that of `DEFAULT` for all reasons without one."""


class AuthorTexts:
    """The templates of texts to authors."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def templates(self) -> Templates:
        """Return the templates by reason; reasons without one are left out."""
        with self._store.reading() as connection:
            return _read(connection)

    def save(self, user: User, templates: Templates) -> None:
        """Keep the templates; a blank one is removed. Leads only.

        Raises
        ------
        NotAllowed
        InvalidInput
            If a template is too long or has an unknown placeholder; it names the reason.
        """
        check_role(user, Role.LEAD)
        for reason, text in templates.items():
            _check_template(reason, text)

        linked = next((name for name, text in templates.items() if "{rules}" in text), None)

        def act(connection: sa.Connection) -> None:
            if linked is not None and not read_options(connection).rules:
                raise InvalidInput(
                    "A text has {rules}, and the address of the rules is not set.",
                    where=linked or "default",
                    remedy="Set it first.",
                )
            connection.execute(author_texts.delete())
            rows = [
                {"reason": reason, "text": text.strip()}
                for reason, text in templates.items()
                if text.strip()
            ]
            if rows:
                connection.execute(author_texts.insert(), rows)
            self._audit.add(connection, user, "texts.change", "texts", count=len(rows))

        self._store.write(act, idempotent=True)

    def filled(self, comment: Comment) -> dict[RejectionReason, str]:
        """Return the text for each reason, with the placeholders filled in for a comment.

        There are none for a comment whose site is not told of decisions.
        """
        if comment.external_id is None:
            return {}
        with self._store.reading() as connection:
            templates, options = _read(connection), read_options(connection)
        texts = {
            reason: templates.get(reason.value, templates.get(DEFAULT, ""))
            for reason in RejectionReason
        }
        return {reason: fill(text, comment, options) for reason, text in texts.items() if text}


def fill(text: str, comment: Comment, options: DeskOptions) -> str:
    """Return a template with its placeholders filled in.

    The site's name is its source where a lead has set none, and the headline the page's address
    where the comment came without one.
    """
    values = {
        "site": options.site_name or comment.line.source,
        "headline": comment.line.title or comment.line.page or "…",
        "rules": options.rules,
    }
    filled = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
    return filled.strip()[:MAX_AUTHOR_TEXT]


def check_author_text(text: str) -> None:
    """Check a text that goes to an author.

    Raises
    ------
    InvalidRuling
        If it is too long, or holds a character that no text can have.
    """
    if len(text) > MAX_AUTHOR_TEXT:
        raise InvalidRuling(
            "A text for the author has at most %(most)s characters.",
            where="author_text",
            values={"most": MAX_AUTHOR_TEXT},
        )
    if not text:
        return
    try:
        check_text(text, where="author_text")
    except ModerationError:
        raise InvalidRuling(
            "The text for the author holds a character that no text can have.",
            where="author_text",
        ) from None


def _check_template(reason: str, text: str) -> None:
    if reason != DEFAULT and reason not in set(RejectionReason):
        raise InvalidInput("There is no such reason.", where=reason)
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        raise InvalidInput(
            "{%(name)s} is no placeholder. There are {site}, {headline} and {rules}.",
            where=reason or "default",
            values={"name": unknown[0][:40]},
        )
    try:
        check_author_text(text.strip())
    except InvalidRuling as error:
        raise InvalidInput(error.template, where=reason or "default", values=error.values) from None


def _read(connection: sa.Connection) -> dict[str, str]:
    rows = connection.execute(sa.select(author_texts.c.reason, author_texts.c.text))
    return {row.reason: row.text for row in rows}
