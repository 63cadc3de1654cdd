"""How a run is done, and what must be the same for another to go on with it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation import __version__
from moderation.batch.backends import Backend
from moderation.batch.inputs.files import shown_path, shown_url
from moderation.batch.inputs.shard import Cut
from moderation.batch.work.judging import JudgeSource
from moderation.batch.work.limits import Limits

MEGABYTE = 1 << 20
ON_EVERY_CORE = Backend()
FIRST_INPUTS = 20


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is done; none of it changes what the rows say.

    Parameters
    ----------
    backend : Backend
    shard_pages : int
        Most pages in a shard.
    shard_bytes : int
        Bytes at which a shard ends.
    afresh : bool
        Whether to remove what an earlier run left, instead of going on with it.
    lines : bool
        Whether to write ``passages.jsonl`` too.
    """

    backend: Backend = ON_EVERY_CORE
    shard_pages: int = 200
    shard_bytes: int = 8 * MEGABYTE
    afresh: bool = False
    lines: bool = False


def run_head(
    inputs: Sequence[str | Path], judge: JudgeSource, limits: Limits, cut: Cut
) -> dict[str, Any]:
    """Return what must be the same for a run to go on with another's shards."""
    given = [
        shown_url(each) if "://" in each else shown_path(Path(each)) for each in map(str, inputs)
    ]
    digest = hashlib.sha256("\0".join(given).encode()).hexdigest()
    return {
        "version": __version__,
        **judge.identity._asdict(),
        "inputs": {"first": given[:FIRST_INPUTS], "digest": digest},
        "limits": {**limits._asdict(), "languages": list(limits.languages)},
        "shards": list(cut[:2]),
    }
