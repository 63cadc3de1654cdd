"""A page's bytes -> what is on it."""

from lxml import etree

from moderation.pages.html.tree import Tree

CHUNK = 1 << 18
"""Bytes that are parsed between two looks at whether the page goes too deep."""


def walk(data: bytes) -> Tree:
    """Read a page in UTF-8.

    The parser tells of each tag and text and builds no tree of its own: the time then grows with
    the page's length alone, however its elements and attributes are piled up.

    Raises
    ------
    UnreadablePage
        If it is nested more deeply, or has more elements, than any page that a person wrote.
    """
    tree = Tree()
    parser = etree.HTMLParser(encoding="utf-8", target=tree, huge_tree=True)
    try:
        for start in range(0, len(data), CHUNK):
            parser.feed(data[start : start + CHUNK])
        parser.close()
    except etree.LxmlError:
        # The parser's word for a page without anything on it.
        tree.close()
    return tree
