"""The attributes and labels: one table, read by everything that scores, stores or shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """The one word for a passage."""

    NEWS = "news"
    CIVIL = "civil"
    INFLAMMATORY = "inflammatory"
    ETHNIC_HOSTILITY = "ethnic_hostility"


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something scored as a calibrated probability in [0, 1].

    Parameters
    ----------
    name : str
        Its name in code, JSON, documentation and database.
    title : str
        Its name for a reader of a page.
    meaning : str
        What a high score says, in one sentence.
    harmful : bool
        Whether a high score speaks against publishing the passage.
    perspective : tuple of str
        The names by which Perspective's clients may ask for it.
    coral : str, optional
        The code by which Coral gives it as the reason of a rejection.
    """

    name: str
    title: str
    meaning: str
    harmful: bool = True
    perspective: tuple[str, ...] = ()
    coral: str | None = None


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "news",
        "News",
        "Reported prose, whatever it reports.",
        harmful=False,
        perspective=("NEWS",),
    ),
    Attribute(
        "inflammatory",
        "Inflammatory",
        "Insults or threatens a person, dehumanises, incites violence or calls for bloodshed.",
        perspective=("INFLAMMATORY",),
        coral="ABUSIVE",
    ),
    Attribute(
        "ethnic_hostility",
        "Ethnic hostility",
        "Attacks, dehumanises, threatens, excludes, or spreads a conspiracy about people "
        "for their ethnicity, nationality, religion or descent.",
        perspective=("ETHNIC_HOSTILITY",),
        coral="HATE_SPEECH",
    ),
    Attribute(
        "toxicity",
        "Toxicity",
        "Rude or hateful enough to make people leave.",
        perspective=("TOXICITY", "TOXICITY_EXPERIMENTAL"),
        coral="OFFENSIVE",
    ),
    Attribute(
        "severe_toxicity",
        "Severe toxicity",
        "Calls for killing or expulsion, threatens violence, or likens people to vermin, "
        "disease or animals.",
        perspective=("SEVERE_TOXICITY", "SEVERE_TOXICITY_EXPERIMENTAL"),
        coral="ABUSIVE",
    ),
    Attribute(
        "identity_attack",
        "Identity attack",
        "Attacks people for a group they belong to.",
        perspective=("IDENTITY_ATTACK", "IDENTITY_ATTACK_EXPERIMENTAL"),
        coral="HATE_SPEECH",
    ),
    Attribute(
        "insult",
        "Insult",
        "Belittles a person or a group with a demeaning comparison.",
        perspective=("INSULT", "INSULT_EXPERIMENTAL"),
        coral="ABUSIVE",
    ),
    Attribute(
        "profanity",
        "Profanity",
        "Uses a swear word, at anyone or anything.",
        perspective=("PROFANITY", "PROFANITY_EXPERIMENTAL"),
        coral="OFFENSIVE",
    ),
    Attribute(
        "threat",
        "Threat",
        "Announces, wishes or calls for harm.",
        perspective=("THREAT", "THREAT_EXPERIMENTAL"),
        coral="HARASSMENT_BULLYING",
    ),
)

ATTRIBUTE_NAMES: tuple[str, ...] = tuple(attribute.name for attribute in ATTRIBUTES)

PRESENT = 0.5
"""From this value on, an attribute that somebody annotated counts as present."""

FLAGGED: tuple[Label, ...] = (Label.ETHNIC_HOSTILITY, Label.INFLAMMATORY)
"""The labels that speak against a passage, worst first: the first that holds is its label."""

OTHERWISE = Label.CIVIL
"""The label of a passage that none of the labelling attributes claims; it has no attribute."""

LABELLING: tuple[Label, ...] = (*FLAGGED, Label.NEWS)
"""The labels with an attribute of the same name, in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category of OpenAI's moderation, as far as our attributes say something of it.

    Parameters
    ----------
    name : str
    any_of : tuple of str
        The attributes that make it; none where we cannot judge it.
    and_of : tuple of str
        The attributes of which one must hold besides; none where nothing more is asked.
    """

    name: str
    any_of: tuple[str, ...] = ()
    and_of: tuple[str, ...] = ()

    def score(self, scores: Mapping[str, float]) -> float | None:
        """Return how far the category holds, from 0 to 1; None where we cannot judge it."""
        parts = [max(scores[name] for name in some) for some in (self.any_of, self.and_of) if some]
        return min(parts, default=None)


HATE = ("ethnic_hostility",)
HARASSMENT = ("inflammatory", "identity_attack")

# Their "hate" is hate for ethnicity, nationality or religion; at other groups it is "harassment".
# We know of violence what is threatened and called for, not what is depicted.
OPENAI_CATEGORIES: tuple[Category, ...] = (
    Category("harassment", HARASSMENT),
    Category("harassment/threatening", HARASSMENT, ("threat",)),
    Category("hate", HATE),
    Category("hate/threatening", HATE, ("threat",)),
    Category("illicit"),
    Category("illicit/violent"),
    Category("self-harm"),
    Category("self-harm/instructions"),
    Category("self-harm/intent"),
    Category("sexual"),
    Category("sexual/minors"),
    Category("violence", ("threat",)),
    Category("violence/graphic"),
)

BY_PERSPECTIVE_NAME: Mapping[str, Attribute] = {
    name: attribute for attribute in ATTRIBUTES for name in attribute.perspective
}
"""The attribute that each name in a Perspective request stands for."""
