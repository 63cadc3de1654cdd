"""Comment extraction: the comments of a page, with their authors, times, permalinks and parents.

`find_comments` takes the comments that the names of elements tell, else the posts of a forum, else
blocks that repeat. Of each it separates the reader's text from the lines around it. Notices,
prompts, counts and pingbacks that stand among the comments are none.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from moderation.pages.cues.lines import Opener, is_buttons, is_ornament, is_share, opener
from moderation.pages.cues.names import author_line, may_be_name, plain_name
from moderation.pages.cues.notices import is_notice, is_placeholder, is_prompt
from moderation.pages.cues.vocabulary import AUTHOR_VERBS, date_start, is_date, key
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.names import name_words
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.thread.ancestors import article_ancestors
from moderation.pages.html.thread.bylines import (
    MAX_PART,
    comment_author,
    comment_permalink,
    comment_time,
    day_order,
)
from moderation.pages.html.thread.entries import guestbook_entries
from moderation.pages.html.thread.family import complete_family
from moderation.pages.html.thread.items import (
    CommentItem,
    comment_numbers,
    named_items,
    set_outer,
)
from moderation.pages.html.thread.labelled import labelled_entries
from moderation.pages.html.thread.parents import set_parents
from moderation.pages.html.thread.posts import (
    forum_posts,
    items_around_texts,
    signed_messages,
)
from moderation.pages.html.thread.repeated import repeated_items

MIN_THREAD = 2
MAX_BETWEEN = 12
"""Blocks between two comments among which the comments' heading is sought."""
MAX_LINKED = 4
"""Elements around a line among which a link is sought."""
MAX_INNER = 40
"""Elements in a row of a table among which its text is sought."""
MAX_ANCESTORS = 20
"""Elements around a line among which the header of a comment, or its text, is sought."""
SIGNATURE_LINE = "_" * 10
MAX_SHOW_ALL = 30
"""Characters of a button behind it that shows the whole."""
MIN_SHORTENED = 20
"""Characters in which the shortened beginning of a text agrees with the whole."""
ARROWS = 0x2190
"""First of the characters, emoji among them, that may be a comment without a word."""

_VERBS: Final = frozenset(AUTHOR_VERBS)
_BODY: Final = int(Mark.BODY)
_ITEM: Final = int(Mark.ITEM)
_NEVER_TEXT: Final = int(Mark.FORM | Mark.FRAME)
_SHORT_PARTS: Final = int(Mark.TOOL | Mark.AUTHOR | Mark.TIME)
_SUBJECTS: Final = frozenset({"title", "subject", "subjects", "topic", "betreff", "headline"})
_TEXT_TAGS: Final = frozenset({"p", "blockquote", "li", "pre", "td"})


class PageComment(NamedTuple):
    """A comment as it stands on the page.

    Parameters
    ----------
    blocks : sequence of Block
        Its text.
    around : sequence of Block
        Its text and the lines around it: its author, its date, its buttons.
    author, time, permalink : str or None
    parent : int or None
        The index, among the page's comments, of the one it answers.
    """

    blocks: Sequence[Block]
    around: Sequence[Block]
    author: str | None
    time: str | None
    permalink: str | None
    parent: int | None


def find_comments(tree: Tree, url: str | None) -> list[PageComment]:
    """Return a page's comments, in order.

    Where names of elements tell them, only those are taken.
    """
    labelled = labelled_entries(tree)
    if labelled:
        return [
            PageComment(entry.blocks, entry.around, entry.author, entry.time, None, entry.parent)
            for entry in labelled
        ]
    ancestors = article_ancestors(tree)
    items = named_items(tree, ancestors)
    if items and complete_family(items, tree):
        items = named_items(tree, ancestors)
    items = _without_opening_post(items, tree)
    set_outer(items, tree, ancestors)
    named = _comments(items, tree, url)
    if len(named) > 1:
        return named
    is_signed = any(comment.author or comment.time for comment in named)
    posts = [] if named else _comments(forum_posts(tree), tree, url)
    posts = posts or ([] if is_signed else _comments(items_around_texts(tree), tree, url))
    if posts:
        return posts
    repeated = _comments(repeated_items(tree, ancestors), tree, url)
    if not repeated and not named:
        repeated = _comments(signed_messages(tree), tree, url)
    if not repeated and not named:
        return [PageComment(*entry, None, None) for entry in guestbook_entries(tree)]
    # What is named as one comment may stand around all of them.
    return repeated if not named or _are_inside(repeated, named[0]) else named


def _are_inside(comments: Sequence[PageComment], outer: PageComment) -> bool:
    """Tell whether several comments stand in what was taken for a single one."""
    within = {block.index for block in outer.blocks}
    return len(comments) > 1 and all(
        block.index in within for comment in comments for block in comment.blocks
    )


def _without_opening_post(items: list[CommentItem], tree: Tree) -> list[CommentItem]:
    """Drop the post that opens a thread: it stands above the comments' heading."""
    if len(items) < MIN_THREAD or items[1].parent is not None or not items[0].own:
        return items
    between = tree.blocks[items[0].own[-1].index + 1 : items[1].own[0].index if items[1].own else 0]
    headed = any(opener(block.text) is Opener.COMMENTS for block in between[:MAX_BETWEEN])
    return items[1:] if headed else items


def _comments(items: Sequence[CommentItem], tree: Tree, url: str | None) -> list[PageComment]:
    """Return the comments of those items that have a text which a reader wrote."""
    set_parents(items, tree)
    _add_lines_of_lists(items, tree)
    found: list[tuple[CommentItem, PageComment]] = []
    order = day_order(items, tree)
    for item in items:
        body = _without_signature(_body(item))
        if body:
            author = comment_author(item, body, tree)
            time = comment_time(item, tree, day_first=order)
            link = comment_permalink(item, tree, url)
            around: Sequence[Block] = item.own
            if item.outer is not None and author is None and time is None:
                outer = CommentItem(tree.blocks[item.outer.first : item.outer.last], item.outer)
                author, time = (
                    comment_author(outer, body, tree),
                    comment_time(outer, tree, day_first=order),
                )
                around = outer.own if author is not None or time is not None else around
            if author is None and len(body) > 1:
                author = _name_above(body[0])
                body = body[1:] if author is not None else body
            if len(body) > 1 and body[0].text == author:
                # The name is repeated above the text, for narrow screens.
                body = body[1:]
            found.append((item, PageComment(body, around, author, time, link, None)))
    signed = any(comment.author and comment.time for _, comment in found)
    found = [(i, comment) for i, comment in found if _is_comment(i, comment, signed=signed)]
    indices = {id(item): index for index, (item, _) in enumerate(found)}
    comments: list[PageComment] = []
    for item, comment in found:
        parent = item.parent
        while parent is not None and id(parent) not in indices:
            parent = parent.parent
        comments.append(comment._replace(parent=None if parent is None else indices[id(parent)]))
    return comments


def _name_above(line: Block) -> str | None:
    """Return the name in a line that is a name and a date without a mark between them."""
    text = line.spaced
    start = date_start(text) if len(text) <= MAX_PART else None
    if not start or not is_date(text[start:]) or text[start - 1] != " ":
        return None
    name = text[:start].strip()
    return name if may_be_name(name) and name[0].isalnum() and name[-1].isalnum() else None


def _is_comment(item: CommentItem, comment: PageComment, *, signed: bool) -> bool:
    """Tell whether a reader wrote a comment, and not the site.

    Parameters
    ----------
    item : CommentItem
    comment : PageComment
    signed : bool
        Whether a comment of the page has an author and a time.
    """
    text = "\n".join(block.text for block in comment.blocks)
    if all(_is_in_link(block) for block in comment.blocks):
        # A link to a comment on another page, or a button to write one.
        return False
    if is_notice(text) or is_placeholder(text):
        return False
    if comment.author is not None and comment.time is not None:
        return True
    if item.node is not None and comment_numbers(item.node):
        return not (comment.author is None and comment.time is None and is_prompt(text))
    if comment.author is None and comment.time is None and signed:
        return False
    return not is_prompt(text) and any(c.isalpha() or ord(c) > ARROWS for c in text)


def _is_in_link(block: Block) -> bool:
    """Tell whether a whole line stands in a link to a part of a page."""
    node: Node | None = block.node
    for _ in range(MAX_LINKED):
        if node is None:
            return False
        if node.tag == "a":
            return "#" in node.attributes.get("href", "")
        node = node.parent
    return False


def _add_lines_of_lists(items: Sequence[CommentItem], tree: Tree) -> None:
    """Add to each comment in a ``dd`` the ``dt`` above it and each further ``dd`` below.

    To one in a ``dt``, add each ``dd`` below; to one in a row of a table that holds no text, the
    row below that does.
    """
    taken = {item.node.number for item in items if item.node is not None}
    for item in items:
        node = item.node
        if node is not None and node.tag == "tr" and not _holds_text(node, tree):
            below = tree.nodes[node.stop] if node.stop < len(tree.nodes) else node
            if below.tag == "tr" and below.number not in taken and _holds_text(below, tree):
                item.own = [*item.own, *tree.blocks[below.first : below.last]]
        if node is None or node.tag not in {"dd", "dt"}:
            continue
        number = node.stop
        while number < len(tree.nodes) and number not in taken:
            below = tree.nodes[number]
            if below.tag != "dd" or below.parent is not node.parent:
                break
            item.own = [*item.own, *tree.blocks[below.first : below.last]]
            number = below.stop
        if node.tag == "dt":
            continue
        above = tree.blocks[node.first - 1].node if node.first else node
        for _ in range(MAX_ANCESTORS):
            if above.tag == "dt":
                item.own = [*tree.blocks[above.first : node.first], *item.own]
                break
            above = above.parent or above


def _holds_text(node: Node, tree: Tree) -> bool:
    """Tell whether an element in an element is named as a text."""
    inside = tree.nodes[node.number : min(node.stop, node.number + MAX_INNER)]
    return any(inner.marks & _BODY for inner in inside)


def _body(item: CommentItem) -> list[Block]:
    """Return the blocks of a comment that its reader wrote."""
    own, inherited = item.own, item.inherited
    own = _without_shortened(own)
    texts = [block for block in own if not _is_part(block, inherited)]
    marked = [block for block in texts if block.node.context & _BODY]
    if inherited & _BODY:
        marked = [block for block in marked if _text_depth(block.node, item.node)]
    marked = _innermost(marked)
    if marked:
        written = [b for b in marked if b.linked < len(b.text) or not is_buttons(b.text)]
        return _with_subject(written or marked, texts)
    plain = [block for block in texts if not _reads_as_part(block.spaced)]
    if plain:
        # Where no name tells the parts, the first line of several is the author's if it may be,
        # and a heading above the text is its subject.
        if len(plain) > 1 and len(plain[0].text) == 1 and plain[1].text[0] == plain[0].text:
            # The letter that stands for the picture of the author.
            plain = plain[1:]
        if len(plain) > 1 and plain_name(plain[0].spaced) is not None:
            plain = plain[1:]
        if len(plain) > 1 and plain[0].node.tag in HEADINGS:
            return _with_subject(plain[1:], plain)
        return plain
    return [
        block
        for block in own
        if not block.node.context & _NEVER_TEXT
        and not _reads_as_part(block.spaced)
        and not block.node.context & _SHORT_PARTS & ~inherited
    ]


def _without_shortened(own: list[Block]) -> list[Block]:
    """Return blocks without the shortened beginning of a text that is there as a whole as well.

    What stands in one element with it is a button to show the whole.
    """
    longest: dict[str, Block] = {}
    for block in own:
        start = block.text[:MIN_SHORTENED]
        if len(start) == MIN_SHORTENED and len(block.text) >= len(longest.get(start, block).text):
            longest[start] = block
    for block in own:
        whole = longest.get(block.text[:MIN_SHORTENED], block)
        if whole is not block and _is_shortened(block, whole):
            node = block.node
            return [b for b in own if b is not block and not node.first <= b.index < node.last]
    return own


def _is_shortened(block: Block, whole: Block) -> bool:
    """Tell whether a text is the beginning of another one, with dots and at most a button."""
    head, dots, button = block.text.replace("...", "…").rpartition("…")
    is_outside = not block.node.first <= whole.index < block.node.last
    return (
        bool(dots)
        and is_outside
        and len(button) <= MAX_SHOW_ALL
        and whole.text.startswith(head.rstrip())
    )


def _without_signature(body: list[Block]) -> list[Block]:
    """Return a comment's text without the signature below a line of underscores in it."""
    for place, block in enumerate(body):
        above, line, _ = block.text.partition(SIGNATURE_LINE)
        if line and (place or above):
            end = [Block(above.rstrip(), block.node, 0, block.index)] if above.strip() else []
            return [*body[:place], *end]
    return body


def _with_subject(body: list[Block], texts: Sequence[Block]) -> list[Block]:
    """Return a comment's text with the heading right above it, which its reader wrote.

    A heading that is a link, or above the author, repeats the subject of the page or of the thread.
    """
    above = next((block for block in texts if block.index == body[0].index - 1), None)
    if (
        above is None
        or above.node.tag not in HEADINGS
        or above.linked
        or _is_subject(above)
        or _reads_as_part(above.text)
        or plain_name(above.text) is not None
    ):
        return body
    return [above, *body]


def _is_subject(block: Block) -> bool:
    """Tell whether a heading is named as a subject or begins as an answer's does."""
    names = name_words(block.node.attributes.get("class", ""))
    return not _SUBJECTS.isdisjoint(names) or block.text.casefold().startswith(("re:", "aw:"))


def _innermost(marked: list[Block]) -> list[Block]:
    """Return the blocks of a comment's text without the short lines around an inner text."""
    depths = [_text_depth(block.node) for block in marked]
    deepest = max(depths, default=0)
    return [
        block
        for block, depth in zip(marked, depths, strict=True)
        if depth == deepest
        or len(block.text) > MAX_PART
        or (block.node.tag in _TEXT_TAGS and not _reads_as_part(block.spaced))
    ]


def _text_depth(node: Node, item: Node | None = None) -> int:
    """Return the number of elements around a line, in a comment, that are named as a text."""
    depth = 0
    outer: Node | None = node
    for _ in range(MAX_ANCESTORS):
        if outer is None or outer is item:
            break
        # The text in a quotation is no inner text of the comment.
        depth = 0 if outer.tag == "blockquote" else depth + bool(outer.marks & _BODY)
        if outer.marks & _ITEM:
            break
        outer = outer.parent
    return depth


def _is_part(block: Block, inherited: int) -> bool:
    """Tell whether a block is marked, in its comment, as a part that is not its text."""
    context = block.node.context & ~inherited
    if context & _NEVER_TEXT:
        return True
    if not context & _SHORT_PARTS:
        return False
    # Some themes put a whole comment into what they call its author.
    return len(block.text) <= MAX_PART and (
        block.node.tag != "p" or bool(block.node.marks & _SHORT_PARTS)
    )


def _reads_as_part(text: str) -> bool:
    """Tell whether a text is a date, buttons, an author's line or the like."""
    return len(text) <= MAX_PART and (
        is_date(text)
        or is_buttons(text)
        or is_share(text)
        or author_line(text) is not None
        or opener(text) is not None
        or key(text) in _VERBS
        # A picture alone may be a comment, one with a number counts votes.
        or (
            is_ornament(text)
            and (any(map(str.isdecimal, text)) or not any(ord(c) > ARROWS for c in text))
        )
    )
