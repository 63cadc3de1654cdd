"""The project's own protocol: verdicts in full."""
