"""Many pages, judged on one machine or a cluster: files, archives and tables -> rows, a report."""

from moderation.batch.backends import Backend
from moderation.batch.judge import ModelSource
from moderation.batch.run import Options, run_batch
from moderation.batch.summary import Summary

__all__ = ["Backend", "ModelSource", "Options", "Summary", "run_batch"]
