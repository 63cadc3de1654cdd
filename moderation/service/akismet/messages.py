"""The messages of Akismet's protocol: the form as it is read, the submission, the correction."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ConfigDict, Field
from w3lib.encoding import resolve_encoding

from moderation.errors import InvalidInput, TooLarge
from moderation.pages.encoding import CHARSETS, FALLBACK, UTF8, header_charset
from moderation.service.api_keys import PREFIX
from moderation.service.auth import key_of
from moderation.service.coral.messages import SEVERITY, readings
from moderation.service.intake import Correction, Submission, time_of
from moderation.service.messages import Message, Refusal
from moderation.settings import Settings
from moderation.text.validate import clean_text
from moderation.verdict import Verdict

SOURCE = "akismet"
CORRECTED = "toxicity"
"""The attribute that a correction is about: one for spam, zero for ham."""
FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 2_000
"""Most fields of a form: WordPress sends some dozens, all that its own form had among them."""
MAX_FORM_BYTES = 1 << 20
"""Longest form. Its key may be in it, so that anybody can have one read."""
NEVER_HELD = "administrator"
"""The role whose comments are always answered ``false``."""
ALWAYS_HELD = frozenset({"akismet-guaranteed-spam", "viagra-test-123"})
"""The authors whose comments are always answered ``true``: sites try their set-up with them."""
_OFF = frozenset({"", "0", "false"})
_KEY = r"(?:^|&){}=([A-Za-z0-9_-]{{1,200}})(?:&|$)"


class AkismetForm(Message):
    """A comment in a form; sites send more fields than are named here, which are not read."""

    model_config = ConfigDict(extra="ignore")

    refusal: ClassVar = Refusal("A field of the form is not a text.", where="body")

    api_key: str = Field("", description="An API key of this service, where one is asked for.")
    key: str = Field("", description="The key to verify; read by `verify-key` alone.")
    blog: str = Field("", description="The site's address, which is kept as the community.")
    comment_content: Annotated[str, Field(description="The comment, in HTML or plain text.")] = ""
    comment_author: str = Field("", description="The author's name, which is kept.")
    comment_date_gmt: str = Field("", description="When it was written, by ISO 8601.")
    permalink: str = Field("", description="The page that is commented on, which is kept.")
    user_role: str = Field(
        "", description=f"The author's roles at the site; `{NEVER_HELD}` is never held."
    )
    is_test: str = Field("", description="Unless `0` or `false`: nothing is stored.")

    @classmethod
    def parse(cls, raw: bytes, content_type: str, settings: Settings) -> Self:
        """Return the form in a body.

        A field is read as UTF-8, else in the encoding that the form or its header names.

        Raises
        ------
        TooLarge
            If it is longer than a comment's form can be.
        InvalidInput
            If it has too many fields.
        """
        if len(raw) > MAX_FORM_BYTES:
            raise TooLarge(
                f"The form is over the limit of {MAX_FORM_BYTES} bytes.",
                where="body",
                remedy="Send one comment.",
            )
        try:
            # In Latin-1 each byte is one character, so that the bytes can be had back.
            pairs = parse_qsl(raw.decode("latin-1"), max_num_fields=MAX_FIELDS, encoding="latin-1")
        except ValueError:
            raise InvalidInput(
                f"The form has more than {MAX_FIELDS} fields.",
                where="body",
                remedy="Send only the fields of the protocol.",
            ) from None
        fields = dict(pairs)
        charset = _codec(fields.get("blog_charset") or header_charset(content_type))
        given = {name: _decode(fields[name], charset) for name in cls.model_fields & fields.keys()}
        return cls.read(given, settings)

    @property
    def is_administrators(self) -> bool:
        """True if an administrator of the site has written the comment."""
        return NEVER_HELD in self.user_role.split(",")

    @property
    def may_store(self) -> bool:
        """True unless the site only tries the service."""
        return self.is_test.lower() in _OFF

    @property
    def time(self) -> datetime | None:
        """When the comment was written, None where that is not given, or is no time."""
        return time_of(self.comment_date_gmt)

    @property
    def text(self) -> str:
        """The comment without the characters that no text has."""
        return clean_text(self.comment_content, "")


def early_key(request: Request) -> str:
    """Return the key that a request carries outside its form; else nothing.

    Besides the three places of every protocol this is the first label of the host's name, as in
    ``KEY.rest.akismet.com``.
    """
    label = request.headers.get("host", "").partition(".")[0]
    return key_of(request) or (label if label.startswith(f"{PREFIX}_") else "")


def key_in(raw: bytes, name: str) -> str:
    """Return the key in a field of a form, nothing where there is none.

    The form is not decoded for it, which costs far more: anybody may send one.
    """
    match = re.search(_KEY.format(name).encode(), raw[:MAX_FORM_BYTES])
    return match[1].decode() if match else ""


def submission_of(
    form: AkismetForm, texts: Sequence[str], verdicts: Sequence[Verdict]
) -> Submission:
    """Return the comment in its worst reading, with its context.

    WordPress gives a comment its id only when it is stored, so that it has none here.
    """
    pairs = zip(texts, verdicts, strict=True)
    text, verdict = max(pairs, key=lambda pair: SEVERITY.index(pair[1].action))
    return comment_in(form, text, verdict)


def comment_in(form: AkismetForm, text: str, verdict: Verdict) -> Submission:
    """Return the comment in one of its readings, with its context."""
    return Submission(
        text,
        verdict,
        SOURCE,
        page=form.permalink or None,
        author=form.comment_author or None,
        community=form.blog or None,
        time=form.time,
    )


def correction_of(form: AkismetForm, settings: Settings, *, spam: bool) -> Correction | None:
    """Return a moderator's word on a comment as a correction, None for one without a text.

    Raises
    ------
    TooLarge
        If the comment is over the service's limit.
    """
    texts = readings(form.comment_content, "either")
    if not texts:
        return None
    if len(texts[0]) > settings.max_text_chars:
        raise TooLarge(
            f"The comment is over the limit of {settings.max_text_chars} characters.",
            where="comment_content",
        )
    scores = {CORRECTED: 1.0 if spam else 0.0}
    return Correction(texts[0], scores, SOURCE, community=form.blog or None)


def _codec(label: str | None) -> str:
    codec = resolve_encoding(label) if label else None
    return codec if codec in CHARSETS and codec is not None else FALLBACK


def _decode(value: Any, charset: str) -> str:
    raw: bytes = value.encode("latin-1")
    try:
        return raw.decode(UTF8)
    except UnicodeDecodeError:
        return raw.decode(charset, "replace")
