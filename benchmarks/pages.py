"""Our splitter beside trafilatura and resiliparse on annotated real pages, in one run.

The folder holds the pages and `expected.json`: file name -> `url`, `article_contains`,
`article_excludes` and `comments_contain`. White space is folded before strings are compared. Some
annotated comments are not in their page at all (a script loads them), so that no reader of the page
can find them: the share is given over all strings and over those that are in the page's bytes.

Our own figures are given for two halves as well, told by a checksum of the file's name: misses may
be looked at in half 0, not in half 1.

    pip install 'moderation[bench]'
    python benchmarks/pages.py FOLDER
"""

import gc
import html
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zlib import crc32

import trafilatura
import typer
from lxml import etree
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from moderation.errors import UnreadablePage
from moderation.pages import Kind, read_html

ROUNDS = 3
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_TAG = re.compile(r"<[^<>]*>")


class Found(NamedTuple):
    """An extractor's result for a page."""

    article: str
    comments: str


def ours(data: bytes, url: str) -> Found:
    """Split with `read_html`."""
    try:
        passages = read_html(data, url=url).passages
    except UnreadablePage:
        return Found("", "")
    texts: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for each in passages:
        texts[each.kind].append(each.text)
    return Found("\n".join(texts[Kind.ARTICLE]), "\n".join(texts[Kind.COMMENT]))


def theirs_trafilatura(data: bytes, url: str) -> Found:
    """Extract with trafilatura, comments included."""
    found = trafilatura.bare_extraction(data, url=url, include_comments=True)
    if not isinstance(found, trafilatura.settings.Document):
        return Found("", "")
    return Found(found.text or "", found.comments or "")


def theirs_resiliparse(data: bytes, url: str) -> Found:
    """Extract with resiliparse, which has no notion of comments and leaves them out."""
    del url
    text = bytes_to_str(data, detect_encoding(data) or "utf-8")
    return Found(extract_plain_text(text, main_content=True, comments=False), "")


def parsing(data: bytes, url: str) -> Found:
    """Parse with lxml and do nothing else: the lower bound for any extractor that uses it."""
    del url
    etree.fromstring(data, etree.HTMLParser(encoding="utf-8", huge_tree=True))
    return Found("", "")


PEERS: dict[str, Callable[[bytes, str], Found]] = {
    "ours": ours,
    "trafilatura": theirs_trafilatura,
    "resiliparse": theirs_resiliparse,
    "lxml, parsing alone": parsing,
}


def folded(text: str) -> str:
    """Return `text` with single spaces."""
    return " ".join(text.split())


def present(data: bytes, text: str) -> bool:
    """Tell whether a string is anywhere in a page, in its markup or in its scripts."""
    for codec in ("utf-8", "latin-1"):
        page = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), data.decode(codec, "replace"))
        page = html.unescape(html.unescape(page)).replace('\\"', '"')
        if text in folded(page) or text in folded(_TAG.sub("", page)):
            return True
    return False


def main(folder: Annotated[Path, typer.Argument(help="The annotated pages.")]) -> None:
    """Print all figures as a Markdown table and as JSON, and ours on each half of the pages."""
    expected: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    pages = {name: (folder / name).read_bytes() for name in expected}
    figures = {name: measure(reader, pages, expected) for name, reader in PEERS.items()}
    columns = list(figures["ours"])
    print(f"| | {' | '.join(columns)} |\n| --- |{' ---: |' * len(columns)}")
    for name, row in figures.items():
        cells = " | ".join(f"{v:.1%}" if v <= 1 else f"{v:,.0f}" for v in row.values())
        print(f"| {name} | {cells} |")
    for half in (0, 1):
        part = {name: data for name, data in pages.items() if crc32(name.encode()) % 2 == half}
        row = measure(ours, part, {name: expected[name] for name in part})
        cells = " | ".join(f"{v:.1%}" if v <= 1 else f"{v:,.0f}" for v in row.values())
        print(f"| ours, half {half} ({len(part)} pages) | {cells} |")
    print(json.dumps(figures))


def measure(
    reader: Callable[[bytes, str], Found],
    pages: dict[str, bytes],
    expected: dict[str, dict[str, Any]],
) -> dict[str, float]:
    """Return one reader's figures over all pages."""
    found: dict[str, Found] = {}
    gc.collect()
    gc.freeze()
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = {name: reader(data, expected[name]["url"]) for name, data in pages.items()}
        seconds.append(time.process_time() - start)
    counts = dict.fromkeys(("comments", "there", "hit", "leak", "article", "kept", "astray"), 0)
    counts |= {"excluded": 0, "let in": 0}
    for name, said in expected.items():
        article, comments = folded(found[name].article), folded(found[name].comments)
        for text in map(folded, said["comments_contain"]):
            counts["comments"] += 1
            counts["there"] += present(pages[name], text)
            counts["hit"] += text in comments
            counts["leak"] += text in article
        for text in map(folded, said["article_contains"]):
            counts["article"] += 1
            counts["kept"] += text in article
            counts["astray"] += text in comments
        for text in map(folded, said["article_excludes"]):
            counts["excluded"] += 1
            counts["let in"] += text in article
    return {
        "comments found": counts["hit"] / counts["comments"],
        "of those in the page": counts["hit"] / counts["there"],
        "comments in article": counts["leak"] / counts["comments"],
        "article kept": counts["kept"] / counts["article"],
        "article in comments": counts["astray"] / counts["article"],
        "excluded let in": counts["let in"] / counts["excluded"],
        "pages/s": len(pages) / min(seconds),
    }


if __name__ == "__main__":
    typer.run(main)
