"""The policy: what a newsroom makes of a verdict's scores."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Protocol, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from moderation.errors import InvalidPolicy
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.document import Document
from moderation.verdict import Action

Threshold = Annotated[float, Field(ge=0, le=1)] | Literal["model"]
MODEL: Literal["model"] = "model"
"""In place of a threshold: the model's own review threshold of the attribute."""
DEFAULT_THRESHOLD = 0.5
"""What `MODEL` stands for where a model has no threshold of its own for an attribute."""
WORD_LIST = "word list"

_Phrases = dict[int, set[tuple[str, ...]]]
"""Phrases, each a run of words, by the number of their words."""


class HasReviewThresholds(Protocol):
    """A model, as far as a policy asks it."""

    @property
    def review_thresholds(self) -> dict[str, float]:
        """The probabilities that `MODEL` in a policy stands for."""


class PolicyRuling(NamedTuple):
    """An action and the reasons for it: attributes' names, or ``word list``."""

    action: Action
    reasons: tuple[str, ...]


class WordLists(BaseModel):
    """Words and phrases that send a passage to review, or block it, wherever they stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    review: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    block: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class CoralReply(BaseModel):
    """What Coral is told of a comment on which an action was taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"] | None = None
    """What becomes of the comment; None leaves it to Coral's next phase."""
    flag: Literal["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"] | None = None
    """The flag that Coral's moderators see."""
    notify: bool = False
    """Whether Coral tells the comment's author the reason; for REJECTED alone."""

    @model_validator(mode="after")
    def _tells_of_rejections_only(self) -> Self:
        if self.notify and self.status != "REJECTED":
            raise ValueError("notify needs the status REJECTED")
        if self.status is None and self.flag is None:
            raise ValueError("a status or a flag is needed")
        return self


class CoralPolicy(BaseModel):
    """How Coral sends comments, and what it is told of those that are not allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body: Literal["either", "html", "text"] = "either"
    unjudged: Literal["hold", "allow"] = "hold"
    """A comment that could not be judged in time is held with the reply for `review`, or let
    through."""
    review: CoralReply = CoralReply(status="SYSTEM_WITHHELD", flag="COMMENT_DETECTED_TOXIC")
    block: CoralReply = CoralReply(status="REJECTED", flag="COMMENT_DETECTED_TOXIC", notify=True)


class Policy(BaseModel):
    """Thresholds by attribute, word lists, and what Coral is told, by action."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    review: dict[str, Threshold] = {}
    block: dict[str, Threshold] = {}
    words: WordLists = WordLists()
    coral: CoralPolicy = CoralPolicy()

    @field_validator("review", "block")
    @classmethod
    def _attributes_exist(cls, thresholds: dict[str, Threshold]) -> dict[str, Threshold]:
        for name in thresholds:
            if name not in ATTRIBUTE_NAMES:
                raise ValueError(f"{name!r} is not an attribute ({', '.join(ATTRIBUTE_NAMES)})")
        return thresholds

    @classmethod
    def load(cls, path: Path | str | None = None) -> "Policy":
        """Read a policy file; without `path`, the shipped one.

        Raises
        ------
        InvalidPolicy
            If the file is missing, is not TOML, or breaks a rule; it names the key.
        """
        shipped = resources.files("moderation") / "policy.toml"
        where = str(path) if path else "the shipped policy"
        try:
            text = Path(path).read_text("utf-8") if path else shipped.read_text("utf-8")
            return cls.model_validate(tomllib.loads(text))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidPolicy(
                f"The policy cannot be read: {error}.",
                where=where,
                remedy="Check the setting `policy`.",
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise InvalidPolicy(f"Not valid TOML: {error}.", where=where) from None
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InvalidPolicy(f"{first['msg']}.", where=f"{where}, key {key}") from None

    def bind(self, model: HasReviewThresholds) -> "BoundPolicy":
        """Return the policy as it holds for a model, with thresholds that are all numbers."""

        def numbers(limits: Mapping[str, Threshold]) -> dict[str, float]:
            chosen = model.review_thresholds
            return {
                name: chosen.get(name, DEFAULT_THRESHOLD) if limit == MODEL else float(limit)
                for name, limit in limits.items()
            }

        return BoundPolicy(numbers(self.review), numbers(self.block), self.words)


class BoundPolicy:
    """A policy's rules for one model: an action for each passage.

    Parameters
    ----------
    review, block : dict of attribute name to probability
        The scores from which a passage is sent to review, or blocked.
    words : WordLists, optional
    """

    def __init__(
        self,
        review: dict[str, float],
        block: dict[str, float],
        words: WordLists = WordLists(),  # noqa: B008  # it is frozen
    ) -> None:
        self.review = review
        self.block = block
        self._rules = (
            (Action.BLOCK, block, _by_length(words.block)),
            (Action.REVIEW, review, _by_length(words.review)),
        )

    @property
    def held(self) -> dict[str, float]:
        """The scores from which a passage is held, for review or for good: the lower of both."""
        attributes = dict.fromkeys((*self.review, *self.block))
        return {
            name: min(limits[name] for limits in (self.review, self.block) if name in limits)
            for name in attributes
        }

    def rule(self, text: str, scores: Mapping[str, float]) -> PolicyRuling:
        """Decide on one passage.

        Parameters
        ----------
        text : str
            The passage; only the word lists look at it.
        scores : mapping of attribute name to probability
        """
        said: tuple[str, ...] | None = None
        for action, limits, listed in self._rules:
            reasons = [name for name, limit in limits.items() if scores[name] >= limit]
            if listed:
                said = _phrase(text) if said is None else said
                if _contains(said, listed):
                    reasons.append(WORD_LIST)
            if reasons:
                return PolicyRuling(action, tuple(reasons))
        return PolicyRuling(Action.ALLOW, ())


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(word.text for word in Document.of(text).words)


def _by_length(listed: tuple[str, ...]) -> _Phrases:
    phrases: dict[int, set[tuple[str, ...]]] = {}
    for phrase in map(_phrase, listed):
        if phrase:
            phrases.setdefault(len(phrase), set()).add(phrase)
    return phrases


def _contains(said: tuple[str, ...], listed: _Phrases) -> bool:
    """Tell whether any phrase stands among the words; one set look-up a word and phrase length."""
    return any(
        said[start : start + length] in phrases
        for length, phrases in listed.items()
        for start in range(len(said) - length + 1)
    )
