"""The policy: a newsroom's rules, which turn the scores of a passage into an action."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol, Self

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
"""Stands for the model's own review threshold of an attribute."""
DEFAULT_THRESHOLD = 0.5
"""Stands in where a model has no review threshold of its own for an attribute."""
WORD_LIST = "word list"
"""The reason for an action that is due to a listed word."""
LANGUAGE = "language"
"""The reason for an action on a passage in a language that the model does not know."""

_Phrases = dict[int, set[tuple[str, ...]]]
"""Phrases, each a run of words, by the number of their words."""


class HasReviewThresholds(Protocol):
    """A model, as far as a policy needs it."""

    @property
    def review_thresholds(self) -> dict[str, float]:
        """The probabilities that `MODEL` in a policy stands for."""


class PolicyDecision(NamedTuple):
    """An action and the reasons for it: attributes' names, ``word list``, or ``language``."""

    action: Action
    reasons: tuple[str, ...]


_ALLOWED = PolicyDecision(Action.ALLOW, ())


class ListedWord(NamedTuple):
    """A word or phrase of a list as it stands in a text: its offsets, and the list's action."""

    start: int
    end: int
    action: Action


class WordLists(BaseModel):
    """Words and phrases that send a passage to review, or block it, wherever they stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    review: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    block: tuple[Annotated[str, Field(min_length=1)], ...] = ()


class LanguagePolicy(BaseModel):
    """The action on passages in languages that the model does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unknown: Literal["review", "allow"] = "review"


class CoralReply(BaseModel):
    """The answer to Coral about a comment on which an action was taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"] | None = None
    """The comment's new status; None leaves it to Coral's next phase."""
    flag: Literal["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"] | None = None
    """The flag that Coral's moderators see."""
    notify: bool = False
    """True if Coral tells the comment's author the reason; for REJECTED only."""

    @model_validator(mode="after")
    def _notifies_of_rejections_only(self) -> Self:
        if self.notify and self.status != "REJECTED":
            raise ValueError("notify needs the status REJECTED")
        if self.status is None and self.flag is None:
            raise ValueError("a status or a flag is needed")
        return self


class CoralPolicy(BaseModel):
    """The form of the comments that Coral sends, and the answers about those not allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body: Literal["either", "html", "text"] = "either"
    unjudged: Literal["hold", "allow"] = "hold"
    """A comment that could not be judged in time is answered as for `review`, or let through."""
    review: CoralReply = CoralReply(status="SYSTEM_WITHHELD", flag="COMMENT_DETECTED_TOXIC")
    block: CoralReply = CoralReply(status="REJECTED", flag="COMMENT_DETECTED_TOXIC", notify=True)


class AkismetPolicy(BaseModel):
    """The answers to sites that speak Akismet's protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    discard: bool = False
    """True if a site may drop a blocked comment that nobody has seen."""


HARM = {
    "severe_toxicity": 1.0,
    "threat": 1.0,
    "ethnic_hostility": 0.8,
    "identity_attack": 0.7,
    "inflammatory": 0.5,
    "insult": 0.4,
    "toxicity": 0.3,
    "profanity": 0.1,
}
"""The weights of harm where a policy gives none."""


class Policy(BaseModel):
    """Thresholds by attribute, word lists, unknown languages, answers to comment systems.

    `harm` weighs attributes for the order in which people see comments.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    review: dict[str, Threshold] = {}
    block: dict[str, Threshold] = {}
    words: WordLists = WordLists()
    languages: LanguagePolicy = LanguagePolicy()
    coral: CoralPolicy = CoralPolicy()
    akismet: AkismetPolicy = AkismetPolicy()
    harm: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}

    @field_validator("review", "block", "harm")
    @classmethod
    def _attributes_exist(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if name not in ATTRIBUTE_NAMES:
                raise ValueError(f"{name!r} is not an attribute ({', '.join(ATTRIBUTE_NAMES)})")
        return values

    @property
    def harm_weights(self) -> dict[str, float]:
        """The weight of each attribute in the order by harm."""
        return HARM | self.harm

    @classmethod
    def load(cls, path: Path | str | None = None) -> "Policy":
        """Read a policy file; without `path`, the shipped one.

        Raises
        ------
        InvalidPolicy
            If the file is missing, is not TOML, or breaks a rule, naming the key.
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
        """Return the policy for a model, in which all thresholds are numbers."""

        def numbers(limits: Mapping[str, Threshold]) -> dict[str, float]:
            chosen = model.review_thresholds
            return {
                name: chosen.get(name, DEFAULT_THRESHOLD) if limit == MODEL else float(limit)
                for name, limit in limits.items()
            }

        return BoundPolicy(numbers(self.review), numbers(self.block), self.words, self.languages)


class BoundPolicy:
    """A policy for one model: it decides on the action for each passage.

    Parameters
    ----------
    review, block : dict of attribute name to probability
        The scores from which a passage is sent to review, or is blocked.
    words : WordLists, optional
    languages : LanguagePolicy, optional
    """

    def __init__(
        self,
        review: dict[str, float],
        block: dict[str, float],
        words: WordLists = WordLists(),  # noqa: B008  # it is frozen
        languages: LanguagePolicy = LanguagePolicy(),  # noqa: B008  # likewise
    ) -> None:
        self.review = review
        self.block = block
        self._unknown = Action(languages.unknown)
        rules = (
            (Action.BLOCK, block, _by_length(words.block)),
            (Action.REVIEW, review, _by_length(words.review)),
        )
        self._rules = [
            (action, limits, listed) for action, limits, listed in rules if limits or listed
        ]

    @property
    def held(self) -> dict[str, float]:
        """The scores from which a passage is not simply allowed: the lower of both thresholds."""
        attributes = dict.fromkeys((*self.review, *self.block))
        return {
            name: min(limits[name] for limits in (self.review, self.block) if name in limits)
            for name in attributes
        }

    def decide(self, text: str, scores: Mapping[str, float]) -> PolicyDecision:
        """Decide on one passage.

        Parameters
        ----------
        text : str
            The passage; it is needed for the word lists only.
        scores : mapping of attribute name to probability
        """
        words: tuple[str, ...] | None = None
        for action, limits, listed in self._rules:
            reasons = [name for name, limit in limits.items() if scores[name] >= limit]
            if listed:
                words = _words_of(text) if words is None else words
                if _contains(words, listed):
                    reasons.append(WORD_LIST)
            if reasons:
                return PolicyDecision(action, tuple(reasons))
        return _ALLOWED

    def decide_unjudged(self, text: str) -> PolicyDecision:
        """Decide on a passage in a language that the model does not know: the word lists hold."""
        words = _words_of(text) if any(listed for _, _, listed in self._rules) else ()
        listing = [action for action, _, listed in self._rules if _contains(words, listed)]
        held = self._unknown is not Action.ALLOW
        action = next(iter(listing), self._unknown)
        reasons = (*((WORD_LIST,) if listing else ()), *((LANGUAGE,) if held else ()))
        return PolicyDecision(action, reasons)

    def listed_words(self, text: str) -> list[ListedWord]:
        """Return the words and phrases of the lists that stand in a text, in their order."""
        words = Document.of(text).words
        texts = [word.text for word in words]
        found = {
            ListedWord(words[first].start, words[after - 1].end, action)
            for action, _, listed in self._rules
            for first, after in _phrases_at(texts, listed)
        }
        return sorted(found)


def _phrases_at(words: list[str], listed: _Phrases) -> Iterator[tuple[int, int]]:
    """Yield the places of listed phrases among the words: the first, and the one after the last."""
    for start in range(len(words)):
        for length, phrases in listed.items():
            if tuple(words[start : start + length]) in phrases:
                yield start, start + length


def _words_of(text: str) -> tuple[str, ...]:
    """Return the normalised words of a passage or a phrase."""
    return tuple(word.text for word in Document.of(text).words)


def _by_length(listed: tuple[str, ...]) -> _Phrases:
    """Return the phrases of a word list by the number of their words."""
    phrases: dict[int, set[tuple[str, ...]]] = {}
    for phrase in map(_words_of, listed):
        if phrase:
            phrases.setdefault(len(phrase), set()).add(phrase)
    return phrases


def _contains(words: tuple[str, ...], listed: _Phrases) -> bool:
    """Tell whether any phrase stands among the words: one look-up by word and length of phrase."""
    return any(
        words[start : start + length] in phrases
        for length, phrases in listed.items()
        for start in range(len(words) - length + 1)
    )
