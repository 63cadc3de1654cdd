"""Links, tags and marks in a comment: the runs that say nothing about its tone."""

import re
from itertools import pairwise

MAX_TAG = 300
"""Characters of a tag at most; a longer run after a ``<`` is text."""
MAX_EMPHASISED = 300
"""Characters between two marks of emphasis at most."""

_LINK = r"(?:https?://|www\.)[^\s<>]+"
_TAG = rf"</?[A-Za-z][^<>]{{0,{MAX_TAG}}}>"
_ENTITY = r"&(?:[A-Za-z]{2,8}|#[0-9]{1,6});"
_QUOTED = r"^[ \t]*>[> \t]*"
"""The signs before a line that is quoted; the line itself stays."""
_RUNS = re.compile("|".join((_LINK, _TAG, _ENTITY, _QUOTED)), re.MULTILINE)
# Asterisks hide swear words as well: only a mark that opens at a word and closes after one counts.
_EMPHASIS = re.compile(
    rf"(?<![^\s(])(\*{{1,3}}|_{{1,3}}|~~)(?![\s*_~])[^*_~\n]{{1,{MAX_EMPHASISED}}}(?<!\s)(\1)(?![\w*_~])"
)


def unspoken_runs(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each link, tag, entity and mark of quoting or emphasis, in order.

    Examples
    --------
    >>> unspoken_runs("> see <b>this</b> https://example.org")
    [(0, 2), (6, 9), (13, 17), (18, 37)]
    >>> unspoken_runs("*really*"), unspoken_runs("f**k this")
    ([(0, 1), (7, 8)], [])
    """
    runs = [match.span() for match in _RUNS.finditer(text)]
    for match in _EMPHASIS.finditer(text):
        runs += [match.span(1), match.span(2)]
    runs.sort()
    return [run for previous, run in pairwise([(0, 0), *runs]) if run[0] >= previous[1]]
