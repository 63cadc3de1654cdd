"""Many pages, one after the other, into one folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from moderation import __version__
from moderation.batch.inputs import find_pages
from moderation.batch.output import REPORT, PassageWriter, complete_folder, write_summary
from moderation.batch.progress import Listener, Silent
from moderation.batch.reading import UTF8, read_page
from moderation.batch.report import Item, Report
from moderation.batch.rows import passage_row
from moderation.batch.summary import Failure, Summary, Tally, shown_path
from moderation.errors import UnreadablePage
from moderation.pages import Kind, Page, split_page
from moderation.settings import Settings
from moderation.verdict import Verdict


class Judge(Protocol):
    """What a batch run asks of a moderator."""

    def judge(self, texts: list[str], /) -> list[Verdict]:
        """Return a verdict for each text, in the same order."""


def run_batch(
    inputs: Sequence[str | Path],
    out: Path,
    judge: Judge,
    settings: Settings,
    listener: Listener | None = None,
) -> Summary:
    """Split pages into passages, judge them, and write what was found to a folder.

    Writes ``passages.jsonl``, ``passages.parquet``, ``summary.json`` and ``report.html``; the same
    pages, model and version give the same bytes. They appear in `out` when the run is complete; a
    run that fails leaves `out` as it was.

    Parameters
    ----------
    inputs : sequence of str or Path
        Files, folders and globs; see `find_pages`.
    out : Path
        A new folder, or one in which these four files are replaced and nothing else.
    judge : Judge
    settings : Settings
        Its ``max_page_bytes`` is used.
    listener : Listener, optional
        Is told of each page.

    Returns
    -------
    Summary
        Its ``failures`` name each input that was not read, with the reason.

    Raises
    ------
    InvalidInput
        If `out` cannot be written.
    """
    listener = listener or Silent()
    pages, failures = find_pages(inputs)
    tally = Tally(failures=failures)
    for failure in failures:
        listener.failed(failure)
    listener.started(len(pages))
    with complete_folder(out) as folder:
        with PassageWriter(folder) as writer, Report(folder) as report:
            for path in pages:
                _one_page(path, judge, settings, _Sinks(writer, report, tally, listener))
            summary = tally.summary(__version__)
            report.finish(folder / REPORT, summary)
        write_summary(folder, summary.to_dict())
    return summary


class _Sinks(NamedTuple):
    """Where a page's findings go."""

    writer: PassageWriter
    report: Report
    tally: Tally
    listener: Listener


def _one_page(path: Path, judge: Judge, settings: Settings, sinks: _Sinks) -> None:
    name = shown_path(path)
    try:
        read = read_page(path, limit=settings.max_page_bytes)
    except UnreadablePage as error:
        failure = Failure(name, f"{error.message} {error.remedy}".strip())
        sinks.tally.failures.append(failure)
        sinks.listener.failed(failure)
        return
    page = split_page(read.text)
    items = judge_page(page, judge)
    sinks.writer.write(passage_row(name, item.passage, item.verdict) for item in items)
    held = sinks.report.add(name, page.title, items)
    sinks.tally.add((item.passage.kind, item.verdict) for item in items)
    if read.encoding != UTF8:
        sinks.tally.encodings[name] = read.encoding
    sinks.listener.page_done(name, passages=len(items), held=held)


def judge_page(page: Page, judge: Judge) -> list[Item]:
    """Judge a page's passages in one call; furniture is left without a verdict."""
    texts = [p.text for p in page.passages if p.kind is not Kind.FURNITURE]
    verdicts = judge.judge(texts) if texts else []
    if len(verdicts) != len(texts):
        raise RuntimeError(f"the judge gave {len(verdicts)} verdicts for {len(texts)} texts")
    following = iter(verdicts)
    return [
        Item(passage, None if passage.kind is Kind.FURNITURE else next(following))
        for passage in page.passages
    ]
