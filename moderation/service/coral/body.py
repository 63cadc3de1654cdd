"""What a comment in Coral says: its HTML or its text, as a reader sees it."""

import re
from typing import Literal

from moderation.text.check import clean_text
from moderation.text.markup import TooDeep, visible_text

# A tag as Coral's editor and clean-up leave it in a comment's HTML: no words fit into one.
_TAG = re.compile(
    r"""</?(?:a|b|blockquote|br|div|em|i|li|ol|p|s|span|strong|sub|sup|u|ul)
    (?:\ (?:(?:class|href|target)="[^"<>\s]*"|rel="(?:nofollow|noopener|noreferrer|ugc|\ )*"))*
    \ ?/?>""",
    re.IGNORECASE | re.VERBOSE,
)


def readings(body: str, form: Literal["either", "html", "text"]) -> list[str]:
    """Return the texts to judge for one comment; none when it says nothing.

    Nothing in a comment may keep it from being judged, because Coral publishes what was not
    answered: NUL and lone surrogates are left out, as they would part a word.

    Parameters
    ----------
    body : str
        The comment as Coral sent it.
    form : {"either", "html", "text"}
        How Coral was told to send it. With ``"either"``, what holds other markup than Coral
        writes is read both ways, so that nobody hides words in tags of their own.
    """
    clean = clean_text(body, "")
    found = [clean]
    if form != "text" and ("<" in clean or "&" in clean):
        try:
            found = [visible_text(clean)]
        except TooDeep:
            return [clean]
        if form == "either" and "<" in _TAG.sub("", clean):
            found.append(clean)
    return [text for text in found if text.strip()]
