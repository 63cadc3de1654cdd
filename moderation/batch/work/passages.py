"""Pages -> verdicts on their passages, many pages in one call."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from moderation.batch.inputs.shard import Failure, FailureReason
from moderation.batch.work.judging import PageJudge
from moderation.batch.work.limits import Limits
from moderation.batch.work.split import SplitPage
from moderation.batch.work.unjudged import Unjudged
from moderation.pages import Kind, Passage, is_supported
from moderation.verdict import Verdict

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
