"""Bylines in a dump: the lines above a comment that name its author and its time.

`find_bylines` finds them where a line, or lines below each other, give a name and a date.
`series_starts` tells where so many of them follow each other, each with a text below it, that
comments begin there though no heading announces them. The lists of other articles, whose titles
stand between an author and the next, are none.
"""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import median
from typing import NamedTuple

from moderation.pages.cues.lines import (
    is_buttons,
    is_ornament,
    is_sentence,
    may_be_headline,
    opener,
)
from moderation.pages.cues.names import AuthorLine, author_line, plain_name, real_name
from moderation.pages.cues.vocabulary import (
    ANSWER_BUTTONS,
    AUTHOR_VERBS,
    BADGES,
    BUTTONS,
    DATE_LEADS,
    date_start,
    is_date,
    key,
)
from moderation.pages.plaintext.blocks import LineBlock

MAX_BETWEEN = 2
"""Lines between a name and a date: a verb, a badge, a number."""
MAX_LINE = 140
MAX_CROWDED = 100
MAX_ROW = 60
"""Characters of a date with buttons behind it, and of a row of buttons."""
MIN_ROWS = 3
"""Times that a row of buttons stands on a page."""
MAX_GAP = 60
"""Blocks between two bylines of a series."""
MIN_ARTICLE = 3
"""Paragraphs from which on what stands below a byline may be the article."""
ARTICLE_RATIO = 3
"""Paragraphs of an article for each one of a comment."""
MAX_ARTICLES = 3
"""Bylines at the beginning of a series that may be those of articles."""
MIN_BYLINES = 2
MIN_POSTS = 3
"""Bylines of a series that begins where the page has no article yet."""

_NUMBER = re.compile(r"#?\d{1,5}[.)]? (?=[^\W\d_])")
_SEAM = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=[a-z])(?=[A-Z])")
_BY_NAME = re.compile(r"(?P<before>.{4,80}),? (?:by|von|par|por|da|door|przez) (?P<name>.{1,60})")
_COUNT = re.compile(r" #?\d{1,5}$")
_CLOCKED = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})[T,]? ?\d{1,2}:\d\d(?!\d)"
)
_INNER_END = re.compile(r"\w[.!?…] +\w")
_VERBS = frozenset(AUTHOR_VERBS)


class Byline(NamedTuple):
    """A byline: the blocks from `first` up to `last`, which is exclusive, and the name in it."""

    first: int
    last: int
    name: str | None


def author_lines(blocks: Sequence[LineBlock]) -> list[AuthorLine | None]:
    """Return for each block the author that it names in one line, or None."""
    return [author_line(block.bare) or _crowded_line(block.bare) for block in blocks]


def _crowded_line(text: str) -> AuthorLine | None:
    """Parse an author's line that a dump has run together with what stood beside it.

    That may be a number, a button, a link, the subject of the comment, or nothing between the name
    and the date ("Dara3 March 2020").
    """
    if len(text) > MAX_CROWDED or not any(map(str.isdecimal, text)):
        return None
    words = text.split()
    while len(words) > 1 and key(words[-1]) in BUTTONS:
        words.pop()
    for variant in (
        _COUNT.sub("", text, count=1),
        text.partition(" | ")[0],
        " ".join(words),
        _SEAM.sub(" ", text, count=1),
    ):
        line = author_line(variant) if variant != text else None
        if line is not None and line.dated:
            return line
    match = _BY_NAME.fullmatch(text)
    name = match and plain_name(match["name"])
    if match is None or name is None or not date_start(match["before"].rstrip(" ,")):
        return None
    return AuthorLine(real_name(name), sure=False, dated=True)


def button_rows(blocks: Sequence[LineBlock]) -> frozenset[int]:
    """Return the indices of the blocks that are buttons.

    A short line with a word to answer or to quote that stands below one comment after the other is
    a row of buttons, whatever its other words are ("Thumb up 0 Reply").
    """
    rows = [index for index, block in enumerate(blocks) if is_buttons(block.bare)]
    answers: dict[str, list[int]] = {}
    for index, block in enumerate(blocks):
        text = block.bare
        if len(text) <= MAX_ROW and not is_sentence(text) and _has_answer(text):
            answers.setdefault(key(text), []).append(index)
    for places in answers.values():
        if len(places) >= MIN_ROWS:
            rows += places
    return frozenset(rows)


def find_bylines(blocks: Sequence[LineBlock], authors: Sequence[AuthorLine | None]) -> list[Byline]:
    """Return the bylines of a page, or of a part of it, in order.

    Parameters
    ----------
    blocks : sequence of LineBlock
    authors : sequence of AuthorLine or None
        What `author_lines` returns for them.
    """
    dates = [_is_dated(block.bare) for block in blocks]
    names = [
        plain_name(_NUMBER.sub("", block.bare, count=1))
        if not dates[index] and authors[index] is None and _may_name(block.bare)
        else None
        for index, block in enumerate(blocks)
    ]
    above = _named_above_dates(blocks, dates, names)
    below = _named_below_dates(dates, names)
    # Where dates stand below the texts, the name behind a date is that of the next comment.
    named = below if len(below) > 2 * len(above) else above
    if sum(author is not None and author.speaks for author in authors) >= len(named):
        # Where authors "say", a name above a date is the signature of a text above its date.
        named = []
    lines = [
        Byline(index, index + 1 + _follows(dates, index + 1), author.name)
        for index, author in enumerate(authors)
        if author is not None
        and (
            author.dated
            or (author.speaks and (author.sure or _follows(dates, index + 1)))
            or date_start(blocks[index].bare)
        )
    ]
    found: list[Byline] = []
    for byline in sorted([*lines, *named]):
        if not found or byline.first >= found[-1].last:
            found.append(byline)
    return found


def series_starts(
    blocks: Sequence[LineBlock], bylines: Sequence[Byline], paragraphs: Sequence[bool]
) -> frozenset[int]:
    """Return the indices of the blocks at which a series of comments begins.

    Parameters
    ----------
    blocks : sequence of LineBlock
    bylines : sequence of Byline
    paragraphs : sequence of bool
        Whether each block is a paragraph.
    """
    counts = [0, *accumulate(paragraphs)]
    starts: set[int] = set()
    run: list[Byline] = []
    for byline in bylines:
        if run and byline.first - run[-1].last > MAX_GAP:
            starts |= _start_of(blocks, run, counts)
            run = []
        run.append(byline)
    return frozenset(starts | _start_of(blocks, run, counts))


def _start_of(
    blocks: Sequence[LineBlock], run: list[Byline], paragraphs: Sequence[int]
) -> set[int]:
    """Return the index at which a run of bylines begins to be one of comments, if it does.

    Parameters
    ----------
    blocks : sequence of LineBlock
    run : list of Byline
    paragraphs : sequence of int
        For each block, the number of paragraphs above it.
    """
    for _ in range(MAX_ARTICLES):
        if len(run) < MIN_BYLINES or run[-1].last >= len(blocks):
            break
        gaps = [blocks[one.last : other.first] for one, other in pairwise(run)]
        lengths = [paragraphs[b.first] - paragraphs[a.last] for a, b in pairwise(run)]
        if _is_of_article(run, gaps, lengths, paragraphs):
            run = run[1:]
            continue
        sound = [_is_comment(gap) for gap in gaps]
        if not any(sound) or sum(sound) * 2 < len(sound):
            return set()
        return {run[sound.index(True)].first}
    return set()


def _is_of_article(
    run: Sequence[Byline],
    gaps: Sequence[Sequence[LineBlock]],
    lengths: Sequence[int],
    paragraphs: Sequence[int],
) -> bool:
    """Tell whether the first byline of a run is that of the article.

    The article is much longer than a comment, or stands above any other paragraph on the page. The
    first post of a forum stands there too, but readers can answer it as they can the others.
    """
    if lengths[0] >= MIN_ARTICLE and lengths[0] > ARTICLE_RATIO * median(lengths[1:] or [0]):
        return True
    if paragraphs[run[0].first]:
        return False
    answered = [_is_answerable(gap) for gap in gaps]
    return len(run) < MIN_POSTS or not answered[0] or sum(answered) * 2 <= len(answered)


def _is_comment(gap: Sequence[LineBlock]) -> bool:
    """Tell whether the blocks between two bylines are a comment, and no titles and summaries."""
    if any(is_buttons(block.bare) or _has_answer(block.bare) for block in gap):
        return any(not is_buttons(block.bare) and not is_ornament(block.text) for block in gap)
    texts = [block.text for block in gap if not is_ornament(block.text)]
    if not texts or any(opener(text) is not None for text in texts):
        return False
    if len(texts) > 1 and may_be_headline(texts[0]) and not texts[0].endswith((",", "!", "?", ":")):
        return False
    return is_sentence(texts[-1]) or any(_INNER_END.search(text) for text in texts)


def _is_answerable(gap: Sequence[LineBlock]) -> bool:
    """Tell whether a button to answer or to quote stands among blocks."""
    return any(_has_answer(block.bare) for block in gap)


def _has_answer(text: str) -> bool:
    """Tell whether a short line that is no sentence holds a button to answer or to quote."""
    return len(text) <= MAX_ROW and any(key(word) in ANSWER_BUTTONS for word in text.split())


def _named_above_dates(
    blocks: Sequence[LineBlock], dates: Sequence[bool], names: Sequence[str | None]
) -> list[Byline]:
    """Return the bylines in which a name stands above a date."""
    found: list[Byline] = []
    for index, name in enumerate(names):
        if name is None:
            continue
        date = index + 1
        while date <= index + MAX_BETWEEN and date < len(blocks) and not dates[date]:
            if not _is_beside_name(blocks[date].bare):
                break
            date += 1
        if date < len(blocks) and dates[date]:
            found.append(Byline(index, date + 1, real_name(name)))
    return found


def _named_below_dates(dates: Sequence[bool], names: Sequence[str | None]) -> list[Byline]:
    """Return the bylines in which a name stands below a date."""
    return [
        Byline(index, index + 2, real_name(name))
        for index, name in enumerate(names[1:])
        if name is not None and dates[index]
    ]


def _is_beside_name(text: str) -> bool:
    """Tell whether a line may stand between a name and a date: "says", a badge, a number, "on"."""
    phrase = key(text)
    return (
        is_ornament(text)
        or phrase in BUTTONS
        or phrase in _VERBS
        or phrase in BADGES
        or text.casefold() in DATE_LEADS
    )


def _is_dated(text: str) -> bool:
    """Tell whether a line is a date with a figure in it, or begins with one and has buttons."""
    if len(text) > MAX_LINE or not any(map(str.isdecimal, text)):
        return False
    return is_date(text) or (len(text) <= MAX_ROW and _CLOCKED.match(text) is not None)


def _may_name(text: str) -> bool:
    """Tell whether a line may hold a name: it is no button, no heading and no badge."""
    return (
        len(text) <= MAX_LINE
        and key(text) not in BADGES
        and key(text) not in _VERBS
        and text.casefold() not in DATE_LEADS
        and not is_buttons(text)
        and opener(text) is None
    )


def _follows(dates: Sequence[bool], index: int) -> bool:
    """Tell whether there is a date at an index."""
    return index < len(dates) and dates[index]
