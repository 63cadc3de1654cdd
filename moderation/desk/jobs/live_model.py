"""What a serving process judges with: the live model and the policy, and when either changes."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import policy_path
from moderation.desk.learning.models import folder_of
from moderation.desk.types import LiveModel
from moderation.errors import ModerationError
from moderation.models.store import Model, load_model
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.service.engine import WARM_UP, threads_of
from moderation.service.lifecycle import repeat
from moderation.service.server import renewing
from moderation.settings import Settings, shipped_models

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0

Seen = tuple[int | None, tuple[int, int] | None]
"""The number of the live model, and when the policy file was written and which it is."""


class DeskLoader:
    """Loads the moderator: the model that is live, and the policy that was written.

    Where no model was promoted, or the one that is live cannot be loaded, it is the settings'.

    Parameters
    ----------
    settings : Settings
    desk : Desk

    Attributes
    ----------
    problem : str
        Why the live model does not judge; nothing where it does, or none is live.
    """

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self.problem = ""
        self._settings = settings
        self._renew = renewing(settings)
        self._desk = desk
        self._ready: tuple[int, Model] | None = None
        self._loaded = False

    def __call__(self) -> Moderator:
        """Return the moderator."""
        settings, policy = self._renew(), policy_path(self._settings)
        written = policy if policy.is_file() else settings.policy
        model = self._live_model()
        if model is not None:
            moderator = Moderator(model, Policy.load(written))
        else:
            moderator = Moderator.load(settings.model, written, threads=threads_of(settings))
        self._loaded = True
        return moderator

    def is_mended(self) -> bool:
        """Try the live model again if it could not be loaded; whether to load anew now."""
        if not self.problem:
            return False
        live = self._desk.models.live()
        model = None if live is None else self._load(live)
        self._ready = None if live is None or model is None else (live.id, model)
        return live is None or model is not None

    def _live_model(self) -> Model | None:
        ready, self._ready = self._ready, None
        try:
            live = self._desk.models.live()
        except ModerationError as error:
            self.problem = f"The desk cannot be asked which model is live. {error.message}"
            if self._loaded:
                raise  # the one in use serves on
            log.error("%s The settings' model judges until it can.", self.problem)  # noqa: TRY400  # it says all
            return None
        if live is None:
            self.problem = ""
            return None
        model = ready[1] if ready and ready[0] == live.id else self._load(live)
        if model is not None:
            self.problem = ""
        return model

    def _load(self, live: LiveModel) -> Model | None:
        settings = self._renew()
        try:
            folder = folder_of(live, (settings.model, *settings.models))
            model = load_model(folder, shipped_models(), threads_of(settings), live.manifest)
            model.judge([WARM_UP])
        except Exception as error:  # noqa: BLE001  # whatever it is, the service goes on
            told = isinstance(error, ModerationError)
            problem = str(error) if told else f"{live.model}: {type(error).__name__}"
            # Said once, though it is tried again and again.
            if problem != self.problem:
                log.error(  # noqa: TRY400  # it says all
                    "the live model cannot be loaded, and the settings' judges: %s", problem
                )
            self.problem = problem
            return None
        return model


def desk_loader(settings: Settings, desk: Desk) -> DeskLoader:
    """Return what loads the moderator."""
    return DeskLoader(settings, desk)


class Watch:
    """Loads anew when another model is made live or the policy file changes, in whatever process.

    Parameters
    ----------
    desk : Desk
    policy : Path
    reload : callable
    loader : DeskLoader, optional
        Asked at each look whether the live model, if it could not be loaded, now can.
    """

    def __init__(
        self,
        desk: Desk,
        policy: Path,
        reload: Callable[[], None],
        loader: DeskLoader | None = None,
    ) -> None:
        self._desk = desk
        self._policy = policy
        self._reload = reload
        self._loader = loader
        self._seen: Seen | None = None
        # A database that is away is no reason not to serve.
        with suppress(ModerationError):
            self._seen = self._look()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        failure = "the live model and the policy cannot be looked at"
        checking = partial(asyncio.to_thread, self.check)
        await repeat(checking, EVERY_SECONDS, log, failure, wait_first=True)

    def check(self) -> None:
        """Load anew if something has changed since the last look, or what failed is mended."""
        found = self._look()
        # What could not be seen before, the loader has not seen either, and says so.
        changed = self._seen is not None and found != self._seen
        if changed or (self._loader and self._loader.is_mended()):
            self._reload()
        self._seen = found

    def _look(self) -> Seen:
        live = self._desk.models.live()
        number = live.id if live else None
        try:
            stat = self._policy.stat()
        except OSError:
            return number, None
        return number, (stat.st_mtime_ns, stat.st_ino)
