"""The folder of the public corpora, and their download: each file whole and verified, or none."""

import logging
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from moderation.corpora.corpus import CorpusError, CorpusFile, digest
from moderation.corpora.registry import (
    CorpusState,
    digest_on_disk,
    file_state,
    find_corpora,
    wrong_hash,
)
from moderation.settings import read_settings

TIMEOUT = 30
"""Seconds without an answer or a byte after which a download is given up."""


def corpora_folder(folder: Path | None = None) -> Path:
    """Return the folder of the public corpora, which need not exist yet.

    It is `folder`, else the setting ``corpora``, else a folder in the user's cache.
    """
    chosen = folder or read_settings().corpora
    if chosen is not None:
        return chosen
    import pooch  # noqa: PLC0415  # a server reads settings too, and never needs it

    return Path(pooch.os_cache("moderation")) / "corpora"


def fetch(
    names: Iterable[str] | None,
    folder: Path,
    *,
    progress: bool = False,
    notify: Callable[[str], None] = lambda line: None,  # noqa: ARG005  # no one listens
) -> None:
    """Download the files of corpora into a folder; those that are there and right are kept.

    A file is downloaded beside its place and moved there once its digest is right, so what is in
    the folder is whole, and an interrupted run goes on where it stopped when it is repeated.

    Parameters
    ----------
    names : iterable of str, optional
        The corpora; all by default.
    folder : Path
        It is made if need be.
    progress : bool
        Draw a bar on standard error.
    notify : callable
        It is called with a line about each file.

    Raises
    ------
    CorpusError
        If a name is unknown, a file cannot be downloaded or written, or one that was downloaded or
        was there before has a wrong digest.
    """
    for corpus in find_corpora(names):
        for file in corpus.files:
            path = folder / file.name
            state = file_state(folder, file)
            if state is CorpusState.WRONG_HASH:
                raise wrong_hash(path, file, digest_on_disk(path, file))
            if state is CorpusState.PRESENT:
                notify(f"{corpus.name}: {file.name} is there already")
            else:
                notify(f"{corpus.name}: fetching {file.name}")
                _fetch_file(file, path, progress=progress)


def _fetch_file(file: CorpusFile, path: Path, *, progress: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=path.parent) as beside:
            fetched = _download(file, beside, progress=progress)
            actual = digest(fetched, file)
            if actual != file.sha256:
                raise CorpusError(
                    f"What was downloaded has the SHA-256 {actual}, but the registry lists "
                    f"{file.sha256}. It was thrown away.",
                    where=file.url,
                    remedy=f"Try again; if it stays so, put the listed file into {path.parent} "
                    "yourself.",
                )
            fetched.replace(path)
    except OSError as error:
        raise CorpusError(
            f"Cannot be written: {error.strerror or error}.",
            where=str(path),
            remedy="Name a folder that you can write to with --dir or MODERATION_CORPORA.",
        ) from None


def _download(file: CorpusFile, folder: str, *, progress: bool) -> Path:
    """Download a file and return its path. Its digest is the caller's to check."""
    # Not pooch's own registry: it replaces a file that is there and has another digest, which may
    # be somebody's only copy, and it knows an archive by its bytes, which GitHub does not promise
    # to be the same twice; ours is the digest of an archive's members.
    import pooch  # noqa: PLC0415  # only those who fetch wait for the network library
    from requests.exceptions import RequestException  # noqa: PLC0415

    # Without a known hash pooch logs advice on how to note one; ours is of an archive's members.
    pooch.get_logger().setLevel(logging.WARNING)
    downloader = pooch.HTTPDownloader(progressbar=progress, timeout=TIMEOUT)
    try:
        return Path(pooch.retrieve(file.url, None, file.name, folder, downloader=downloader))
    except RequestException as error:
        answer = error.response
        reason = (
            f"no whole answer ({type(error).__name__})"
            if answer is None
            else f"the server answered {answer.status_code} {answer.reason}"
        )
    raise CorpusError(
        f"{file.name} cannot be downloaded: {reason}.",
        where=file.url,
        remedy="Check the network, or copy the file from another machine into a folder and name "
        "that with --dir or MODERATION_CORPORA.",
    )
