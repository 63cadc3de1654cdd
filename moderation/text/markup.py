"""The text that a reader sees of some HTML, in time proportional to its length."""

from collections.abc import Mapping

from lxml import etree

MAX_DEPTH = 512
"""Elements inside one another at most. The parser's time grows with the depth, so it is bounded."""

CHUNK = 1 << 16
"""Characters parsed between two checks of the depth."""

_HIDDEN = "iframe noscript object script select style template textarea title"
_LINES = (
    "address article aside blockquote br button center dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section "
    "summary table tr ul"
)
HIDDEN = frozenset(_HIDDEN.split())
LINES = frozenset(_LINES.split())
CELLS = frozenset({"td", "th"})


class TooDeep(ValueError):
    """An error for HTML whose elements are nested more than `MAX_DEPTH` deep."""


def visible_text(html: str) -> str:
    """Return the visible text of a page or a piece of one: a line a block, single spaces.

    Raises
    ------
    TooDeep
        If it is nested so deeply that no person wrote it.
    """
    parser = etree.HTMLParser(target=_TextTarget())
    # A first element, so that the parser sees what comes before any tag as text like the rest.
    parser.feed("<body>")
    for start in range(0, len(html), CHUNK):
        parser.feed(html[start : start + CHUNK])
    text: str = parser.close()
    return text


class _TextTarget:
    """Collects the visible text as lxml's parser hands over each tag and text in order."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._depth = 0
        self._hidden = 0

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooDeep
        self._hidden += tag in HIDDEN
        self._separate(tag)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._hidden -= tag in HIDDEN
        self._separate(tag)

    def data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(data.replace("\n", " ").replace("\r", " "))

    def close(self) -> str:
        lines = (" ".join(line.split()) for line in "".join(self._parts).split("\n"))
        return "\n".join(line for line in lines if line)

    def _separate(self, tag: str) -> None:
        if tag in LINES:
            self._parts.append("\n")
        elif tag in CELLS:
            self._parts.append(" ")
