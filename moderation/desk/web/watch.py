"""What a serving process judges with: the live model and the policy, and when either changes."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import platformdirs

from moderation.desk import Desk
from moderation.errors import ModerationError
from moderation.moderator import Moderator
from moderation.service.judging.engines import threads_of
from moderation.service.serve import loader
from moderation.settings import Settings, read_settings

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
POLICY = "policy.toml"


def policy_path(settings: Settings) -> Path:
    """Return the policy file that the desk writes: the setting's, else one in the data folder."""
    return settings.policy or platformdirs.user_data_path("moderation") / POLICY


def desk_loader(settings: Settings, desk: Desk) -> Callable[[], Moderator]:
    """Return what loads the moderator: the model that is live, and the policy that was written.

    Where no model was promoted and no policy written, it is the one that the settings name.
    """
    from_settings = loader(settings)

    def load() -> Moderator:
        live, policy = desk.models.live(), policy_path(settings)
        if live is None and not policy.is_file():
            return from_settings()
        model = live.folder if live else read_settings(model=settings.model).model
        return Moderator.load(
            model, policy if policy.is_file() else None, threads=threads_of(settings)
        )

    return load


class Watch:
    """Loads anew when another model is made live or the policy file changes, in whatever process.

    Parameters
    ----------
    desk : Desk
    policy : Path
    reload : callable
    """

    def __init__(self, desk: Desk, policy: Path, reload: Callable[[], None]) -> None:
        self._desk = desk
        self._policy = policy
        self._reload = reload
        self._seen = self._look()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await asyncio.to_thread(self.check)
            except ModerationError as error:
                log.error("the desk cannot be asked which model is live: %s", error)  # noqa: TRY400

    def check(self) -> None:
        """Load anew if something has changed since the last look."""
        found = self._look()
        if found != self._seen:
            self._seen = found
            self._reload()

    def _look(self) -> tuple[int | None, tuple[int, int] | None]:
        live = self._desk.models.live()
        number = live.id if live else None
        try:
            stat = self._policy.stat()
        except OSError:
            return number, None
        return number, (stat.st_mtime_ns, stat.st_ino)
