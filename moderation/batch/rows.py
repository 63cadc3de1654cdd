"""One row a passage, as JSON Lines and Parquet hold it."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from moderation.pages import Passage
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
        _field("page", pa.string(), "The page's path as given, with slashes."),
        _field("kind", pa.string(), "article, comment, note or furniture."),
        _field("author", pa.string(), "A comment's author, where it names one.", nullable=True),
        _field("start", pa.int64(), "First character, counted in the page's text."),
        _field("end", pa.int64(), "Behind the last character."),
        _field("text", pa.string(), "The page's text from start to end."),
        _field("verdict", VERDICT, "What the judge says; null for furniture.", nullable=True),
    ]
)
"""The schema of ``passages.parquet``; ``passages.jsonl`` has the same fields. Offsets are Python
``str`` offsets (code points)."""


def passage_row(page: str, passage: Passage, verdict: Verdict | None) -> Row:
    """Return a passage as built-in values in the order of `SCHEMA`."""
    return {
        "page": page,
        "kind": passage.kind.value,
        "author": passage.author,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "verdict": None if verdict is None else verdict.to_dict(),
    }
