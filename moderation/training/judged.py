"""Texts of corpora under our guidelines: as they were judged, or as such judgements foretell.

A corpus's label is seldom ours: in one, every swear word is toxic; in another, half of what is
called hate attacks no people. How far each of its labels means each of our attributes is learned
from the texts in it that were judged, together with a model's scores where there are any.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from moderation.corpora import CorpusText
from moderation.corpora.corpus import digest_of
from moderation.errors import InvalidLabels
from moderation.labels.judged import JUDGED, JudgedText
from moderation.models.base import Floats
from moderation.taxonomy import PRESENT, Label

MIN_JUDGED = 100
"""Judged texts from which on a corpus's other texts take their values from them."""
MIN_OF_A_KIND = 3
"""Judged texts with an attribute, and without it, from which on it is learned; with fewer it has
the same value throughout."""
UNKNOWN = -0.5
"""The number that stands for an unknown value among the features: as far from 0 as from -1."""
PENALTY = 1.0
"""Inverse strength of the L2 penalty."""


class Judged(NamedTuple):
    """A text of a corpus that was judged under our guidelines."""

    of_corpus: CorpusText
    """The text, with its corpus's own values."""
    values: tuple[float, ...]
    """One value an attribute, in the order of `ATTRIBUTE_NAMES`; NaN for unknown."""
    label: Label
    random: bool
    """True if it was drawn at random, so that it stands for its corpus."""

    @property
    def text(self) -> str:
        """The text."""
        return self.of_corpus.text


class Odds(NamedTuple):
    """A model's log-odds for texts."""

    judged: Floats
    """Shape ``(n_judged, n_attributes)``."""
    others: Floats
    """Shape ``(n_others, n_attributes)``."""


def join(judgements: Sequence[JudgedText], texts: Iterable[CorpusText]) -> list[Judged]:
    """Return the texts that were judged, of those that are at hand; undecided ones are left out.

    Parameters
    ----------
    judgements : sequence of JudgedText
    texts : iterable of CorpusText
        Judgements of texts that are not among them are passed over.

    Raises
    ------
    InvalidLabels
        If a judgement was given to another text than the one of that name.
    """
    by_key = {judgement.key: judgement for judgement in judgements}
    found: list[Judged] = []
    for text in texts:
        judgement = by_key.get((text.source, text.id))
        if judgement is None:
            continue
        if (digest := digest_of(text.text)) != judgement.sha256:
            raise InvalidLabels(
                f"{text.source} {text.id} has the SHA-256 {digest}, and the text that was judged "
                f"had {judgement.sha256}.",
                where=JUDGED,
                remedy="Remove the line, or judge the text again.",
            )
        if judgement.label is not None:
            drawn = judgement.drawn == "random"
            found.append(Judged(text, judgement.values, judgement.label, drawn))
    return found


def well_judged(judged: Iterable[Judged]) -> frozenset[str]:
    """Return the corpora of which at least `MIN_JUDGED` texts were judged."""
    counts = Counter(text.of_corpus.source for text in judged)
    return frozenset(source for source, count in counts.items() if count >= MIN_JUDGED)


def foretell(
    texts: Sequence[CorpusText], judged: Sequence[Judged], odds: Odds | None = None
) -> list[CorpusText]:
    """Return texts with the values that judgements of others from their corpus foretell.

    Texts of a corpus that is not `well_judged` are returned as they are, and so are texts of which
    nothing is known, neither by their corpus nor by a model.

    Parameters
    ----------
    texts : sequence of CorpusText
        With all values of their corpora; none was judged.
    judged : sequence of Judged
    odds : Odds, optional
        A model's scores of `judged` and of `texts`.
    """
    foretold = list(texts)
    for source in sorted(well_judged(judged)):
        seen = [row for row, one in enumerate(judged) if one.of_corpus.source == source]
        usable = (text.source == source and (text.known or odds is not None) for text in texts)
        rows = [row for row, use in enumerate(usable) if use]
        if not rows:
            continue
        values = _learn(
            _features([judged[row].of_corpus for row in seen], odds and odds.judged[seen]),
            np.array([judged[row].values for row in seen]),
            _features([texts[row] for row in rows], odds and odds.others[rows]),
        )
        for row, of_text in zip(rows, values.tolist(), strict=True):
            foretold[row] = texts[row]._replace(values=tuple(of_text))
    return foretold


def _features(texts: Sequence[CorpusText], odds: Floats | None) -> Floats:
    values = np.nan_to_num(np.array([text.values for text in texts]), nan=UNKNOWN)
    return values if odds is None else np.hstack([values, odds])


def _learn(features: Floats, right: Floats, others: Floats) -> Floats:
    """Return the probability of each attribute of other texts, from those that were judged."""
    columns = [_learn_one(features, column, others) for column in right.T]
    return np.array(columns).T


def _learn_one(features: Floats, right: Floats, others: Floats) -> Floats:
    rows = ~np.isnan(right)
    present = right[rows] >= PRESENT
    ups, downs = int(present.sum()), int((~present).sum())
    if min(ups, downs) < MIN_OF_A_KIND:
        return np.full(len(others), (ups + 0.5) / (ups + downs + 1))
    model = LogisticRegression(C=PENALTY, max_iter=1000).fit(features[rows], present)
    probabilities: Floats = model.predict_proba(others)[:, 1]
    return probabilities
