"""A shard -> its records, by its form."""

from collections.abc import Callable

from moderation.batch.inputs.shard import Shard, ShardFormat
from moderation.batch.records.lines import read_lines, read_table
from moderation.batch.records.record import Media, PageRecord, Records
from moderation.batch.records.warc import read_warc

HTML_SUFFIXES = (".html", ".htm", ".xhtml")


def read_records(shard: Shard, limit: int) -> Records:
    """Yield what a shard holds.

    Parameters
    ----------
    shard : Shard
    limit : int
        Most bytes of a page; one that has more is a failure.
    """
    return _READERS[shard.form](shard, limit)


def _read_pages(shard: Shard, limit: int) -> Records:  # noqa: ARG001  # the file was cut to it
    for number, file in enumerate(shard.files):
        name = file.name.lower()
        stem = name.rpartition(".")[0] if name.endswith((".gz", ".bz2", ".xz", ".zst")) else name
        media = Media.HTML if stem.endswith(HTML_SUFFIXES) else Media.UNTOLD
        url = file.name if "://" in file.name else None
        yield PageRecord(file.name, shard.start + number, media, file.data, url=url)


_READERS: dict[ShardFormat, Callable[[Shard, int], Records]] = {
    ShardFormat.PAGES: _read_pages,
    ShardFormat.WARC: read_warc,
    ShardFormat.LINES: read_lines,
    ShardFormat.TABLE: read_table,
}
