"""Changes between two versions of a text, word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

MAX_WORDS = 600
"""Words that are compared; the comparison may take time by the square of their number."""
_WORDS = re.compile(r"\s+|[^\s]{1,40}")

Kind = Literal["same", "added", "removed"]


class Change(NamedTuple):
    """A run of words that both versions have, or only one of them."""

    kind: Kind
    text: str


def changes_between(before: str, after: str) -> list[Change]:
    """Return the runs of two versions of a text, in their order.

    The runs that are not removed are the text after, and those not added the text before. From
    the 600th word on, all that follows counts as changed.
    """
    old, old_rest = _cut(before)
    new, new_rest = _cut(after)
    runs = list(_runs(old, new))
    if old_rest == new_rest:
        runs.append(Change("same", new_rest))
    else:
        runs += [Change("removed", old_rest), Change("added", new_rest)]
    return _joined([run for run in runs if run.text])


def _cut(text: str) -> tuple[list[str], str]:
    """Return the first words of a text, blanks among them, and the rest."""
    words: list[str] = []
    end = 0
    for match in _WORDS.finditer(text):
        if len(words) == MAX_WORDS:
            break
        words.append(match[0])
        end = match.end()
    return words, text[end:]


def _runs(old: list[str], new: list[str]) -> Iterator[Change]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            yield Change("same", "".join(new[start:end]))
        else:
            yield Change("removed", "".join(old[first:last]))
            yield Change("added", "".join(new[start:end]))


def _joined(runs: list[Change]) -> list[Change]:
    """Return runs of which no two of one kind follow each other."""
    joined: list[Change] = []
    for run in runs:
        if joined and joined[-1].kind == run.kind:
            joined[-1] = Change(run.kind, joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined
