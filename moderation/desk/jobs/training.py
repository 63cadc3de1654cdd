"""Training started from a page of the desk, in a process of its own at low priority."""

import logging
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

from moderation.desk import Desk
from moderation.desk.learning.trainings import TrainingOutcome
from moderation.desk.types import User
from moderation.errors import DatabaseError, InvalidInput
from moderation.settings import Settings

log = logging.getLogger(__name__)

SCRIPT = "train.py"
LOWEST = 19
"""The priority at which a training runs, so that comments are judged first."""
ERROR = "error: "
LAST_BYTES = 4_096


def start_training(desk: Desk, user: User | None, settings: Settings) -> threading.Thread:
    """Start to train the next model with the desk's decisions, and return at once; leads only.

    The process outlives the service, and records its outcome itself. One that ends without doing so
    is recorded as a failure by the thread that is returned.

    Parameters
    ----------
    desk : Desk
    user : User or None
    settings : Settings
        The setting `desk_train` names the folder of ``train.py``.

    Raises
    ------
    NotAllowed
    InvalidInput
        If the setting names no folder that has it.
    AlreadyTraining
    """
    folder = settings.desk_train
    if folder is None or not (folder / SCRIPT).is_file():
        raise InvalidInput(
            "Models cannot be trained from this page.",
            where="desk_train",
            remedy="Name the folder of train.py in the setting “desk_train”.",
        )
    number = desk.trainings.begin(user)
    output = tempfile.TemporaryFile()  # noqa: SIM115  # the thread closes it
    try:
        # No part of the command comes from a request.
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, SCRIPT, "--attempt", str(number)],
            cwd=folder,
            env=os.environ | _environment(desk, settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
        )
    except OSError as error:
        output.close()
        desk.trainings.finish(number, TrainingOutcome.FAILED, f"not started: {error.strerror}")
        raise InvalidInput(
            "The training could not be started: %(cause)s.",
            where="desk_train",
            values={"cause": error.strerror},
        ) from None
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, LOWEST)
    waiting = threading.Thread(target=_wait, args=(desk, number, process, output), daemon=True)
    waiting.start()
    return waiting


def _environment(desk: Desk, settings: Settings) -> dict[str, str]:
    """Return the environment of the process; a password in it stands in no list of processes."""
    url = desk.store.engine.url
    if desk.store.sqlite:
        url = url.set(database=str(Path(url.database or "").absolute()))
    model = Path(settings.model)
    return {
        "MODERATION_TRAIN_DECISIONS": url.render_as_string(hide_password=False),
        "MODERATION_MODEL": str(model.absolute()) if model.is_dir() else settings.model,
    }


def _wait(desk: Desk, number: int, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    status = process.wait()
    with output:
        output.seek(max(0, output.seek(0, os.SEEK_END) - LAST_BYTES))
        lines = output.read().decode("utf-8", "replace").splitlines()
    errors = [line.removeprefix(ERROR) for line in lines if line.startswith(ERROR)]
    reason = errors[-1] if errors else f"train.py ended with status {status}"
    try:
        # Does nothing where the process has recorded its outcome.
        desk.trainings.finish(number, TrainingOutcome.FAILED, reason)
    except DatabaseError as error:
        log.warning("the outcome of a training cannot be recorded: %s", error)
