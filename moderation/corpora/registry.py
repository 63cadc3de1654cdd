"""The registry of public corpora, and their texts read from a folder once its files are verified.

The project holds none of their texts. The module of each adapter describes its corpus. Every URL
names a commit, so it can never come to mean other content, and every file has a digest all the
same.
"""

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from moderation.corpora.adapters import (
    apeach,
    beep,
    bold,
    civil,
    cold,
    crowdcounter,
    davidson,
    edos,
    fox_news,
    gahd,
    germeval,
    goemotions,
    hatemoji,
    hatexplain,
    iwg,
    ja_toxic,
    kmhas,
    ko_curse,
    measuring_hate,
    mlma,
    ntrex,
    paradetox,
    redditbias,
    ru_distorted,
    stormfront,
    templates,
    thienit84,
    told_br,
    toxigen,
    tupy,
    uli,
    wikinews,
    wikipedia_talk,
    wisesight,
    xstest,
)
from moderation.corpora.corpus import Corpus, CorpusError, CorpusFile, CorpusText, digest

CORPORA: tuple[Corpus, ...] = (
    davidson.CORPUS,
    hatexplain.CORPUS,
    civil.CORPUS,
    wikipedia_talk.CORPUS,
    stormfront.CORPUS,
    edos.CORPUS,
    templates.CORPUS,
    wikinews.CORPUS,
    hatemoji.CORPUS,
    redditbias.CORPUS,
    toxigen.CORPUS,
    crowdcounter.CORPUS,
    paradetox.CORPUS,
    measuring_hate.CORPUS,
    fox_news.CORPUS,
    xstest.CORPUS,
    bold.CORPUS,
    goemotions.CORPUS,
    gahd.CORPUS,
    germeval.CORPUS,
    iwg.CORPUS,
    *mlma.CORPORA,
    uli.CORPUS,
    apeach.CORPUS,
    beep.CORPUS,
    kmhas.CORPUS,
    ko_curse.CORPUS,
    told_br.CORPUS,
    tupy.CORPUS,
    ru_distorted.CORPUS,
    thienit84.CORPUS,
    cold.CORPUS,
    ja_toxic.CORPUS,
    wisesight.CORPUS,
    *ntrex.CORPORA,
)


class CorpusState(StrEnum):
    """The state of a corpus in a folder."""

    PRESENT = "present"
    ABSENT = "absent"
    WRONG_HASH = "wrong hash"


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


def corpora_in(languages: Collection[str]) -> list[str]:
    """Return the names of the corpora in some languages, in the registry's order."""
    return [corpus.name for corpus in CORPORA if corpus.language in languages]


def available(folder: Path, names: Iterable[str] | None = None) -> dict[str, CorpusState]:
    """Return the state of corpora in a folder, of all by default, in the registry's order.

    A corpus of several files is present when all are there and right.

    Raises
    ------
    CorpusError
        If a name is unknown.
    """
    return {corpus.name: _state(folder, corpus) for corpus in find_corpora(names)}


def read_corpora(folder: Path, names: Iterable[str] | None = None) -> Iterator[CorpusText]:
    """Yield the texts of corpora, one after the other, in the registry's order.

    Parameters
    ----------
    folder : Path
    names : iterable of str, optional
        Corpora that must be there. Without it, those that are there are read (see
        `available`).

    Yields
    ------
    CorpusText

    Raises
    ------
    CorpusError
        Before the first text: if a name is unknown, a named corpus is absent, or a file is not what
        the registry lists.
    """
    required = names is not None
    chosen = [corpus for corpus in find_corpora(names) if _check(folder, corpus, required=required)]
    return (text for corpus in chosen for text in corpus.read(folder))


def _state(folder: Path, corpus: Corpus) -> CorpusState:
    states = {file_state(folder, file) for file in corpus.files}
    return next(
        state
        for state in (CorpusState.WRONG_HASH, CorpusState.ABSENT, CorpusState.PRESENT)
        if state in states
    )


def file_state(folder: Path, file: CorpusFile) -> CorpusState:
    """Return the state of one file; its digest is taken anew only when the file has changed."""
    path = folder / file.name
    if not path.is_file():
        return CorpusState.ABSENT
    return (
        CorpusState.PRESENT if digest_on_disk(path, file) == file.sha256 else CorpusState.WRONG_HASH
    )


def digest_on_disk(path: Path, file: CorpusFile) -> str:
    """Return the digest of a file on disk.

    Raises
    ------
    CorpusError
        If it cannot be read.
    """
    try:
        status = path.stat()
        return _digest_once(path, file, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise CorpusError(f"Cannot be read: {error.strerror}.", where=str(path)) from None


@lru_cache(maxsize=256)
def _digest_once(path: Path, file: CorpusFile, changed: int, size: int) -> str:  # noqa: ARG001
    return digest(path, file)


def _check(folder: Path, corpus: Corpus, *, required: bool) -> bool:
    """Tell whether a corpus is there, whole and right.

    Raises
    ------
    CorpusError
        If one of its files has a wrong digest, or is absent although the corpus is required.
    """
    for file in corpus.files:
        path = folder / file.name
        state = file_state(folder, file)
        if state is CorpusState.WRONG_HASH:
            raise wrong_hash(path, file, digest_on_disk(path, file))
        if state is CorpusState.ABSENT:
            if required:
                raise CorpusError(
                    f"The corpus {corpus.name} needs this file, which is not there.",
                    where=str(path),
                    remedy=f"Run `moderation corpora fetch {corpus.name}`, or give the folder that "
                    "has it with --dir or MODERATION_CORPORA.",
                )
            return False
    return True


def wrong_hash(path: Path, file: CorpusFile, actual: str) -> CorpusError:
    """Return the error for a file that is not what the registry lists."""
    of = "The SHA-256 of the list of its members" if file.members else "Its SHA-256"
    return CorpusError(
        f"{of} is {actual}, but the registry lists {file.sha256}: the file is damaged or "
        "another version.",
        where=str(path),
        remedy="Delete it and run `moderation corpora fetch`.",
    )
