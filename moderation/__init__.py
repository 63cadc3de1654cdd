"""Comment moderation for newsrooms: news, civil, inflammatory, ethnic hostility.

Everything that judges text goes through one object::

    from moderation import Moderator

    moderator = Moderator.load()
    verdict = moderator.judge(["some comment"])[0]
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.moderator import Moderator
    from moderation.verdict import Action, Span, Verdict

# When imported, ONNX Runtime would send telemetry to its maker and leave files in the user's
# cache. Child processes inherit the variable.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"

__all__ = ["Action", "Moderator", "Span", "Verdict", "__version__"]

_MODULES = {"Moderator": "moderator", "Action": "verdict", "Span": "verdict", "Verdict": "verdict"}


def __getattr__(name: str) -> Any:
    # Models take half a second to import; a command that judges nothing need not wait for them.
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
