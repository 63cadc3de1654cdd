"""The moderator, which judges texts; the service, the batch run and the commands all use it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Self

from moderation.models.base import Judgement, label_of, languages_of
from moderation.models.store import MANIFEST, Model, load_model
from moderation.policy import Policy
from moderation.settings import read_settings, shipped_models
from moderation.taxonomy import Label
from moderation.text.document import Document, Steps
from moderation.text.validate import check_text
from moderation.verdict import Verdict

MAX_TEXTS = 1_024
MAX_CHARACTERS = 500_000
"""Texts and characters that are judged at once: the documents read from them stay in memory."""


class Moderator:
    """Judges passages with a model, and acts on them by a policy.

    Parameters
    ----------
    model : Model
    policy : Policy
    languages : sequence of str, optional
        ISO 639 codes of the languages that are judged; those that the model knows when not given.

    Attributes
    ----------
    bound_policy : BoundPolicy
        The policy with the model's thresholds.
    languages : tuple of str
        The languages that are judged. A text that is certainly in another one is not.
    """

    def __init__(
        self, model: Model, policy: Policy, languages: Sequence[str] | None = None
    ) -> None:
        self.model = model
        self.policy = policy
        self.bound_policy = policy.bind(model)
        self.languages = tuple(languages or languages_of(model.manifest))
        self._model_id = model.id
        self._chosen = languages

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        policy: str | Path | None = None,
        *,
        threads: int | None = None,
        languages: Sequence[str] | None = None,
    ) -> Self:
        """Load a model and a policy.

        Parameters
        ----------
        model : str or Path, optional
            A shipped model's id (``encoder@2027.01``) or a model's folder; the setting ``model``
            when not given.
        policy : str or Path, optional
            A policy file; the setting ``policy``, else the shipped policy, when not given.
        threads : int, optional
            Threads for one call of `judge`; the setting ``threads`` when not given.
        languages : sequence of str, optional
            The languages that are judged; the setting ``languages`` when not given.

        Raises
        ------
        InvalidModel, InvalidPolicy, InvalidSettings
        """
        settings = read_settings(
            model=model and str(model), policy=policy, threads=threads, languages=languages
        )
        loaded = load_model(settings.model, shipped_models(), settings.threads)
        return cls(loaded, Policy.load(settings.policy), settings.languages)

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in the same order.

        The language of a text is detected, unless it is a `Document` that knows its language.

        Raises
        ------
        InvalidText
            If a text is blank or not a text, naming its position; then nothing is judged.
        """
        _check(texts)
        verdicts: list[Verdict] = []
        for documents in _read(texts):
            known = [self._knows(document.language) for document in documents]
            judgements = self.model.judge(list(compress(documents, known))) if any(known) else ()
            verdicts += self._verdicts(documents, known, judgements)
        return verdicts

    def begin(self, texts: Sequence[str]) -> Steps[list[Verdict]]:
        """Judge texts as `judge` does, in steps, so that other work can be done between them.

        Most steps take some 15 ms or less, however long a text is. The verdicts are the same to the
        last bit. A model without steps takes one step for all texts.

        Yields
        ------
        None
            After each step.

        Returns
        -------
        list of Verdict
            One for each text, in the same order.

        Raises
        ------
        InvalidText
            As `judge` does, in the first step.
        """
        _check(texts)
        yield
        begin = getattr(self.model, "begin", None)
        verdicts: list[Verdict] = []
        for documents in _read(texts):
            known: list[bool] = []
            for document in documents:
                known.append(self._knows(document.language))
                yield
            judgements: list[Judgement] = []
            if any(known):
                chosen = list(compress(documents, known))
                judgements = (yield from begin(chosen)) if begin else self.model.judge(chosen)
            for verdict in self._verdicts(documents, known, judgements):
                verdicts.append(verdict)
                yield
        return verdicts

    @cached_property
    def fast(self) -> "Moderator | None":
        """A moderator with the fast tier alone and the same policy; None without such a tier.

        It is a cascade's fast tier, or the one that came with an encoder, alone or in a polyglot;
        that is loaded when it is first asked for.
        """
        fast: Model | None = getattr(self.model, "fast", None)
        tier, _, version = self.model.id.partition("@")
        beside = f"fast@{version}"
        if tier in {"encoder", "polyglot"} and (shipped_models() / beside / MANIFEST).is_file():
            fast = load_model(beside, shipped_models())
        return Moderator(fast, self.policy, self._chosen) if fast else None

    def _knows(self, language: str | None) -> bool:
        """Tell whether the model may judge a text in a language.

        It may judge one in no certain language: to skip these would let slang pass unseen.
        """
        return language is None or language in self.languages

    def _verdicts(
        self,
        documents: Iterable[Document],
        known: Iterable[bool],
        judgements: Iterable[Judgement],
    ) -> Iterator[Verdict]:
        """Yield the verdicts on texts, with the judgements of those that the model may judge."""
        following = iter(judgements)
        for document, may_judge in zip(documents, known, strict=True):
            if may_judge:
                yield self._verdict(document, next(following))
            else:
                yield self._unjudged(document)

    def _verdict(self, document: Document, judgement: Judgement) -> Verdict:
        label = label_of(judgement.scores, self.model.thresholds)
        decision = self.bound_policy.decide(document, judgement.scores)
        hostile = label is Label.ETHNIC_HOSTILITY
        return Verdict(
            label=label,
            action=decision.action,
            scores=judgement.scores,
            model=self._model_id,
            spans=judgement.spans,
            targets=judgement.targets if hostile else (),
            reasons=decision.reasons,
            language=document.language,
        )

    def _unjudged(self, document: Document) -> Verdict:
        decision = self.bound_policy.decide_unjudged(document)
        return Verdict(
            label=None,
            action=decision.action,
            scores={},
            model=self._model_id,
            reasons=decision.reasons,
            language=document.language,
        )


def _check(texts: Sequence[str]) -> None:
    """Raise an error unless all of the texts are texts."""
    if isinstance(texts, str):
        raise TypeError("judge() takes a list of texts, not one text")
    for position, text in enumerate(texts):
        check_text(text, where=f"texts[{position}]")


def _read(texts: Sequence[str]) -> Iterator[list[Document]]:
    """Yield the texts as documents, in groups that are small enough for memory."""
    documents: list[Document] = []
    size = 0
    for text in texts:
        size += len(text)
        if documents and (len(documents) == MAX_TEXTS or size > MAX_CHARACTERS):
            yield documents
            documents, size = [], len(text)
        documents.append(Document.of(text))
    if documents:
        yield documents
