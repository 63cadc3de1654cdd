"""Which judge a run has, loaded once in each process."""

import hashlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

from moderation.batch.sandbox import SplitPage
from moderation.batch.types import Failure, FailureReason
from moderation.errors import InvalidModel
from moderation.models.store import MANIFEST, load_model
from moderation.models.store.manifest import find_folder, read_manifest
from moderation.moderator import Moderator
from moderation.pages import Kind, Passage, is_supported
from moderation.policy import Policy
from moderation.settings import Settings, read_settings, shipped_models
from moderation.verdict import Verdict

ALL_CORES = 0


class PageJudge(Protocol):
    """What a batch run asks of a moderator."""

    def judge(self, texts: list[str], /) -> list[Verdict]:
        """Return a verdict for each text, in the same order."""


class Identity(NamedTuple):
    """What makes two judges the same."""

    model: str
    model_digest: str
    policy: str
    policy_digest: str


class JudgeSource(Protocol):
    """Something small that is sent to each worker, which makes a judge of it."""

    @property
    def identity(self) -> Identity:
        """What the judge that it makes is known by."""

    def load(self, threads: int) -> PageJudge:
        """Make the judge; `threads` is how many it may use, 0 for one a core."""


class ModelSource(NamedTuple):
    """A model by its name, and a policy whole, so that no other machine needs its file."""

    model: str
    model_id: str
    model_digest: str
    policy: Policy

    @classmethod
    def of(cls, model: str | Path | None = None, policy: Path | None = None) -> "ModelSource":
        """Find a model and read a policy; the settings name them where they are not given.

        Raises
        ------
        InvalidModel, InvalidPolicy, InvalidSettings
        """
        settings = read_settings(model=model and str(model), policy=policy)
        folder = find_folder(settings.model, shipped_models())
        manifest = read_manifest(folder, shipped_models())
        # A shipped model goes by its name, since every machine has it somewhere else.
        is_shipped = folder.parent == shipped_models()
        name = folder.name if is_shipped else str(folder.resolve())
        return cls(name, manifest.id, manifest.sha256, Policy.load(settings.policy))

    @property
    def identity(self) -> Identity:
        """The model's id and its manifest's digest, the policy's name and its digest."""
        policy = hashlib.sha256(self.policy.model_dump_json().encode()).hexdigest()
        return Identity(self.model_id, self.model_digest, self.policy.name, policy)

    def load(self, threads: int) -> PageJudge:
        """Load the model.

        Raises
        ------
        InvalidModel
            If this machine has another model of that name than the one that started the run.
        """
        folder = find_folder(self.model, shipped_models())
        if read_manifest(folder, shipped_models()).sha256 != self.model_digest:
            raise InvalidModel(
                f"This machine's {self.model_id} is another one than that of the run.",
                where=str(folder / MANIFEST),
                remedy="Install the same version of the package on every machine.",
            )
        model = load_model(folder, shipped_models(), threads, self.model_digest)
        return Moderator(model, self.policy)


_loaded: dict[tuple[Identity, int], PageJudge] = {}
_loading = Lock()


def judge_of(source: JudgeSource, threads: int) -> PageJudge:
    """Return this process's judge, loading it when it is first asked for."""
    key = (source.identity, threads)
    with _loading:
        if key not in _loaded:
            # One at a time: a model takes much memory.
            _loaded.clear()
            _loaded[key] = source.load(threads)
        return _loaded[key]


# FOLDED limits: What a page may cost, and what counts as the same run.


class Limits(NamedTuple):
    """Limits of a page and of a passage.

    Parameters
    ----------
    page_bytes : int
    page_seconds : float
        Longest time that reading and splitting a page may take.
    page_memory : int
        Most memory that it may take, in bytes.
    passage_characters : int
        Longest passage that is judged.
    languages : tuple of str
        Languages in which passages are judged.
    """

    page_bytes: int
    page_seconds: float
    page_memory: int
    passage_characters: int
    languages: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Take the limits from the settings."""
        return cls(
            page_bytes=settings.max_page_bytes,
            page_seconds=settings.page_seconds,
            page_memory=settings.page_memory_mb << 20,
            passage_characters=settings.max_text_chars,
            languages=tuple(sorted(settings.languages)),
        )


# FOLDED unjudged: Why a passage has no verdict.


class Unjudged(StrEnum):
    """Why a passage has no verdict."""

    FURNITURE = "furniture"
    LANGUAGE = "language"
    """It is in a language that the model does not know."""
    LENGTH = "length"
    """It is over the setting `max_text_chars`."""


# FOLDED passages: Pages -> verdicts on their passages, many pages in one call.

TOGETHER = 2_000
"""Passages judged in one call."""


class JudgedPassage(NamedTuple):
    """A passage, and its verdict or why there is none."""

    passage: Passage
    verdict: Verdict | None
    unjudged: Unjudged | None


def judge_pages(
    pages: Sequence[SplitPage], judge: PageJudge, limits: Limits
) -> Iterator[tuple[SplitPage, list[JudgedPassage] | Failure]]:
    """Judge the passages of pages, in order.

    A page on which the judge fails alone is a failure.

    Raises
    ------
    Exception
        What the judge raised, where it fails on every page of several: then the pages are not what
        is wrong.
    """
    failed, last = 0, None
    for group in _groups(pages):
        try:
            yield from zip(group, _judge(group, judge, limits), strict=True)
        except Exception:  # noqa: BLE001  # whatever it is, one page may be the cause
            for page in group:
                try:
                    [judged] = _judge([page], judge, limits)
                except Exception as error:  # noqa: BLE001  # likewise
                    failed, last = failed + 1, error
                    message = f"The model failed on the page ({type(error).__name__})."
                    yield page, Failure(page.name, FailureReason.JUDGE, message, page.position)
                else:
                    yield page, judged
    if last is not None and failed == len(pages) > 1:
        raise last


def _groups(pages: Sequence[SplitPage]) -> Iterator[list[SplitPage]]:
    group: list[SplitPage] = []
    passages = 0
    for page in pages:
        group.append(page)
        passages += len(page.page.passages)
        if passages >= TOGETHER:
            yield group
            group, passages = [], 0
    if group:
        yield group


def _judge(
    pages: Sequence[SplitPage], judge: PageJudge, limits: Limits
) -> list[list[JudgedPassage]]:
    plan = [[(p, _unjudged(p, limits)) for p in page.page.passages] for page in pages]
    texts = [passage.text for each in plan for passage, why in each if why is None]
    verdicts = judge.judge(texts) if texts else []
    if len(verdicts) != len(texts):
        raise RuntimeError(f"the judge gave {len(verdicts)} verdicts for {len(texts)} texts")
    following = iter(verdicts)
    return [
        [JudgedPassage(passage, None if why else next(following), why) for passage, why in each]
        for each in plan
    ]


def _unjudged(passage: Passage, limits: Limits) -> Unjudged | None:
    if passage.kind is Kind.FURNITURE:
        return Unjudged.FURNITURE
    if not is_supported(passage, limits.languages):
        return Unjudged.LANGUAGE
    return Unjudged.LENGTH if len(passage.text) > limits.passage_characters else None
