"""The judge of a run, loaded once in each process, and its verdicts on pages."""

import hashlib
from collections import OrderedDict
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
from moderation.pages import Kind, Passage
from moderation.policy import Policy
from moderation.settings import Settings, read_settings, shipped_models
from moderation.text.document import Document
from moderation.verdict import Verdict


class PageJudge(Protocol):
    """The part of a moderator that a batch run uses."""

    def judge(self, texts: list[str], /) -> list[Verdict]:
        """Return a verdict for each text, in the same order."""


class JudgeIdentity(NamedTuple):
    """The names, digests and languages by which two judges are the same."""

    model: str
    model_digest: str
    policy: str
    policy_digest: str
    languages: str
    """The codes of the languages that are judged, blank for those that the model knows."""


class JudgeSource(Protocol):
    """A small value that is sent to each worker, which loads a judge from it."""

    @property
    def identity(self) -> JudgeIdentity:
        """The identity of the judge that it loads."""

    def load(self, threads: int) -> PageJudge:
        """Load the judge; it may use `threads` threads, 0 for one per core."""


class ModelSource(NamedTuple):
    """A model by its name, and a whole policy, so that no other machine needs its file."""

    model: str
    model_id: str
    model_digest: str
    policy: Policy
    languages: tuple[str, ...] = ()
    """The languages that are judged; those that the model knows if there are none."""

    @classmethod
    def of(cls, model: str | Path | None = None, policy: Path | None = None) -> "ModelSource":
        """Find a model and read a policy; the defaults are those of the settings.

        Raises
        ------
        InvalidModel, InvalidPolicy, InvalidSettings
        """
        settings = read_settings(model=model and str(model), policy=policy)
        folder = find_folder(settings.model, shipped_models())
        manifest = read_manifest(folder, shipped_models())
        # A shipped model goes by its name, since its folder differs between machines.
        is_shipped = folder.parent == shipped_models()
        name = folder.name if is_shipped else str(folder.resolve())
        policies = Policy.load(settings.policy)
        return cls(name, manifest.id, manifest.sha256, policies, settings.languages)

    @property
    def identity(self) -> JudgeIdentity:
        """The model's id and its manifest's digest, the policy's name and its digest, languages."""
        policy = hashlib.sha256(self.policy.model_dump_json().encode()).hexdigest()
        languages = " ".join(sorted(self.languages))
        return JudgeIdentity(self.model_id, self.model_digest, self.policy.name, policy, languages)

    def load(self, threads: int) -> PageJudge:
        """Load the model.

        Raises
        ------
        InvalidModel
            If this machine has another model of that name than the one where the run started.
        """
        folder = find_folder(self.model, shipped_models())
        if read_manifest(folder, shipped_models()).sha256 != self.model_digest:
            raise InvalidModel(
                f"This machine's {self.model_id} is another one than that of the run.",
                where=str(folder / MANIFEST),
                remedy="Install the same version of the package on every machine.",
            )
        model = load_model(folder, shipped_models(), threads, self.model_digest)
        return Moderator(model, self.policy, self.languages)


_loaded: dict[tuple[JudgeIdentity, int, bool], PageJudge] = {}
_loading = Lock()


def get_judge(source: JudgeSource, threads: int, *, remembers: bool = False) -> PageJudge:
    """Return this process's judge, and load it at the first call.

    Parameters
    ----------
    source : JudgeSource
    threads : int
    remembers : bool
        Whether it judges equal texts once.
    """
    key = (source.identity, threads, remembers)
    with _loading:
        if key not in _loaded:
            # One at a time: a model takes much memory.
            _loaded.clear()
            judge = source.load(threads)
            _loaded[key] = RememberingJudge(judge) if remembers else judge
        return _loaded[key]


MAX_REMEMBERED = 50_000
"""Verdicts that a process remembers, some 100 MB."""


class RememberingJudge:
    """A judge that judges equal texts once, as long as it remembers their verdict.

    Parameters
    ----------
    judge : PageJudge
        Its verdict on a text does not depend on the texts beside it.
    most : int
        Verdicts that are remembered; those that were not asked for longest are forgotten.
    """

    def __init__(self, judge: PageJudge, most: int = MAX_REMEMBERED) -> None:
        self._judge = judge
        self._most = most
        self.bound_policy = getattr(judge, "bound_policy", None)
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()

    def judge(self, texts: list[str], /) -> list[Verdict]:
        """Return a verdict for each text, in the same order."""
        keys = [_text_key(text) for text in texts]
        known = {key: self._verdicts[key] for key in keys if key in self._verdicts}
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        known |= zip(new, self._judge.judge(list(new.values())) if new else (), strict=True)
        for key in keys:
            self._verdicts[key] = known[key]
            self._verdicts.move_to_end(key)
        while len(self._verdicts) > self._most:
            self._verdicts.popitem(last=False)
        return [known[key] for key in keys]


def _text_key(text: str) -> bytes:
    # A text may be in another language on another page, and not be judged there.
    language = Document.of(text).language or ""
    return hashlib.sha256(f"{language} {text}".encode("utf-8", "surrogatepass")).digest()


def thresholds_of(judge: PageJudge) -> dict[str, dict[str, float]]:
    """Return the scores, by action and attribute, from which a judge's policy takes the action."""
    policy = getattr(judge, "bound_policy", None)
    return {} if policy is None else {"review": dict(policy.review), "block": dict(policy.block)}


class RunLimits(NamedTuple):
    """Limits of a page and of a passage.

    Parameters
    ----------
    page_bytes : int
    page_seconds : float
        Longest time for reading and splitting a page.
    page_memory : int
        Most memory for it, in bytes.
    passage_characters : int
        Longest passage that is judged.
    """

    page_bytes: int
    page_seconds: float
    page_memory: int
    passage_characters: int

    @classmethod
    def of(cls, settings: Settings) -> "RunLimits":
        """Return the limits in the settings."""
        return cls(
            page_bytes=settings.max_page_bytes,
            page_seconds=settings.page_seconds,
            page_memory=settings.page_memory_mb << 20,
            passage_characters=settings.max_text_chars,
        )


class UnjudgedReason(StrEnum):
    """Reasons why a passage is not judged."""

    FURNITURE = "furniture"
    LANGUAGE = "language"
    """It is in a language that the model does not know; its verdict has the policy's action."""
    LENGTH = "length"
    """It is over the setting `max_text_chars`."""


BATCH_PASSAGES = 2_000
"""Passages after which the pages at hand are judged, in one call."""


class JudgedPassage(NamedTuple):
    """A passage, its verdict, and the reason why it is not judged, if it is not."""

    passage: Passage
    verdict: Verdict | None
    unjudged: UnjudgedReason | None


def judge_pages(
    pages: Sequence[SplitPage], judge: PageJudge, limits: RunLimits
) -> Iterator[tuple[SplitPage, list[JudgedPassage] | Failure]]:
    """Judge the passages of pages, in order.

    A page on which the judge fails alone is a failure.

    Raises
    ------
    Exception
        The judge's own error, where it fails on every page of several: then the cause is not in the
        pages.
    """
    failed, last = 0, None
    for group in _batches(pages):
        try:
            yield from zip(group, _judge(group, judge, limits), strict=True)
        except Exception:  # noqa: BLE001  # one page may be the cause
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


def _batches(pages: Sequence[SplitPage]) -> Iterator[list[SplitPage]]:
    group: list[SplitPage] = []
    passages = 0
    for page in pages:
        group.append(page)
        passages += len(page.page.passages)
        if passages >= BATCH_PASSAGES:
            yield group
            group, passages = [], 0
    if group:
        yield group


def _judge(
    pages: Sequence[SplitPage], judge: PageJudge, limits: RunLimits
) -> list[list[JudgedPassage]]:
    plans = [[(p, _unjudged(p, limits)) for p in page.page.passages] for page in pages]
    texts: list[str] = [
        Document.in_language(passage.text, passage.language)
        for plan in plans
        for passage, reason in plan
        if reason is None
    ]
    verdicts = judge.judge(texts) if texts else []
    if len(verdicts) != len(texts):
        raise RuntimeError(f"the judge gave {len(verdicts)} verdicts for {len(texts)} texts")
    following = iter(verdicts)
    return [
        [
            JudgedPassage(passage, None, reason) if reason else _judged(passage, next(following))
            for passage, reason in plan
        ]
        for plan in plans
    ]


def _judged(passage: Passage, verdict: Verdict) -> JudgedPassage:
    return JudgedPassage(passage, verdict, None if verdict.judged else UnjudgedReason.LANGUAGE)


def _unjudged(passage: Passage, limits: RunLimits) -> UnjudgedReason | None:
    if passage.kind is Kind.FURNITURE:
        return UnjudgedReason.FURNITURE
    return UnjudgedReason.LENGTH if len(passage.text) > limits.passage_characters else None
