"""Author lines: names, and the lines that give the author of a comment.

`author_line` parses a line such as "Dara said...", "Posted by Dara", "Dara | 3 March 2020 | 10:15"
or "2020-03-03 10:15 Dara". `plain_name` recognises a name alone, `signature` the one below a
comment; `is_name`, `is_handle` and `may_be_name` tell names from other words.
"""

import re
from typing import NamedTuple

from moderation.pages.cues.vocabulary import (
    AUTHOR_VERBS,
    BADGES,
    BUTTONS,
    LETTER_MARKS,
    NAME_PARTICLES,
    NOT_IN_NAMES,
    PLACEHOLDER_NAMES,
    PRESENT_VERBS,
    date_start,
    is_date,
    key,
)

MAX_NAME = 60
MAX_NAME_WORDS = 5
SIGNATURE_WORDS = (2, 4)
MAX_LINE = 140
MAX_BUTTON_WORDS = 3
MAX_DATED_WORDS = 10
MIN_COLUMNS = 3

_HANDLE = re.compile(rf"@?\w[\w.\-{LETTER_MARKS}]*")
_NAME_WORD = re.compile(rf"[^\W\d_a-z][\w'’.\-{LETTER_MARKS}]*")
_UNSPACED = (
    (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 20),
    (re.compile("[\u3040-\u30ff\u3400-\u9fff]"), 10),
)
"""Scripts without spaces between words, and the characters of the longest names in them."""
_BY = re.compile(
    r"(?:(?:post|posted|written|reply|submitted|review|added|sent) )?by:? (?=\S)|from: (?=\S)"
    r"|(?:geschrieben|verfasst|gepostet|eingetragen) von:? (?=\S)"
    r"|(?:posté|publié|écrit|rédigé|envoyé|déposé) par:? (?=\S)"
    r"|(?:publicado|escrito|enviado|comentado|postado) por:? (?=\S)"
    r"|(?:inviato|scritto|pubblicato|postato) da:? (?=\S)"
    r"|(?:geplaatst|geschreven|gepost) door:? (?=\S)"
    r"|(?:dodane|dodany|napisane|napisany|wysłane) przez:? (?=\S)"
    r"|(?:skrevet|skriven|skrivet|postad|postat|postet|publicerat|publisert|inlagt"
    r"|inskickat|indsendt|lagt inn) (?:av|af):? (?=\S)|(?:ditulis|dikirim) oleh:? (?=\S)"
    r"|(?:опубликовано|написано|отправлено|добавлено|опубліковано|надіслано|публикувано)"
    r" (?:от|від):? (?=\S)"
    r"|(?:scris|postat|publicat|trimis) de:? (?=\S)|(?:đăng|gửi|viết) bởi:? (?=\S)"
    r"|(?:δημοσιεύτηκε|γράφτηκε|αναρτήθηκε) από:? (?=\S)|(?:objavio|napisao|poslao): (?=\S)"
    r"|(?:vložil|přidal|pridal)a?: (?=\S)|(?:yazan|gönderen): (?=\S)|(?:írta|beküldte): (?=\S)"
    r"|(?:kirjoittanut|lähettänyt): (?=\S)|โพสต์โดย:? ?(?=\S)|បង្ហោះដោយ:? ?(?=\S)",
    re.IGNORECASE,
)
# These words stand in sentences and names as well, so that a date must follow.
_DATE_THEN_BY = re.compile(
    r"(?:posted|written|submitted|added|commented|geschrieben|verfasst|gepostet|posté|publié|écrit"
    r"|publicado|escrito|enviado) (?:(?:on|at|am|le|el) )?(?=[^\n]{0,30}?\d)[^\n]{4,60}? "
    r"(?:by|von|par|por) (?P<name>[^(\[|,\n]{1,60}?)\s*(?:[(\[|,].{0,60})?$",
    re.IGNORECASE,
)
_DATE_BY = re.compile(
    r"(?P<date>[^\n]{0,16}\d[^\n]{2,40}?),? (?:by|von|par|por|da|door|przez) "
    r"(?P<name>[^\n]{1,60})$",
    re.IGNORECASE,
)
_DATED_BY = re.compile(
    r"(?:from|von|par|por|da|door|przez|dari|oleh|av|af|от|napisała?):? (?=\S)", re.IGNORECASE
)
_OF_COMMENT = re.compile(
    r"(?:(?:comment|reply|answer) (?:by|from)|(?:kommentar|antwort) von|(?:commentaire|réponse) de"
    r"|(?:comentario|respuesta) de):? (?=\S)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:name|author|user|username|poster|nom|nombre|autor)\s*: ?(?=\S)", re.IGNORECASE
)
_VERB = re.compile(
    rf" (?P<verb>{'|'.join(map(re.escape, AUTHOR_VERBS))})"
    r"(?: (?:on|at|am|le|el|op|em|il|den|dnia|in reply to [^:]{1,60}))?"
    r"[\s,]*(?P<end>\.{2,3}|…|:|-|–)?$",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?<!\d)(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{4})(?!\d)")
_NUMBERED = re.compile(r"(?:#\s?\d{1,5}|\d{1,5}[.)])\s+")
_SEPARATED = re.compile(r"[|·•»/~]\s*$")
_LOOSELY_SEPARATED = re.compile(
    r"(?:[-–—,:(\[@]|\b(?:on|at|am|le|el|op|em|il|den|dnia))?\s*$", re.IGNORECASE
)


class AuthorLine(NamedTuple):
    """The name in an author line, and how certain the line is.

    Parameters
    ----------
    name : str or None
        None where the site states that there is none ("Anonymous").
    sure : bool
        Whether no line of an article looks like this, so that comments may begin here without a
        heading.
    speaks : bool
        Whether it has a verb ("says"); above a date it is sure then.
    dated : bool
        Whether it is a name and a date; beside buttons it is sure then.
    """

    name: str | None
    sure: bool
    speaks: bool = False
    dated: bool = False


def author_line(text: str) -> AuthorLine | None:
    """Parse a line such as ``"Dara said..."`` or ``"Dara | 3 March 2020 | 10:15"``."""
    if len(text) > MAX_LINE:
        return None
    body = _NUMBERED.sub("", text, count=1)
    dated = _date_then_name(body)
    if dated is not None:
        return dated
    for prefix in (_OF_COMMENT, _LABEL, _BY):
        match = prefix.match(body)
        if match:
            return _labelled(body[match.end() :], prefix, stated=":" in match[0])
    match = _DATED_BY.match(body)
    if match and date_start(body[match.end() :]):
        return _labelled(body[match.end() :], _BY)
    body = _without_buttons(body)
    start = date_start(body)
    if start:
        return _dated(body[:start], body[start:])
    return _speaking(body) or _date_first(text) or _in_columns(text)


def _date_then_name(text: str) -> AuthorLine | None:
    """Parse ``"Posted on 3 March 2020 by Dara"`` and ``"3 March 2020, by Dara"``."""
    for pattern, sure in ((_DATE_THEN_BY, True), (_DATE_BY, False)):
        match = pattern.match(text)
        name = match["name"].strip() if match else ""
        if match is None or not may_be_name(name):
            continue
        if sure or is_date(match["date"].rstrip(" ,|-–—")):
            return AuthorLine(real_name(name), sure=sure, dated=True)
    return None


def plain_name(text: str) -> str | None:
    """Return the name when `text` may be a name alone, as sites print it above a date."""
    name = text.rstrip(" :,")
    if not may_be_name(name) or is_date(name) or not (is_name(name) or is_handle(name)):
        return None
    return name


def signature(text: str) -> str | None:
    """Return the name with which a comment is signed on its last line, or None."""
    last = text.splitlines()[-1].strip()
    dashed = last.lstrip("-–—~ ")
    least, most = SIGNATURE_WORDS
    words = dashed.split() if len(dashed) <= MAX_NAME else []
    if dashed != last:
        least = 1
    if last == text.strip() or not least <= len(words) <= most or not is_name(dashed):
        return None
    return dashed


def is_name(text: str) -> bool:
    """Tell whether `text` is a few capitalised words, none of which only sentences have."""
    words = text.split() if len(text) <= MAX_NAME else []
    if not 1 <= len(words) <= MAX_NAME_WORDS or text[-1] in "!?:;" or _is_unspaced_sentence(text):
        return False
    return all(
        (_NAME_WORD.fullmatch(word) and key(word) not in NOT_IN_NAMES) or word in NAME_PARTICLES
        for word in words
    ) and any(word not in NAME_PARTICLES for word in words)


def is_handle(text: str) -> bool:
    """Tell whether `text` is a single word, as user names are."""
    return bool(_HANDLE.fullmatch(text)) and not _is_unspaced_sentence(text)


def may_be_name(name: str) -> bool:
    """Tell whether `name` is short enough for a name and does not end as a sentence does."""
    return (
        0 < len(name) <= MAX_NAME
        and len(name.split()) <= MAX_NAME_WORDS
        and name[-1] not in "!?;:"
        and any(character.isalnum() for character in name)
    )


def real_name(name: str) -> str | None:
    """Return `name`, or None when it stands for none ("Anonymous")."""
    return None if key(name) in PLACEHOLDER_NAMES else name


def _is_unspaced_sentence(text: str) -> bool:
    """Tell whether a text is too long for a name in a script without spaces between words."""
    return not text.isascii() and any(
        len(text) > most and unspaced.search(text) for unspaced, most in _UNSPACED
    )


_POST_AUTHOR = re.compile(
    r"\s+(?:post author|thread author|original poster|beitragsautor)$", re.IGNORECASE
)


def without_badge(name: str) -> str:
    """Return a name without the badge behind it ("Dara (not verified)", "Dara (guest, #3)")."""
    badged = _POST_AUTHOR.sub("", name)
    if badged and badged != name:
        return badged
    head, opened, badge = name.rstrip("])").partition(" (")
    if not opened:
        head, opened, badge = name.rstrip("])").partition(" [")
    is_badge = opened and key(badge.partition(",")[0].strip()) in BADGES
    return head.strip() if is_badge else name


def _labelled(rest: str, prefix: re.Pattern[str], *, stated: bool = False) -> AuthorLine | None:
    """Parse the text after "Comment by", "Name:" or "by"; after "by" it must be a name or dated.

    Parameters
    ----------
    rest : str
    prefix : re.Pattern
    stated : bool
        Whether a colon stands before the name, so that a link may stand behind the date.
    """
    start = date_start(rest)
    day = _DAY.search(rest) if start is None and stated else None
    start = day.start() if day is not None else start
    name = _LOOSELY_SEPARATED.sub("", rest if start is None else rest[:start]).rstrip(" |·•-–—,")
    if not may_be_name(name) or (prefix is _BY and start is None and not is_name(name)):
        return None
    return AuthorLine(real_name(name), sure=prefix is _OF_COMMENT)


def _speaking(text: str) -> AuthorLine | None:
    """Parse ``"Dara said..."`` and ``"Dara says:"``; a colon alone must follow a name."""
    match = _VERB.search(text)
    if match is None or match["end"] is None:
        return None
    name = _without_date(text[: match.start()].strip(" ,"))
    # Blogger writes "said...", which no reporter does; WordPress writes "says:".
    is_blogger = match["end"] not in {":", "-", "–"}
    is_wordpress = match["verb"].casefold() in PRESENT_VERBS
    if not may_be_name(name) or not (
        is_blogger or is_wordpress or is_handle(name) or is_name(name)
    ):
        return None
    return AuthorLine(real_name(name), sure=is_blogger, speaks=True)


def _date_first(text: str) -> AuthorLine | None:
    """Parse ``"2020-03-03 10:15 Dara"``."""
    words = text.split()
    if not text[:2].lstrip("[(")[:1].isdigit() or len(words) > MAX_DATED_WORDS:
        return None
    for count in range(len(words) - 1, 0, -1):
        name = " ".join(words[count:]).strip(" |·•:,-–—")
        if is_name(name) and is_date(" ".join(words[:count]).rstrip(",:|·-–—")):
            return AuthorLine(real_name(name), sure=False, dated=True)
    return None


def _in_columns(text: str) -> AuthorLine | None:
    """Parse ``"2020-03-03 10:15 | Dara | Edit"``."""
    pieces = [piece.strip() for piece in text.split("|")]
    if len(pieces) < MIN_COLUMNS or not any(map(str.isdecimal, pieces[0])):
        return None
    name = plain_name(pieces[1])
    if name is None or not is_date(pieces[0]):
        return None
    return AuthorLine(real_name(name), sure=False, dated=True)


def _without_date(name: str) -> str:
    """Drop the date from ``"Dara, on 3 March 2020"`` and from ``"On 3 March 2020, Dara"``."""
    start = date_start(name)
    if start:
        return _LOOSELY_SEPARATED.sub("", name[:start]).strip(" ,")
    date, comma, rest = name.rpartition(",")
    return rest.strip() if comma and is_date(date) else name


def _dated(head: str, date: str) -> AuthorLine | None:
    """Parse a name and a date with a verb or a mark between them."""
    head = head.rstrip()
    verb = _VERB.search(head) or _VERB.search(_LOOSELY_SEPARATED.sub("", head))
    if verb is not None:
        name = head[: verb.start()].strip(" ,")
        return AuthorLine(real_name(name), sure=True, speaks=True) if may_be_name(name) else None
    loose = _LOOSELY_SEPARATED.sub("", head).strip(" ,")
    name = head.rstrip(" |·•»/~") if _SEPARATED.search(head) else loose
    marked = name != loose or _SEPARATED.search(head) is not None
    # Between a word and a date without any mark, only a clock tells a name from a sentence.
    handle = is_handle(name) and (name != head or ":" in date)
    if not may_be_name(name) or not (marked or is_name(name) or handle):
        return None
    return AuthorLine(real_name(name), sure=False, dated=True)


def _without_buttons(text: str) -> str:
    """Drop the colon or the buttons behind a date ("Dara 3 March 2020 at 10:15 Reply")."""
    words = text.rstrip(" :").split(" ")
    for count in range(min(MAX_BUTTON_WORDS, len(words) - 1) + 1):
        head = " ".join(words[: len(words) - count]).rstrip(" |·•-–—")
        tail = " ".join(words[len(words) - count :])
        if date_start(head) and (not count or key(tail) in BUTTONS):
            return head
    return text
