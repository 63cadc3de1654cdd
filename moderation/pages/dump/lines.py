"""First stage: a page's text -> its lines that are not blank."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the white space around it.

    Parameters
    ----------
    start, end : int
        Offsets of its first and behind its last visible character.
    text : str
        The characters between them.
    right : int
        The column behind its last character, indentation included.
    adjacent : bool
        Whether the line before it is not blank either.
    """

    start: int
    end: int
    text: str
    right: int
    adjacent: bool


def split_lines(text: str) -> list[Line]:
    r"""Cut a text at every line boundary of Unicode (``\n``, ``\r\n``, NEL, form feed, ...)."""
    lines: list[Line] = []
    offset = 0
    adjacent = False
    for raw in text.splitlines(keepends=True):
        content = raw.strip()
        if content:
            indent = len(raw) - len(raw.lstrip())
            start = offset + indent
            end = start + len(content)
            lines.append(Line(start, end, content, indent + len(content), adjacent))
        adjacent = bool(content)
        offset += len(raw)
    return lines
