"""One text of a public corpus, in this project's taxonomy."""

import math
from typing import NamedTuple

from moderation.splits import Shares, Split, split_by_hash
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, PRESENT

UNKNOWN = math.nan
"""The value of an attribute of which a corpus says nothing. It is not 0."""

_SHARES: Shares = (("train", 0.8), ("dev", 0.1), ("test", 0.1))
_HARMS = tuple(attribute.name for attribute in ATTRIBUTES if attribute.harmful)
_ALWAYS_TOXIC = ("severe_toxicity", "identity_attack", "insult", "inflammatory")


class CorpusSpan(NamedTuple):
    """A run of characters that annotators marked; `end` is exclusive."""

    start: int
    end: int
    attribute: str


class CorpusText(NamedTuple):
    """A text and what its corpus says of it.

    Parameters
    ----------
    text : str
        The text; never blank.
    values : tuple of float
        One value in [0, 1], or NaN for unknown, an attribute, in the order of `ATTRIBUTE_NAMES`.
    source : str
        The corpus.
    id : str
        The text's name in its corpus; unique there.
    split : {'train', 'dev', 'test'}
        Fixed for ever by the text's name, or by the corpus itself.
    spans : tuple of CorpusSpan
        Evidence, as offsets into `text`.
    group : str, optional
        The identity that the text names, where the corpus was made to measure bias.
    """

    text: str
    values: tuple[float, ...]
    source: str
    id: str
    split: Split
    spans: tuple[CorpusSpan, ...] = ()
    group: str | None = None

    @property
    def known(self) -> bool:
        """Whether the corpus says anything at all of the text."""
        return not all(map(math.isnan, self.values))


def values_of(**said: float) -> tuple[float, ...]:
    """Return the nine values: what the corpus said, what follows from it, else unknown.

    Only what the taxonomy's own definitions imply follows, and never over something said:

    - toxicity 0: nothing in the text is an insult, an attack on a group, inflammatory or severely
      toxic, for each of these is rude or hateful. Threats and swear words can be friendly, so they
      stay unknown.
    - identity attack 0: no ethnic hostility, which is one kind of it.
    - a harm that is present: not news, because news has every harm 0, whatever it reports.

    Raises
    ------
    KeyError
        If a name is not an attribute.
    """
    values = dict.fromkeys(ATTRIBUTE_NAMES, UNKNOWN)
    for name, value in said.items():
        if name not in values:
            raise KeyError(name)
        values[name] = value
    if values["toxicity"] == 0:
        _fill(values, _ALWAYS_TOXIC)
    if values["identity_attack"] == 0:
        _fill(values, ("ethnic_hostility",))
    if any(values[name] >= PRESENT for name in _HARMS):
        _fill(values, ("news",))
    return tuple(values.values())


def _fill(values: dict[str, float], names: tuple[str, ...]) -> None:
    """Set each of the names that is unknown to 0."""
    for name in names:
        if math.isnan(values[name]):
            values[name] = 0.0


def split_by(source: str, key: str) -> Split:
    """Return a split by a hash: 80 % train, 10 % dev and 10 % test.

    Parameters
    ----------
    source : str
        The corpus.
    key : str
        The text's name, or the name that texts which belong together share.

    Examples
    --------
    >>> split_by("wikinews", "article-1") == split_by("wikinews", "article-1")
    True
    """
    return split_by_hash(f"{source}:{key}", _SHARES)
