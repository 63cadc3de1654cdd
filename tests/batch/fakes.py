"""A judge that needs no model, and pages for it."""

import re
from pathlib import Path

from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict

PAGE = """Ferry line opens after long delay

By Chan Dara

The harbour office opened the new ferry line on Monday after a delay of four months.

The first ferry leaves at six in the morning, and tickets cost two thousand riel.

2 comments

Sokha said...

At last a boat that leaves on time.

Anonymous said...

They are all hostileword people, every one of them. Go away.
"""

_EVIDENCE = re.compile(r"\bhostileword\b[^.]*")


class FakeJudge:
    """Finds the word ``hostileword`` hostile; remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def judge(self, texts: list[str]) -> list[Verdict]:
        """Return a verdict for each text."""
        self.calls.append(texts)
        return [verdict_on(text) for text in texts]


class FailingJudge(FakeJudge):
    """Fails on its second page, as a model that runs out of memory does."""

    def judge(self, texts: list[str]) -> list[Verdict]:
        """Return verdicts once."""
        if self.calls:
            raise MemoryError
        return super().judge(texts)


def verdict_on(text: str) -> Verdict:
    """Return the fake verdict on one text."""
    spans = tuple(
        Span(*match.span(), attribute, 0.9)
        for match in _EVIDENCE.finditer(text)
        for attribute in ("ethnic_hostility", "identity_attack")
    )
    scores = dict.fromkeys(ATTRIBUTE_NAMES, 1 / 3)
    if not spans:
        return Verdict(Label.CIVIL, Action.ALLOW, scores, "fake@1")
    return Verdict(
        label=Label.ETHNIC_HOSTILITY,
        action=Action.REVIEW,
        scores=scores | {"ethnic_hostility": 0.987654321},
        model="fake@1",
        spans=spans,
        targets=("Vietnamese",),
        reasons=("ethnic_hostility",),
    )


def write_pages(folder: Path, pages: int = 3) -> Path:
    """Write some pages that differ in their first line."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(pages):
        text = PAGE.replace("Ferry line", f"Ferry line {number}")
        (folder / f"page{number}.txt").write_text(text, "utf-8")
    return folder
