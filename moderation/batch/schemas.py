"""The rows of a batch run: their schemas, and rows made of judged passages and of failures."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.fields import NO_COLUMNS, Columns
from moderation.batch.judge import JudgedPassage
from moderation.batch.sandbox import SplitPage
from moderation.batch.types import Failure
from moderation.errors import InvalidInput
from moderation.pages.moments import resolve_moment
from moderation.taxonomy import ATTRIBUTES
from moderation.verdict import Verdict

Row = Mapping[str, Any]


def _field(name: str, kind: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"description": meaning})


def _list(item: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", item, nullable=False))


SPAN = pa.struct(
    [
        _field("start", pa.int64(), "First character, counted in the passage's text."),
        _field("end", pa.int64(), "Behind the last character."),
        _field("attribute", pa.string(), "The attribute it is evidence for."),
        _field("score", pa.float64(), "That attribute's probability for the run's sentence."),
    ]
)

VERDICT = pa.struct(
    [
        _field(
            "label",
            pa.string(),
            "news, civil, inflammatory or ethnic_hostility; null where not judged.",
            nullable=True,
        ),
        _field("action", pa.string(), "allow, review or block."),
        _field("judged", pa.bool_(), "False in a language that the model does not know."),
        _field("language", pa.string(), "The passage's language, where certain.", nullable=True),
        _field(
            "scores",
            pa.struct([_field(a.name, pa.float64(), a.meaning) for a in ATTRIBUTES]),
            "A probability for each attribute; null where not judged.",
            nullable=True,
        ),
        _field("spans", _list(SPAN), "Evidence, in the passage's own offsets."),
        _field("targets", _list(pa.string()), "The people attacked."),
        _field("reasons", _list(pa.string()), "Why the policy acted."),
        _field("model", pa.string(), "The id of the model that was asked."),
    ]
)

PASSAGES_SCHEMA = pa.schema(
    [
        _field("page", pa.string(), "The page's address where it is known, else its path."),
        _field("kind", pa.string(), "article, comment, note or furniture."),
        _field("author", pa.string(), "A comment's author, where it names one.", nullable=True),
        _field(
            "start", pa.int64(), "First character in the page's text; null for HTML.", nullable=True
        ),
        _field("end", pa.int64(), "Behind the last character; null for HTML.", nullable=True),
        _field("text", pa.string(), "The passage."),
        _field(
            "verdict",
            VERDICT,
            "What the judge says; null where `unjudged` is furniture or length.",
            nullable=True,
        ),
        _field("unjudged", pa.string(), "Why not: furniture, language or length.", nullable=True),
        _field("part", pa.string(), "What the passage is on the page: paragraph, headline, ..."),
        _field("language", pa.string(), "The passage's language, where certain.", nullable=True),
        _field(
            "time",
            pa.string(),
            "When a comment was written: ISO 8601, or as the page says it.",
            nullable=True,
        ),
        _field("permalink", pa.string(), "A comment's own address.", nullable=True),
        _field("number", pa.int64(), "A comment's number on its page, from 1.", nullable=True),
        _field(
            "parent", pa.int64(), "The number of the comment that this one answers.", nullable=True
        ),
        _field("title", pa.string(), "The page's headline.", nullable=True),
        _field("page_language", pa.string(), "The page's language.", nullable=True),
        _field("page_date", pa.string(), "When the article appeared.", nullable=True),
        _field("page_author", pa.string(), "Who wrote the article.", nullable=True),
        _field("source", pa.string(), "The input the page was in, a path or a URL."),
        _field("position", pa.int64(), "Where in it: byte, line, row, or the number of the file."),
        _field("id", pa.string(), "The record's own name, where it has one.", nullable=True),
        _field("url", pa.string(), "The page's address, where it is known.", nullable=True),
        _field("captured", pa.string(), "When the page was fetched.", nullable=True),
        _field(
            "written",
            pa.string(),
            "`time` in ISO 8601, as exactly as it tells; an age counts back from `captured`.",
            nullable=True,
        ),
        _field("digest", pa.string(), "The SHA-256 of `text` in UTF-8."),
    ]
)
"""The schema of ``passages.parquet`` before the columns that are kept; the exports have the same
fields. Offsets are Python ``str`` offsets (code points)."""

COPIES = "copies"
"""The column of an export that counts the rows with the same text."""
RESERVED = frozenset((*PASSAGES_SCHEMA.names, COPIES))
"""Names that no column that is kept may have."""


def passages_schema(columns: Columns) -> pa.Schema:
    """Return the schema of ``passages.parquet`` with the columns of the input that are kept.

    Raises
    ------
    InvalidInput
        If one of them has the name of a column of the rows.
    """
    schema = PASSAGES_SCHEMA
    for name, column in columns.keep:
        if name in RESERVED:
            raise InvalidInput(
                f"`{name}` is already a column of the rows.",
                where="--keep",
                remedy=f"Give it another name: --keep input_{name}={column}.",
            )
        field = _field(name, pa.string(), f"The column `{column}` of the input.", nullable=True)
        schema = schema.append(field)
    return schema


FAILURES_SCHEMA = pa.schema(
    [
        _field("page", pa.string(), "The page, or the whole input."),
        _field("reason", pa.string(), "One of the kinds of failure."),
        _field("message", pa.string(), "What is wrong; it quotes no page."),
        _field("source", pa.string(), "The input the page was in."),
        _field("position", pa.int64(), "Where in it, where that is known.", nullable=True),
    ]
)
"""The schema of ``failures.parquet``."""


def passage_row(
    page: SplitPage, source: str, judged: JudgedPassage, columns: Columns = NO_COLUMNS
) -> Row:
    """Return a passage as built-in values in the order of `passages_schema`."""
    passage, verdict, unjudged = judged
    record = page.record
    kept = dict(zip((name for name, _ in columns.keep), record.kept, strict=False))
    return {
        "page": page.name,
        "kind": passage.kind.value,
        "author": passage.author,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "verdict": None if verdict is None else _verdict_row(verdict),
        "unjudged": unjudged and unjudged.value,
        "part": passage.part.value,
        "language": passage.language,
        "time": passage.time,
        "permalink": passage.permalink,
        "number": passage.position,
        "parent": passage.parent,
        "title": page.page.title,
        "page_language": page.page.language,
        "page_date": page.page.date,
        "page_author": page.page.author,
        "source": source,
        "position": page.position,
        "id": record.id,
        "url": record.url,
        "captured": record.captured,
        "written": resolve_moment(passage.time, record.captured),
        "digest": hashlib.sha256(passage.text.encode("utf-8", "surrogatepass")).hexdigest(),
        **kept,
    }


def _verdict_row(verdict: Verdict) -> Row:
    row = verdict.to_dict()
    # Parquet has no empty structure.
    return row | {"scores": row["scores"] or None}


def failure_row(failure: Failure, source: str) -> Row:
    """Return a failure as built-in values in the order of `FAILURES_SCHEMA`."""
    return {
        "page": failure.page,
        "reason": failure.reason.value,
        "message": failure.message,
        "source": source,
        "position": failure.position,
    }


def to_parquet(rows: Sequence[Row], schema: pa.Schema) -> bytes:
    """Return the bytes of a Parquet file with these rows."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data
