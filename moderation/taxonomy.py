"""The taxonomy: the labels and attributes, in one table from which all other modules take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """The label of a passage; each has exactly one."""

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
        Its name on a page.
    meaning : str
        The meaning of a high score, in one sentence.
    harmful : bool
        True if a high score speaks against publishing the passage.
    perspective : tuple of str
        Its names in requests of Perspective's clients.
    coral : str, optional
        Coral's code for it as the reason of a rejection.
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
"""The annotated value from which an attribute counts as present."""

FLAGGED: tuple[Label, ...] = (Label.ETHNIC_HOSTILITY, Label.INFLAMMATORY)
"""The labels that speak against a passage, worst first; the first that holds is its label."""

OTHERWISE = Label.CIVIL
"""The label of a passage for which no labelling attribute holds; it has no attribute itself."""

LABELLING: tuple[Label, ...] = (*FLAGGED, Label.NEWS)
"""The labels with an attribute of the same name; the first that holds is a passage's label."""


@dataclass(frozen=True, slots=True)
class Category:
    """A category of OpenAI's moderation, in terms of our attributes.

    Parameters
    ----------
    name : str
    any_of : tuple of str
        The attributes of which one must hold; none where we cannot judge the category.
    and_of : tuple of str
        Further attributes of which one must hold; none where there is no such condition.
    """

    name: str
    any_of: tuple[str, ...] = ()
    and_of: tuple[str, ...] = ()

    def score(self, scores: Mapping[str, float]) -> float | None:
        """Return the category's score, from 0 to 1; None where we cannot judge it."""
        groups = (self.any_of, self.and_of)
        parts = [max(scores[name] for name in group) for group in groups if group]
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
"""The attribute of each name in a Perspective request."""
