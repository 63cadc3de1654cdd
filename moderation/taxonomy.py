"""The attributes and labels: one table, read by everything that scores, stores or shows them."""

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
    """

    name: str
    title: str
    meaning: str
    harmful: bool = True


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("news", "News", "Reported prose, whatever it reports.", harmful=False),
    Attribute(
        "inflammatory",
        "Inflammatory",
        "Insults or threatens a person, dehumanises, incites violence or calls for bloodshed.",
    ),
    Attribute(
        "ethnic_hostility",
        "Ethnic hostility",
        "Attacks, dehumanises, threatens, excludes, or spreads a conspiracy about people "
        "for their ethnicity, nationality, religion or descent.",
    ),
    Attribute("toxicity", "Toxicity", "Rude or hateful enough to make people leave."),
    Attribute(
        "severe_toxicity",
        "Severe toxicity",
        "Calls for killing or expulsion, threatens violence, or likens people to vermin, "
        "disease or animals.",
    ),
    Attribute("identity_attack", "Identity attack", "Attacks people for a group they belong to."),
    Attribute("insult", "Insult", "Belittles a person or a group with a demeaning comparison."),
    Attribute("profanity", "Profanity", "Uses a swear word, at anyone or anything."),
    Attribute("threat", "Threat", "Announces, wishes or calls for harm."),
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
