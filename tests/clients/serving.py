"""A service with a small judge, at the address that the documents name.

Run as ``python -m tests.clients.serving DATABASE``; it asks for the keys of that database.
"""

import sys

import uvicorn

from moderation.service.app import create_app
from moderation.service.connections import protocol
from moderation.service.process import max_connections
from moderation.settings import Settings
from tests.service.fakes import fake_moderator

PORT = 8000


def main(database: str) -> None:
    """Serve until a signal comes."""
    settings = Settings(authentication="keys", database=database, log_level="warning")
    app = create_app(settings, fake_moderator)
    http = protocol(settings, max_connections())
    uvicorn.run(app, port=PORT, http=http, log_config=None, access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])
