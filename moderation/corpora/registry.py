"""The registry of public corpora.

The project holds none of their texts. What each corpus is, where it comes from and how it is read
stands beside its adapter. Every URL names a commit, so it can never come to mean other content, and
every file has a digest all the same.
"""

from collections.abc import Iterable

from moderation.corpora.adapters import (
    civil,
    davidson,
    edos,
    hatexplain,
    stormfront,
    templates,
    wikinews,
    wikipedia_talk,
)
from moderation.corpora.corpus import Corpus
from moderation.corpora.errors import CorpusError

CORPORA: tuple[Corpus, ...] = (
    davidson.CORPUS,
    hatexplain.CORPUS,
    civil.CORPUS,
    wikipedia_talk.CORPUS,
    stormfront.CORPUS,
    edos.CORPUS,
    templates.CORPUS,
    wikinews.CORPUS,
)


def find_corpora(names: Iterable[str] | None = None) -> list[Corpus]:
    """Return the corpora of these names, or all, in the registry's order.

    Raises
    ------
    CorpusError
        If a name is unknown.
    """
    if names is None:
        return list(CORPORA)
    wanted = set(names)
    known = {corpus.name for corpus in CORPORA}
    if unknown := sorted(wanted - known):
        raise CorpusError(
            f"There is no corpus {unknown[0]!r}.",
            where="corpora",
            remedy=f"Name some of {', '.join(sorted(known))}.",
        )
    return [corpus for corpus in CORPORA if corpus.name in wanted]
