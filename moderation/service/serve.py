"""Run the service with uvicorn."""

import logging
import logging.config
import os
from typing import Any

import uvicorn
from fastapi import FastAPI

from moderation.service.app import create_app
from moderation.settings import Settings

log = logging.getLogger(__name__)

HANDED_DOWN = "MODERATION_SERVE_SETTINGS"
"""The environment variable by which the serving processes get the settings."""


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM); requests under way are finished first."""
    logging.config.dictConfig(log_config(settings))
    if not settings.on_loopback:
        log.warning(
            "the service listens on %s, where other machines may reach it, and asks nobody who "
            "they are: put it behind a proxy that does",
            settings.host,
        )
    os.environ[HANDED_DOWN] = settings.model_dump_json()
    uvicorn.run(
        f"{__name__}:app_from_environment",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=log_config(settings),
        # The service logs its own line for each request, without queries.
        access_log=False,
        server_header=False,
    )


def app_from_environment() -> FastAPI:
    """Build the service in a serving process, from the settings that `serve` handed down."""
    return create_app(Settings.model_validate_json(os.environ[HANDED_DOWN]))


def log_config(settings: Settings) -> dict[str, Any]:
    """Return a logging configuration: one line an event, to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": settings.log_level.upper(), "propagate": False}
            for name in ("moderation", "uvicorn")
        },
    }
