"""What the words of a name say where none of them is a word for comments."""

from moderation.pages.html.names.mark import WORDS, Mark

MAX_WORDS = 4
"""Words of a name; one of more is a text, as the ids of headings are."""

_ALONE = (
    ("plain_form", Mark.FORM),
    ("author", Mark.AUTHOR),
    ("time", Mark.TIME),
    ("plain_frame", Mark.FRAME),
    ("tool", Mark.TOOL),
    ("body", Mark.BODY),
)

_PAIRS = (("pairs_first", "pairs_second"), ("links_first", "links_second"))
_POSTS = frozenset({"p", "post", "msg", "message", "postcount", "reply", "c", "td"})


def plain_marks(words: list[str], joined: str) -> Mark:
    """Return the marks of a name, cut into words and with its words joined."""
    held = frozenset(words)
    found = Mark(0)
    for name, mark in _ALONE:
        if held & WORDS[name]:
            found |= mark
            break
    if words and words[-1] in _POSTS:
        found |= Mark.ITEM
    if _is_furniture(held, words):
        found |= Mark.FURNITURE
    if held & WORDS["meta"]:
        found |= Mark.META
    if held & WORDS["caption"] or _is_picture(held, words):
        found |= Mark.CAPTION
    if joined in WORDS["story"]:
        found |= Mark.STORY
    return found


def _is_furniture(held: frozenset[str], words: list[str]) -> bool:
    if held & WORDS["furniture"]:
        return True
    if held & WORDS["perhaps_furniture"]:
        last = words[-1] in WORDS["perhaps_furniture"] and not held & WORDS["layouts"]
        if last or not held & WORDS["unless"]:
            return True
    return len(words) <= MAX_WORDS and any(
        a in WORDS[one] and b in WORDS[other]
        for one, other in _PAIRS
        for a in held
        for b in held
        if a != b
    )


def _is_picture(held: frozenset[str], words: list[str]) -> bool:
    if not held & WORDS["picture"]:
        return False
    if held & WORDS["under_picture"]:
        return True
    return words[-1] in WORDS["picture"] and not held & WORDS["beside_picture"]
