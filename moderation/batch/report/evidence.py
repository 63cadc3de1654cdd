"""A text and its spans -> pieces that carry their attributes, for any page that marks them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Span


class Segment(NamedTuple):
    """A run of characters and the attributes, in the taxonomy's order, it is evidence for."""

    text: str
    attributes: tuple[str, ...]


def split_evidence(text: str, spans: Iterable[Span]) -> list[Segment]:
    """Cut a text where evidence begins or ends.

    Parameters
    ----------
    text : str
    spans : iterable of Span
        In any order; they may overlap, nest or repeat. What lies outside the text is ignored.

    Returns
    -------
    list of Segment
        Their texts joined are `text`; none is empty; neighbours differ in their attributes.
    """
    changes: dict[int, Counter[str]] = {}
    for span in spans:
        start, end = max(span.start, 0), min(span.end, len(text))
        if start < end:
            changes.setdefault(start, Counter())[span.attribute] += 1
            changes.setdefault(end, Counter())[span.attribute] -= 1
    runs: list[tuple[int, tuple[str, ...]]] = []
    active: Counter[str] = Counter()
    for start in sorted({0, *changes}):
        active.update(changes.get(start, {}))
        attributes = _ordered([attribute for attribute, count in active.items() if count])
        if not runs or runs[-1][1] != attributes:
            runs.append((start, attributes))
    ends = [start for start, _ in runs[1:]] + [len(text)]
    return [
        Segment(text[start:end], attributes)
        for (start, attributes), end in zip(runs, ends, strict=True)
        if start < end
    ]


def _ordered(attributes: Sequence[str]) -> tuple[str, ...]:
    order = {name: position for position, name in enumerate(ATTRIBUTE_NAMES)}
    return tuple(sorted(attributes, key=lambda name: (order.get(name, len(order)), name)))
