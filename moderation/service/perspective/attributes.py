"""The attributes of the Perspective API: every name that upstream documented, and ours for it.

An attribute that is near to one of ours is answered by it, under the name that was asked for; the
others are known, and not judged. docs/migrating-from-perspective.md has the same table, and a test
compares the two.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from moderation.taxonomy import BY_PERSPECTIVE_NAME

FORMS = ("", "_EXPERIMENTAL", "_FAST")
"""The endings of upstream's names: none, of attributes on trial, of quick ones."""
MAX_VERSION_DIGITS = 4
"""Most digits of the version in a name such as ``TOXICITY@6``."""


class Group(StrEnum):
    """The groups in which upstream documented its attributes; and our own."""

    PRODUCTION = "production"
    EXPERIMENTAL = "experimental"
    NEW_YORK_TIMES = "New York Times"
    BRIDGING = "bridging"
    PERSUASION = "persuasion"
    OWN = "our own"


class NamedAttribute(NamedTuple):
    """An attribute that can be asked for.

    Parameters
    ----------
    name : str
        Its name without an ending or a version, unless upstream had it with the ending alone.
    group : Group
    judged_by : str or None
        Our attribute that answers; None where none is near.
    """

    name: str
    group: Group
    judged_by: str | None = None


UPSTREAM: tuple[NamedAttribute, ...] = (
    NamedAttribute("TOXICITY", Group.PRODUCTION, "toxicity"),
    NamedAttribute("SEVERE_TOXICITY", Group.PRODUCTION, "severe_toxicity"),
    NamedAttribute("IDENTITY_ATTACK", Group.PRODUCTION, "identity_attack"),
    NamedAttribute("INSULT", Group.PRODUCTION, "insult"),
    NamedAttribute("PROFANITY", Group.PRODUCTION, "profanity"),
    NamedAttribute("THREAT", Group.PRODUCTION, "threat"),
    NamedAttribute("SEXUALLY_EXPLICIT", Group.EXPERIMENTAL),
    NamedAttribute("FLIRTATION", Group.EXPERIMENTAL),
    NamedAttribute("ATTACK_ON_AUTHOR", Group.NEW_YORK_TIMES, "insult"),
    NamedAttribute("ATTACK_ON_COMMENTER", Group.NEW_YORK_TIMES, "insult"),
    NamedAttribute("INCOHERENT", Group.NEW_YORK_TIMES),
    NamedAttribute("INFLAMMATORY", Group.NEW_YORK_TIMES, "inflammatory"),
    NamedAttribute("LIKELY_TO_REJECT", Group.NEW_YORK_TIMES),
    NamedAttribute("OBSCENE", Group.NEW_YORK_TIMES, "profanity"),
    NamedAttribute("SPAM", Group.NEW_YORK_TIMES),
    NamedAttribute("UNSUBSTANTIAL", Group.NEW_YORK_TIMES),
    NamedAttribute("AFFINITY_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("COMPASSION_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("CONSTRUCTIVE_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("CURIOSITY_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("NUANCE_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("PERSONAL_STORY_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("REASONING_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("RESPECT_EXPERIMENTAL", Group.BRIDGING),
    NamedAttribute("ALIENATION_EXPERIMENTAL", Group.PERSUASION),
    NamedAttribute("FEARMONGERING_EXPERIMENTAL", Group.PERSUASION),
    NamedAttribute("GENERALIZATION_EXPERIMENTAL", Group.PERSUASION),
    NamedAttribute("MORAL_OUTRAGE_EXPERIMENTAL", Group.PERSUASION),
    NamedAttribute("POWER_APPEAL_EXPERIMENTAL", Group.PERSUASION),
    NamedAttribute("SCAPEGOATING_EXPERIMENTAL", Group.PERSUASION),
)
"""The one table of upstream's attributes."""


def _forms(attribute: NamedAttribute) -> list[str]:
    """Return the names of an attribute with every ending that it can have."""
    if attribute.name.endswith(FORMS[1:]):
        return [attribute.name]
    return [attribute.name + form for form in FORMS]


_UPSTREAM: Mapping[str, NamedAttribute] = {
    name: attribute for attribute in UPSTREAM for name in _forms(attribute)
}
_OWN: Mapping[str, NamedAttribute] = {
    name: NamedAttribute(name, Group.OWN, attribute.name)
    for name, attribute in BY_PERSPECTIVE_NAME.items()
    if name not in _UPSTREAM
}
_BY_NAME: Mapping[str, NamedAttribute] = {**_UPSTREAM, **_OWN}

NAMES: tuple[str, ...] = tuple(_BY_NAME)
"""Every name that can be asked for, without a version."""
VERSIONED = f"^({'|'.join(_UPSTREAM)})@[0-9]{{1,{MAX_VERSION_DIGITS}}}$"
"""The pattern, for JSON schemas, of a name with a version."""


def find_attribute(name: str) -> NamedAttribute | None:
    """Return the attribute that a request names; None for a name that upstream never had.

    Examples
    --------
    >>> find_attribute("OBSCENE").judged_by, find_attribute("SPAM@2").judged_by
    ('profanity', None)
    >>> find_attribute("toxicity") is None
    True
    """
    found = _BY_NAME.get(name)
    if found is None and "@" in name:
        plain, _, version = name.partition("@")
        if version.isascii() and version.isdecimal() and len(version) <= MAX_VERSION_DIGITS:
            return _UPSTREAM.get(plain)
    return found
