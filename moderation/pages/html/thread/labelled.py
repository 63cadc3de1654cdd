"""Entries of which every part has its name beside it: "Name:", "Comments:".

Guestbooks from before style sheets list the answers to the fields of their form, in the rows of a
table or in lines of their own.
"""

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from moderation.pages.cues.vocabulary import date_start
from moderation.pages.html.dates import iso_time
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree

MIN_ENTRIES = 2
MAX_LABEL = 24
MAX_LINES = 60
"""Blocks of an entry below the first one."""
MAX_OUTER = 8
"""Elements around a label among which the one with the whole entry is sought."""

_FORM: Final = int(Mark.FORM | Mark.IN_FORM)
_NAMES: Final = frozenset(
    {"name", "from", "your name", "author", "nick", "nickname", "posted by", "nom", "nombre",
     "nome", "naam", "von", "autor", "imię", "имя", "名前", "이름", "姓名"}
)  # fmt: skip
_TEXTS: Final = frozenset(
    {"comment", "comments", "message", "your message", "remarks", "kommentar", "nachricht",
     "eintrag", "commentaire", "commentaires", "comentario", "comentarios", "mensaje", "mensagem",
     "messaggio", "commento", "bericht", "reactie", "komentarz", "комментарий", "сообщение",
     "コメント", "留言"}
)  # fmt: skip
_ANSWERED = re.compile(
    r"(?P<name>[^\W\d_][\w .'’-]{0,30}?) (?:answers|replies|responds|answered|replied|antwortet|"
    r"répond|responde|risponde)\s?:?"
)


class LabelledEntry(NamedTuple):
    """An entry: its text, the blocks around it, its author, its time and the one it answers."""

    blocks: list[Block]
    around: list[Block]
    author: str | None
    time: str | None
    parent: int | None


def labelled_entries(tree: Tree) -> list[LabelledEntry]:
    """Return the entries of a page whose parts are named, in order, with the owner's answers.

    There are none where fewer than two have a text.
    """
    texts = [block for block in tree.blocks if _label(block) in _TEXTS]
    entries: list[LabelledEntry] = []
    for place, block in enumerate(texts):
        stop = texts[place + 1].index if place + 1 < len(texts) else len(tree.blocks)
        start = texts[place - 1].index if place else -1
        outer = _entry_around(block, start, stop)
        entry = _entry(block, outer, tree.blocks)
        if entry is None:
            continue
        entries.append(entry)
        answer = _answer(tree.blocks[outer.last : stop], len(entries) - 1)
        if answer is not None:
            entries.append(answer)
    return entries if len(entries) >= MIN_ENTRIES else []


def _label(block: Block) -> str:
    """Return the name in a line that has nothing else."""
    text = block.text
    if len(text) > MAX_LABEL or not text.endswith(":") or block.node.context & _FORM:
        return ""
    return text.rstrip(": ").casefold()


def _entry_around(block: Block, start: int, stop: int) -> Node:
    """Return the outermost element around a label that holds none of another entry."""
    node = block.node
    for _ in range(MAX_OUTER):
        outer = node.parent
        if outer is None or outer.parent is None or outer.last > stop or outer.first <= start:
            break
        node = outer
    return node


def _entry(block: Block, outer: Node, blocks: Sequence[Block]) -> LabelledEntry | None:
    own = list(blocks[outer.first : min(outer.last, outer.first + MAX_LINES)])
    text = [other for other in own if other.index > block.index]
    for place, other in enumerate(text):
        if _label(other) in _NAMES:
            text = text[:place]
            break
    author = next((b.spaced for a, b in pairwise(own) if _label(a) in _NAMES), None)
    if not text or author is None:
        return None
    dated = (other for other in own if other.index < block.index)
    times = (iso_time(b.spaced) for b in dated if date_start(b.spaced) is not None)
    return LabelledEntry(text, own, author, next((t for t in times if t), None), None)


def _begins(block: Block) -> bool:
    """Tell whether a line is the date or a field of the next entry."""
    return date_start(block.spaced) is not None or _label(block) != ""


def _answer(below: Sequence[Block], parent: int) -> LabelledEntry | None:
    """Return the owner's answer right below an entry: "Marge answers:" and a text."""
    if len(below) < 2:  # noqa: PLR2004
        return None
    line = below[0]
    first, _, rest = line.text.partition("\n")
    match = _ANSWERED.fullmatch(first)
    if match is None:
        return None
    outer = line.node
    while outer.parent is not None and outer.last <= line.index + 1:
        outer = outer.parent
    inside = takewhile(lambda b: b.index < outer.last and not _begins(b), below[1:MAX_LINES])
    text = list(inside)
    if rest:
        text = [Block(rest, line.node, 0, line.index), *text]
    return LabelledEntry(text, [line, *text], match["name"], None, parent) if text else None
