"""Answers inside comments, as the names of their elements and their first lines tell them."""

import re
from typing import Final

from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Node

MAX_CLASS = 400
"""Characters of a class that are looked at."""
MAX_SIGNED = 120
"""Characters of a line that says who answers."""
NO_ITEM_TAGS: Final = frozenset({"a", "time", "cite", "button", "span", "label", *HEADINGS})
"""The tags of elements that are no comment, whatever their names."""

_SURE: Final = int(Mark.SURE)
_SIGNED_ANSWER = re.compile(
    r"(?:reply|answer|response) (?:by|from) \S|antwort von \S|réponse d(?:e |')\S|respuesta de \S"
    r"|risposta di \S|resposta de \S|antwoord van \S|odpowiedź od \S|svar fr[aå]n? \S"
    r"|(?:an?|the) (?:developer|owner|seller|host|manager|team)"
    r" (?:has )?(?:responded|replied|answered)"
    r"|(?:response|reply) (?:from|by) the (?:owner|developer|seller|host|team)"
    r"|(?:owner|developer|seller|host|management|business)(?:['’]s)? (?:response|reply|answer)",
    re.IGNORECASE,
)
_REPLY = re.compile(r"(?:^|[\s_-])(?:reply|answer|response|antwort|reponse|respuesta)(?=\s|$)")


def is_named_answer(node: Node) -> bool:
    """Tell whether an element in a comment is named as an answer."""
    return (
        node.tag not in NO_ITEM_TAGS
        and bool(node.context & _SURE)
        and _REPLY.search(node.attributes.get("class", "")[:MAX_CLASS]) is not None
    )


def says_who_answers(line: str) -> bool:
    """Tell whether a line is one such as "Reply by Dara" or "The developer has responded"."""
    return len(line) <= MAX_SIGNED and _SIGNED_ANSWER.match(line) is not None
