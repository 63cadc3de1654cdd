"""One row a passage, as JSON Lines and Parquet hold it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.batch.inputs.shard import Failure
from moderation.batch.work.passages import JudgedPassage
from moderation.batch.work.split import SplitPage
from moderation.taxonomy import ATTRIBUTES

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
        _field("label", pa.string(), "news, civil, inflammatory or ethnic_hostility."),
        _field("action", pa.string(), "allow, review or block."),
        _field(
            "scores",
            pa.struct([_field(a.name, pa.float64(), a.meaning) for a in ATTRIBUTES]),
            "A probability for each attribute.",
        ),
        _field("spans", _list(SPAN), "Evidence, in the passage's own offsets."),
        _field("targets", _list(pa.string()), "The people attacked."),
        _field("reasons", _list(pa.string()), "Why the policy acted."),
        _field("model", pa.string(), "The id of the model that judged."),
    ]
)

SCHEMA = pa.schema(
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
            "verdict", VERDICT, "What the judge says; null where `unjudged` is not.", nullable=True
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
        _field("position", pa.int64(), "Where in it: byte, row, or the number of the file."),
    ]
)
"""The schema of ``passages.parquet``; ``passages.jsonl`` has the same fields. Offsets are Python
``str`` offsets (code points)."""

FAILURES = pa.schema(
    [
        _field("page", pa.string(), "The page, or the whole input."),
        _field("reason", pa.string(), "One of the kinds of failure."),
        _field("message", pa.string(), "What is wrong; it quotes no page."),
        _field("source", pa.string(), "The input the page was in."),
        _field("position", pa.int64(), "Where in it, where that is known.", nullable=True),
    ]
)
"""The schema of ``failures.parquet``."""


def passage_row(split: SplitPage, source: str, judged: JudgedPassage) -> Row:
    """Return a passage as built-in values in the order of `SCHEMA`."""
    passage, verdict, unjudged = judged
    return {
        "page": split.name,
        "kind": passage.kind.value,
        "author": passage.author,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "verdict": None if verdict is None else verdict.to_dict(),
        "unjudged": unjudged and unjudged.value,
        "part": passage.part.value,
        "language": passage.language,
        "time": passage.time,
        "permalink": passage.permalink,
        "number": passage.position,
        "parent": passage.parent,
        "title": split.page.title,
        "page_language": split.page.language,
        "page_date": split.page.date,
        "page_author": split.page.author,
        "source": source,
        "position": split.position,
    }


def failure_row(failure: Failure, source: str) -> Row:
    """Return a failure as built-in values in the order of `FAILURES`."""
    return {
        "page": failure.page,
        "reason": failure.reason.value,
        "message": failure.message,
        "source": source,
        "position": failure.position,
    }


def packed(rows: Sequence[Row], schema: pa.Schema) -> bytes:
    """Return rows as a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data
