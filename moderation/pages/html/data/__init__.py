"""Data that a page holds for scripts and search engines: JSON-LD and the state of a script."""
