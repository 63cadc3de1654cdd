"""Our splitter of plain text on the annotated pages, rendered as scrapers render them.

Each page is rendered in three ways: every piece of text on a line of its own (Beautiful Soup), as a
text browser shows it (Inscriptis), and in the lines of the page's blocks (Resiliparse). The
annotations are those that `pages.py` reads. A string that a rendering does not hold, because a
script loads it or because the rendering cuts it, counts neither as found nor as lost.

    pip install 'moderation[bench]'
    python benchmarks/pages_text.py FOLDER tests/pages/cases
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zlib import crc32

import typer
from bs4 import BeautifulSoup
from inscriptis import get_text
from pages import cell, folded, read_cases
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from moderation.pages import Kind, split_page
from moderation.text.validate import clean_text


class RenderedPage(NamedTuple):
    """A rendered page, and what it is annotated with."""

    name: str
    text: str
    comments: list[str]
    article: list[str]


def soup(html: str) -> str:
    """Return each piece of text on a line of its own."""
    tree = BeautifulSoup(html, "lxml")
    for element in tree(["script", "style", "noscript", "template", "svg"]):
        element.decompose()
    return str(tree.get_text("\n", strip=True))


def browser(html: str) -> str:
    """Return a page as a text browser shows it."""
    return str(get_text(html))


def blocks(html: str) -> str:
    """Return a page in the lines of its blocks."""
    return str(extract_plain_text(html, main_content=False, list_bullets=False, alt_texts=False))


RENDERINGS: dict[str, Callable[[str], str]] = {
    "a line for each piece": soup,
    "a text browser": browser,
    "the lines of blocks": blocks,
}


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders of annotated pages.")],
) -> None:
    """Print the figures of each folder and rendering as a Markdown table and as JSON."""
    for folder in folders:
        figures: dict[str, dict[str, float | None]] = {}
        for name, render in RENDERINGS.items():
            pages = list(rendered(folder, render))
            figures[name] = measure(pages)
            if (folder / "expected.json").exists():
                for half in (0, 1):
                    part = [page for page in pages if crc32(page.name.encode()) % 2 == half]
                    figures[f"{name}, half {half}"] = measure(part)
        columns = list(next(iter(figures.values())))
        print(f"| {folder.name} | {' | '.join(columns)} |\n| --- |{' ---: |' * len(columns)}")
        for name, row in figures.items():
            print(f"| {name} | {' | '.join(cell(column, row[column]) for column in columns)} |")
        print(json.dumps(figures))


def rendered(folder: Path, render: Callable[[str], str]) -> Iterator[RenderedPage]:
    """Yield a folder's pages, rendered, with what they are annotated with."""
    for name, comments, article in annotations(folder):
        data = (folder / name).read_bytes()
        html = bytes_to_str(data, detect_encoding(data) or "utf-8")
        yield RenderedPage(name, clean_text(render(html)), comments, article)


def annotations(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield the name of each annotated page, with strings of its comments and of its article."""
    if (folder / "expected.json").exists():
        expected: dict[str, dict[str, Any]] = json.loads(
            (folder / "expected.json").read_text("utf-8")
        )
        for name, said in expected.items():
            yield name, said["comments_contain"], said["article_contains"]
        return
    for name, case in read_cases(folder).items():
        yield f"{name}.html", [each["text"] for each in case["comments"]], case["article"]


def measure(pages: list[RenderedPage]) -> dict[str, float | None]:
    """Return the figures of `split_page` on rendered pages."""
    counts = Counter[str]()
    seconds = 0.0
    for page in pages:
        start = time.process_time()
        passages = split_page(page.text).passages
        seconds += time.process_time() - start
        texts = {
            kind: folded("\n".join(each.text for each in passages if each.kind is kind))
            for kind in Kind
        }
        whole = folded(page.text)
        for text in filter(whole.__contains__, map(folded, page.comments)):
            counts["comments"] += 1
            counts["found"] += text in texts[Kind.COMMENT]
            counts["leaked"] += text in texts[Kind.ARTICLE]
        for text in filter(whole.__contains__, map(folded, page.article)):
            counts["article"] += 1
            counts["kept"] += text in texts[Kind.ARTICLE]
            counts["astray"] += text in texts[Kind.COMMENT]
    return {
        "comments found": counts["found"] / max(counts["comments"], 1),
        "comments in article": counts["leaked"] / max(counts["comments"], 1),
        "article kept": counts["kept"] / max(counts["article"], 1),
        "article in comments": counts["astray"] / max(counts["article"], 1),
        "pages/s": len(pages) / seconds,
    }


if __name__ == "__main__":
    typer.run(main)
