"""Serve the desk with the fake model in a process of its own; a test runs this with ``python -m``.

Arguments: the database's URL, the port.
"""

import sys

from moderation.desk.web.app import serve_desk
from moderation.moderator import Moderator
from moderation.settings import Settings
from tests.service.fakes import fake_moderator

if __name__ in {"__main__", "__mp_main__"}:
    Moderator.load = lambda *_, **__: fake_moderator()  # type: ignore[method-assign]

if __name__ == "__main__":
    serve_desk(Settings(desk=sys.argv[1], port=int(sys.argv[2]), log_level="warning"))
