"""Judges that need no model, and pages for them."""

import re
import time
from pathlib import Path
from typing import NamedTuple

from moderation.batch.judge import JudgeIdentity, PageJudge
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.text.document import Document
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

HTML = """<!doctype html><html lang="en"><head><title>Ferry line opens</title></head><body>
<article><h1>Ferry line opens after long delay</h1>
<p>The harbour office opened the new ferry line on Monday after a delay of four months.</p>
<p>The first ferry leaves at six in the morning, and tickets cost two thousand riel.</p></article>
<section id="comments"><h2>2 comments</h2>
<div class="comment"><b class="author">Sokha</b><p>At last a boat that leaves on time.</p></div>
<div class="comment"><b class="author">Rithy</b>
<p>They are all hostileword people, every one of them.</p></div>
</section></body></html>"""

_EVIDENCE = re.compile(r"\bhostileword\b[^.]*")


FRENCH = "Le conseil devrait publier ses comptes avant lundi prochain."
"""A comment in a language that the fake judge does not know."""


class FakeJudge:
    """Finds the word ``hostileword`` hostile, and fails on ``breakword``.

    Parameters
    ----------
    seconds : float
        How long it takes for each call.
    languages : tuple of str
        The languages that it knows.
    """

    def __init__(self, seconds: float = 0.0, languages: tuple[str, ...] = ("en",)) -> None:
        self.seconds = seconds
        self.languages = languages

    def judge(self, texts: list[str]) -> list[Verdict]:
        """Return a verdict for each text."""
        time.sleep(self.seconds)
        if any("breakword" in text for text in texts):
            raise ValueError("breakword")
        return [self._verdict(Document.of(text)) for text in texts]

    def _verdict(self, document: Document) -> Verdict:
        if document.language is None or document.language in self.languages:
            return verdict_on(document)
        language, why = document.language, ("language",)
        return Verdict(None, Action.REVIEW, {}, "fake@1", reasons=why, language=language)


class FakeSource(NamedTuple):
    """Makes a fake judge; two of another name are other judges."""

    name: str = "fake@1"
    seconds: float = 0.0
    policy: str = "none"
    languages: tuple[str, ...] = ("en",)

    @property
    def identity(self) -> JudgeIdentity:
        """Its name stands for everything."""
        known = " ".join(self.languages)
        return JudgeIdentity(self.name, self.name, self.policy, self.policy, known)

    def load(self, threads: int) -> PageJudge:  # noqa: ARG002  # the protocol has it
        """Make the judge."""
        return FakeJudge(self.seconds, self.languages)


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
