"""Decisions of the desk: on single comments, in bulk, exported, and compared with thresholds."""
