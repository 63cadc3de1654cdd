"""JSON Lines -> shards, cut at the ends of lines."""

from collections.abc import Iterator

from moderation.batch.inputs.files import Source, unpacked
from moderation.batch.inputs.shard import Cut, Shard, ShardFormat
from moderation.rows import read_lines

OVERHEAD = 1 << 16
"""Bytes that a line may have besides its page."""


def longest_line(limit: int) -> int:
    """Return the most bytes of a line whose page is within the limit: escapes may double it."""
    return 2 * limit + OVERHEAD


def cut_lines(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut a file of lines.

    Of a line that is too long to be a page the beginning alone is kept, so that one line cannot
    fill the memory; whoever reads the shard sees that it is too long.

    Raises
    ------
    Exception
        Whatever ends the reading of the file before its end; the lines before are yielded first.
    """
    with source.open() as stored, unpacked(stored, source.name) as file:
        kept: list[bytes] = []
        start = position = held = read = 0
        try:
            for line in read_lines(file, longest_line(cut.limit)):
                kept.append(line.data if line.data.endswith(b"\n") else line.data + b"\n")
                position += line.length
                held += len(kept[-1])
                if len(kept) >= cut.rows or held >= cut.bytes:
                    yield _shard(source, kept, start, position, stored.tell() - read)
                    start, read, kept, held = position, stored.tell(), [], 0
        except Exception:
            # The lines before the damage are sound.
            if kept:
                yield _shard(source, kept, start, position, 0)
            raise
        if kept:
            yield _shard(source, kept, start, position, stored.tell() - read)
        if not position and file is not stored and not source.size():
            # Of nothing at all gzip's reader makes nothing, without a word.
            raise EOFError


def _shard(source: Source, kept: list[bytes], start: int, end: int, size: int) -> Shard:
    return Shard(
        number=0,
        form=ShardFormat.LINES,
        source=source.name,
        start=start,
        end=end,
        size=size,
        records=len(kept),
        data=b"".join(kept),
    )
