"""A batch run over a WARC file: its speed, its memory and where its time goes.

``python benchmarks/batch.py PAGES_FOLDER [--records 20000] [--model fast@2027.01]``

The file is made from the HTML pages in a folder, each varied so that no two records are alike, and
is not kept. Beside it stands trafilatura alone (extra `bench`), which splits and judges nothing,
over some of the same records on one core.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "jetty", "kettle")
MB = 1 << 20


def vary(page: bytes, random_words: random.Random) -> bytes:
    """Return a page with a word of its own in each paragraph, so that no two have the same text."""
    parts = page.split(b"<p>")
    return b"<p>".join(
        [parts[0], *(random_words.choice(WORDS).encode() + b" " + part for part in parts[1:])]
    )


def write_archive(path: Path, pages: Sequence[Path], records: int) -> None:
    """Write so many records, each compressed by itself as crawlers do."""
    random_words = random.Random(5)  # noqa: S311  # any words do
    contents = [page.read_bytes() for page in pages]
    with path.open("wb") as file:
        for number in range(records):
            body = vary(contents[number % len(contents)], random_words)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            record = WarcRecord()
            record.init_headers(WarcRecordType.response)
            record.headers["WARC-Target-URI"] = f"https://crawl.example/{number}"
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(head + body)
            packed = BytesIO()
            with GzipWriter(packed) as writer:
                record.write(writer)
            file.write(packed.getvalue())


def bodies(path: Path) -> Iterator[bytes]:
    """Yield the pages of an archive."""
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            yield record.reader.read()


def peer(path: Path, pages: int) -> float:
    """Return trafilatura's pages a second on one core, comments included."""
    from trafilatura import extract  # noqa: PLC0415  # an extra

    chosen = [body for body, _ in zip(bodies(path), range(pages), strict=False)]
    began = time.perf_counter()
    for body in chosen:
        extract(body, include_comments=True)
    return len(chosen) / (time.perf_counter() - began)


def run(path: Path, out: Path, jobs: int, model: str) -> dict[str, float]:
    """Run a batch in processes of its own; return its figures."""
    command = [sys.executable, "-m", "moderation", "batch", str(path), "--out", str(out)]
    began = time.perf_counter()
    subprocess.run(  # noqa: S603  # our own command
        [*command, "--jobs", str(jobs), "--model", model],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.perf_counter() - began
    lines = (out / "ledger.jsonl").read_text("utf-8").splitlines()[1:]
    spent = Counter[str]()
    for line in lines:
        spent.update(json.loads(line)["seconds"])
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    work = sum(n for what, n in spent.items() if what != "starting")
    judged = summary["passages"] - sum(
        sum(kind["unjudged"].values()) for kind in summary["kinds"].values()
    )
    return {
        "pages/s": summary["pages"] / seconds,
        "comments/s": summary["kinds"]["comment"]["passages"] / seconds,
        "judged passages/s": judged / seconds,
        "reading %": 100 * spent["reading"] / work,
        "splitting %": 100 * spent["splitting"] / work,
        "judging %": 100 * spent["judging"] / work,
        "packing %": 100 * spent["packing"] / work,
        "failures": summary["failures"],
        "largest process, MB": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / MB,
        "seconds": seconds,
    }


def main() -> None:
    """Make the archive, run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--model", default="fast@2027.01")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--peer-pages", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "pages.warc.gz")
        pages = sorted(given.pages.glob("*.html"))
        write_archive(archive, pages, given.records)
        print(
            f"{given.records} records of {len(pages)} pages, {archive.stat().st_size / MB:.0f} MB"
        )
        for jobs in given.jobs:
            figures = run(archive, Path(folder, f"out{jobs}"), jobs, given.model)
            print(f"\n{given.model}, {jobs} processes")
            for name, figure in figures.items():
                print(f"  {name:22} {figure:10.1f}")
        if given.peer_pages:
            print(f"\ntrafilatura alone, 1 core: {peer(archive, given.peer_pages):.1f} pages/s")


if __name__ == "__main__":
    main()
