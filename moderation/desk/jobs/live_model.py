"""Loading of the live model and the policy in a serving process, and again when either changes."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import policy_path
from moderation.desk.types import LiveModel
from moderation.errors import InvalidModel, ModerationError
from moderation.models.store import Model, load_model
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.service.engine import WARM_UP, threads_of
from moderation.service.process import repeat
from moderation.service.server import renewing
from moderation.settings import Settings, shipped_models

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0

State = tuple[int | None, tuple[int, int] | None]
"""The live model's number, and the policy file's time of modification and inode."""


class DeskLoader:
    """Loads the moderator: the live model, and the policy that the desk writes.

    Where no model was promoted, or the live one cannot be loaded, the settings' model is used.

    Parameters
    ----------
    settings : Settings
    desk : Desk

    Attributes
    ----------
    failure : ModerationError or None
        The reason why the live model is not used; None where it is, or no model is live.
    """

    def __init__(self, settings: Settings, desk: Desk) -> None:
        self.failure: ModerationError | None = None
        self._settings = settings
        self._renew = renewing(settings)
        self._desk = desk
        self._ready: tuple[int, Model] | None = None
        self._loaded = False

    @property
    def problem(self) -> str:
        """The failure in words, blank where there is none."""
        return str(self.failure or "")

    def __call__(self) -> Moderator:
        """Return the moderator."""
        settings, policy = self._renew(), policy_path(self._settings)
        written = policy if policy.is_file() else settings.policy
        model = self._live_model()
        if model is not None:
            moderator = Moderator(model, Policy.load(written), settings.languages)
        else:
            moderator = Moderator.load(
                settings.model, written, threads=threads_of(settings), languages=settings.languages
            )
        self._loaded = True
        return moderator

    def is_mended(self) -> bool:
        """Try the live model again if it could not be loaded, and tell whether to load anew now."""
        if self.failure is None:
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
            self.failure = error
            if self._loaded:
                raise  # the one in use serves on
            log.error(  # noqa: TRY400  # it says all
                "the database does not say which model is live, and the settings' judges until it "
                "does: %s",
                error.message,
            )
            return None
        if live is None:
            self.failure = None
            return None
        model = ready[1] if ready and ready[0] == live.id else self._load(live)
        if model is not None:
            self.failure = None
        return model

    def _load(self, live: LiveModel) -> Model | None:
        settings = self._renew()
        try:
            folder = self._desk.models.folder_of(live, (settings.model, *settings.models))
            model = load_model(folder, shipped_models(), threads_of(settings), live.manifest)
            model.judge([WARM_UP])
        except Exception as error:  # noqa: BLE001  # whatever it is, the service goes on
            failure = error if isinstance(error, ModerationError) else _unexpected(live, error)
            # Logged once, though it is tried again and again.
            if str(failure) != self.problem:
                log.error(  # noqa: TRY400  # it says all
                    "the live model cannot be loaded, and the settings' judges: %s", failure
                )
            self.failure = failure
            return None
        return model


class Watch:
    """Reloads the moderator when any process makes another model live or changes the policy file.

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
        self._state: State | None = None
        # The service serves even while the database is away.
        with suppress(ModerationError):
            self._state = self._read_state()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        failure = "the live model and the policy cannot be looked at"
        checking = partial(asyncio.to_thread, self.check)
        await repeat(checking, EVERY_SECONDS, log, failure, wait_first=True)

    def check(self) -> None:
        """Reload if something has changed since the last look, or a failed model loads again."""
        state = self._read_state()
        # Without a state the loader has failed too, and `is_mended` tells when to reload.
        changed = self._state is not None and state != self._state
        if changed or (self._loader and self._loader.is_mended()):
            self._reload()
        self._state = state

    def _read_state(self) -> State:
        live = self._desk.models.live()
        number = live.id if live else None
        try:
            stat = self._policy.stat()
        except OSError:
            return number, None
        return number, (stat.st_mtime_ns, stat.st_ino)


def _unexpected(live: LiveModel, error: Exception) -> InvalidModel:
    """Return the error for a model whose loading fails for an unforeseen reason."""
    return InvalidModel(
        "Loading fails: %(kind)s.", where=live.model, values={"kind": type(error).__name__}
    )
