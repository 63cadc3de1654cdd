"""What was found on a page -> its passages, in the order of the page."""

from collections.abc import Iterator, Mapping, Sequence

from moderation.pages.html.comments import PageComment
from moderation.pages.html.facts.linked import LinkedComment
from moderation.pages.html.names.marks import Mark
from moderation.pages.html.node import Block
from moderation.pages.html.tree import Tree
from moderation.pages.page import Kind, Part, Passage

SAME = 60
"""Characters, without white space, by which a comment is known to be there already."""

_PARTS = (
    (int(Mark.AUTHOR), Part.BYLINE),
    (int(Mark.TIME), Part.DATE),
    (int(Mark.CAPTION), Part.CAPTION),
)


def page_passages(
    tree: Tree,
    comments: Sequence[PageComment],
    article: Mapping[int, Part],
    title: Block | None,
) -> Iterator[Passage]:
    """Yield the page's passages; furniture of one kind that stands together is one."""
    starts = {comment.blocks[0].index: place for place, comment in enumerate(comments)}
    inside = {block.index for comment in comments for block in comment.blocks}
    around = {block.index for comment in comments for block in comment.around}
    frame: list[str] = []
    framed = Part.NAVIGATION
    for block in tree.blocks:
        at = block.index
        part = Part.HEADLINE if block is title and at not in inside else article.get(at)
        if part is None and at not in inside:
            kind = _furniture(block) if at in around else Part.NAVIGATION
            if kind is not framed and frame:
                yield _framed(frame, framed)
                frame = []
            framed = kind
            frame.append(block.text)
            continue
        if frame:
            yield _framed(frame, framed)
            frame = []
        if at in starts:
            yield _comment(comments, starts[at])
        elif at not in inside and part is not None:
            yield Passage(Kind.ARTICLE, part, None, None, None, block.text)
    if frame:
        yield _framed(frame, framed)


def _furniture(block: Block) -> Part:
    context = block.node.context
    return next((part for mark, part in _PARTS if context & mark), Part.NAVIGATION)


def _framed(texts: Sequence[str], part: Part) -> Passage:
    return Passage(Kind.FURNITURE, part, None, None, None, "\n".join(texts))


def _comment(comments: Sequence[PageComment], place: int) -> Passage:
    comment = comments[place]
    return Passage(
        Kind.COMMENT,
        Part.COMMENT,
        comment.author,
        None,
        None,
        "\n".join(block.text for block in comment.blocks),
        time=comment.time,
        permalink=comment.permalink,
        parent=None if comment.parent is None else comment.parent + 1,
        position=place + 1,
    )


def unseen_comments(
    found: Sequence[LinkedComment], passages: Sequence[Passage]
) -> Iterator[Passage]:
    """Yield the comments that the page holds for machines only: a script shows them to readers."""
    seen = {_known(each.text) for each in passages if each.kind is not Kind.FURNITURE}
    position = sum(each.kind is Kind.COMMENT for each in passages)
    for comment in found:
        if _known(comment.text) in seen:
            continue
        seen.add(_known(comment.text))
        position += 1
        yield Passage(
            Kind.COMMENT,
            Part.COMMENT,
            comment.author,
            None,
            None,
            comment.text,
            time=comment.time,
            permalink=comment.permalink,
            position=position,
        )


def _known(text: str) -> str:
    return "".join(text[: 2 * SAME].split())[:SAME]
