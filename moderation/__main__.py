"""The command ``moderation``, run as ``python -m moderation``."""

from moderation.cli import main

main()
