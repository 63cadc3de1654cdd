"""Many pages, judged on one machine or a cluster: files, archives and tables -> rows, a report."""

from moderation.batch.backends import Backend
from moderation.batch.options import Options
from moderation.batch.output.summary import Summary
from moderation.batch.run import run_batch
from moderation.batch.work.judging import ModelSource

__all__ = ["Backend", "ModelSource", "Options", "Summary", "run_batch"]
