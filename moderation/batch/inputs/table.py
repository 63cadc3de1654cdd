"""Parquet -> shards of rows, as Arrow streams."""

import errno
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.inputs.files import Source
from moderation.batch.inputs.shard import Cut, Shard, ShardFormat
from moderation.batch.records.fields import KNOWN_FIELDS


def cut_table(source: Source, cut: Cut) -> Iterator[Shard]:
    """Cut a Parquet file into runs of rows; of its columns those are read that are known.

    Raises
    ------
    OSError
        If the file cannot be read to its end; the shards before are yielded first.
    """
    with source.open() as file:
        try:
            yield from _cut(source, file, cut)
        except Exception as error:
            if isinstance(error, OSError) and error.errno:
                raise
            # Of a damaged file the reader raises almost anything, with bytes of it in the message.
            raise OSError(errno.EINVAL, "It is no Parquet file, or a damaged one") from None


def _cut(source: Source, file: IO[bytes], cut: Cut) -> Iterator[Shard]:
    table = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
    columns = [name for name in table.schema_arrow.names if name in KNOWN_FIELDS]
    rows = table.metadata.num_rows
    unpacked = sum(
        table.metadata.row_group(group).total_byte_size for group in range(table.num_row_groups)
    )
    a_row = max(1, unpacked // max(1, rows))
    size = source.size()
    start = 0
    for batch in table.iter_batches(max(1, min(cut.rows, cut.bytes // a_row)), columns=columns):
        end = start + len(batch)
        yield Shard(
            number=0,
            form=ShardFormat.TABLE,
            source=source.name,
            start=start,
            end=end,
            size=size * end // rows - size * start // rows,
            records=len(batch),
            data=_stream(batch),
        )
        start = end
    if start < rows:
        raise EOFError


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data
