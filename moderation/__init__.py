"""Comment moderation for newsrooms: news, civil, inflammatory, ethnic hostility.

Everything that judges text goes through one object::

    from moderation import Moderator

    moderator = Moderator.load()
    verdict = moderator.judge(["some comment"])[0]
"""

import os

# ONNX Runtime, when it is imported, would call its maker and leave files in the user's cache. What
# this process starts inherits the variable.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from moderation.moderator import Moderator
from moderation.verdict import Action, Span, Verdict

__version__ = "0.1.0"

__all__ = ["Action", "Moderator", "Span", "Verdict", "__version__"]
