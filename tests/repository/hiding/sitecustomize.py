"""Hides modules from a Python and from all that it starts, as if they were not installed.

Python imports this file when it starts, where its folder is on the path. The environment variable
HIDDEN_MODULES names the modules, with commas between them.
"""

import os
import sys
from importlib.machinery import ModuleSpec
from typing import Any

HIDDEN = frozenset(os.environ.get("HIDDEN_MODULES", "").split(","))


class Hiding:
    """A finder that finds what another does, but for what is hidden."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of a module; None if it is hidden."""
        if name.partition(".")[0] in HIDDEN:
            return None
        spec: ModuleSpec | None = self._finder.find_spec(name, path, target)
        return spec


sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
