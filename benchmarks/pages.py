"""Our splitter beside trafilatura and resiliparse on annotated pages, in one run.

A folder with `expected.json` holds real pages of which some strings are annotated: file name ->
`url`, `article_contains`, `article_excludes` and `comments_contain`. White space is folded before
strings are compared. Some annotated comments are not in their page at all (a script loads them), so
that no reader of the page can find them: the share is given over all strings and over those that
are in the page's bytes. Our own figures are given for two halves as well, told by a checksum of the
file's name: misses may be looked at in half 0, not in half 1.

Any other folder holds pages that are annotated whole (`read_cases`): `NAME.html` with `NAME.json`,
which has each comment with its text, author, time and parent. On these the figures say as well how
many passages are called comments that are none, and how many authors, times and parents are wrong.
Of trafilatura each line of its comments counts as a passage; it and resiliparse tell no authors.

    pip install 'moderation[bench]'
    python benchmarks/pages.py FOLDER tests/pages/cases
"""

import gc
import html
import json
import re
import time
from collections import Counter
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
from moderation.pages import Kind, Passage, read_html

ROUNDS = 3
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_TAG = re.compile(r"<[^<>]*>")


class Found(NamedTuple):
    """An extractor's result for a page."""

    article: str
    comments: str
    passages: tuple[Passage, ...] | None = None
    """The comments one by one, where the extractor tells them apart."""


def ours(data: bytes, url: str) -> Found:
    """Split with `read_html`."""
    try:
        passages = read_html(data, url=url).passages
    except UnreadablePage:
        return Found("", "", ())
    comments = tuple(each for each in passages if each.kind is Kind.COMMENT)
    return Found(
        "\n".join(each.text for each in passages if each.kind is Kind.ARTICLE),
        "\n".join(each.text for each in comments),
        comments,
    )


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


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders of annotated pages.")],
    results: Annotated[
        Path | None, typer.Option(help="Write our results here, and measure nothing.")
    ] = None,
) -> None:
    """Print the figures of each folder as a Markdown table and as JSON."""
    if results is not None:
        write_results(folders, results)
        return
    for folder in folders:
        if (folder / "expected.json").exists():
            measure_strings(folder)
        else:
            measure_cases(folder)


def write_results(folders: list[Path], results: Path) -> None:
    """Write what we make of each page, a line for each passage.

    Two versions of the splitter give the same results where these files are equal.
    """
    with results.open("w", encoding="utf-8") as file:
        for path in sorted(path for folder in folders for path in folder.glob("*.html")):
            try:
                page = read_html(path.read_bytes())
            except UnreadablePage as error:
                file.write(f"{path.name}: {error}\n")
                continue
            file.writelines(f"{path.name}: {passage!r}\n" for passage in page.passages)


def measure_strings(folder: Path) -> None:
    """Print the figures of pages of which strings are annotated, and ours on each half of them."""
    expected: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    pages = {name: (folder / name).read_bytes() for name in expected}
    figures = {name: measure(reader, pages, expected) for name, reader in PEERS.items()}
    for half in (0, 1):
        part = {name: data for name, data in pages.items() if crc32(name.encode()) % 2 == half}
        figures[f"ours, half {half} ({len(part)} pages)"] = measure(
            ours, part, {name: expected[name] for name in part}
        )
    show(figures)


def measure_cases(folder: Path) -> None:
    """Print the figures of pages that are annotated whole."""
    cases = read_cases(folder)
    pages = {name: (folder / f"{name}.html").read_bytes() for name in cases}
    figures: dict[str, dict[str, float | None]] = {}
    for name, reader in PEERS.items():
        found, speed = run(reader, pages, {})
        figures[name] = {**whole_figures(found, cases), "pages/s": speed}
    show(figures)


def read_cases(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the annotations of a folder of cases, by the names of their pages."""
    return {
        file.stem: json.loads(file.with_suffix(".json").read_text("utf-8"))
        for file in sorted(folder.glob("*.html"))
    }


def show(figures: dict[str, dict[str, float | None]]) -> None:
    """Print figures as a Markdown table and as JSON; speed is given as a share of parsing's too."""
    parsing_speed = figures["lxml, parsing alone"]["pages/s"] or 1.0
    for row in figures.values():
        row["of parsing alone"] = (row["pages/s"] or 0.0) / parsing_speed
    columns = list(figures["ours"])
    print(f"| | {' | '.join(columns)} |\n| --- |{' ---: |' * len(columns)}")
    for name, row in figures.items():
        print(f"| {name} | {' | '.join(cell(column, row[column]) for column in columns)} |")
    print(json.dumps(figures))


def cell(column: str, value: float | None) -> str:
    """Return a figure as it stands in a table."""
    if value is None:
        return ""
    if column == "of parsing alone":
        return f"{value:.2f}"
    return f"{value:,.0f}" if column == "pages/s" else f"{value:.1%}"


def whole_figures(
    found: dict[str, Found], cases: dict[str, dict[str, Any]]
) -> dict[str, float | None]:
    """Return the figures of results on pages that are annotated whole.

    Authors, times and parents are counted on the comments that are found; a parent that the page
    does not have is wrong too. A share of nothing is None.
    """
    counts = Counter[str]()
    for name, case in cases.items():
        counts += _counts(found[name], case)

    def share(part: str, whole: str) -> float | None:
        return counts[part] / counts[whole] if counts[whole] else None

    return {
        "comments found": share("found", "comments"),
        "comments in article": share("leaked", "comments"),
        "article kept": share("kept", "article"),
        "called comments and none": share("none", "called"),
        "with more than its text": share("more", "matched"),
        "authors wrong": share("authors wrong", "authors"),
        "times wrong": share("times wrong", "times"),
        "parents wrong": share("parents wrong", "matched"),
    }


def _counts(found: Found, case: dict[str, Any]) -> Counter[str]:
    """Return the counts of one page from which the figures are made."""
    article, everything = folded(found.article), folded(found.comments)
    wanted = [(folded(comment["text"]), comment) for comment in case["comments"]]
    counts = Counter(
        comments=len(wanted),
        found=sum(text in everything for text, _ in wanted),
        leaked=sum(text in article for text, _ in wanted),
        article=len(case["article"]),
        kept=sum(folded(text) in article for text in case["article"]),
    )
    if found.passages is None:
        lines = [line for line in map(folded, found.comments.splitlines()) if line]
        counts["called"] = len(lines)
        counts["none"] = sum(
            not any(text in line or line in text for text, _ in wanted) for line in lines
        )
        return counts
    left = list(found.passages)
    numbers: dict[int | None, int] = {}
    pairs: list[tuple[int, dict[str, Any], Passage]] = []
    for number, (text, comment) in enumerate(wanted, start=1):
        near = next((each for each in left if folded(each.text) == text), None)
        near = near or next((each for each in left if text in folded(each.text)), None)
        if near is not None:
            left.remove(near)
            numbers[near.position] = number
            pairs.append((number, comment, near))
            counts["more"] += folded(near.text) != text and not case.get("text_contains")
    counts |= Counter(called=len(found.passages), none=len(left), matched=len(pairs))
    for _, comment, near in pairs:
        if comment["author"] is not None:
            counts["authors"] += 1
            counts["authors wrong"] += near.author != comment["author"]
        if comment["time"] is not None:
            counts["times"] += 1
            counts["times wrong"] += not (near.time or "").startswith(comment["time"])
        parent = None if near.parent is None else numbers.get(near.parent, 0)
        counts["parents wrong"] += parent != comment["parent"]
    return counts


def run(
    reader: Callable[[bytes, str], Found], pages: dict[str, bytes], urls: dict[str, str]
) -> tuple[dict[str, Found], float]:
    """Return one reader's results, and how many pages it reads in a second."""
    found: dict[str, Found] = {}
    gc.collect()
    gc.freeze()
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = {
            name: reader(data, urls.get(name, "https://example.org/page"))
            for name, data in pages.items()
        }
        seconds.append(time.process_time() - start)
    return found, len(pages) / min(seconds)


def measure(
    reader: Callable[[bytes, str], Found],
    pages: dict[str, bytes],
    expected: dict[str, dict[str, Any]],
) -> dict[str, float | None]:
    """Return one reader's figures over all pages."""
    found, speed = run(reader, pages, {name: said["url"] for name, said in expected.items()})
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
        "pages/s": speed,
    }


if __name__ == "__main__":
    typer.run(main)
