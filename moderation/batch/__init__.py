"""Many pages, judged on one machine: files, folders and globs -> rows and a report."""

from moderation.batch.run import run_batch
from moderation.batch.summary import Summary

__all__ = ["Summary", "run_batch"]
