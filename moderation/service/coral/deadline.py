"""Judging by a deadline, with whatever is at hand: Coral publishes what is not answered in time."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moderation.errors import ModerationError
from moderation.moderator import Moderator
from moderation.service.judging.engine import Engine
from moderation.verdict import Verdict

log = logging.getLogger(__name__)

MODEL_SHARE = 2 / 3
"""The part of the time that is left which the whole model gets; the rest is the fast tier's."""
MAX_PENDING = 1_000
"""Most comments that may be under way to the desk after their answers; more are not begun."""


class Deadline:
    """A moment by which a request has to be answered.

    Parameters
    ----------
    seconds : float
        From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = asyncio.get_running_loop().time() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, 0 at least."""
        return max(0.0, self._end - asyncio.get_running_loop().time())


class Prompt:
    """Judges and hands on within deadlines.

    The fast tier has a thread of its own here, so that it judges however many requests wait for
    the model.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="coral")
        self._pending: set[asyncio.Task[None]] = set()

    async def judge(
        self, engine: Engine, texts: Sequence[str], deadline: Deadline
    ) -> tuple[list[Verdict], bool] | None:
        """Return a verdict for each text, and whether the fast tier alone gave them.

        Returns
        -------
        tuple of (list of Verdict, bool), or None
            None where nothing could judge them in time.
        """
        whole = await self._within(deadline.left * MODEL_SHARE, engine.judge(texts))
        if whole is not None:
            return whole, False
        fast = _fast_of(engine)
        if fast is None or not deadline.left:
            return None
        quick = await self._within(deadline.left, self._judge_alone(fast, texts))
        return None if quick is None else (quick, True)

    async def hand_on(self, offering: Coroutine[Any, Any, None], deadline: Deadline) -> None:
        """Hand comments on to the desk; what takes longer goes on when the answer is given."""
        if len(self._pending) >= MAX_PENDING:
            offering.close()
            log.error("a comment held for Coral was not handed on: the desk does not keep up")
            return
        task = asyncio.ensure_future(_quietly(offering))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        await asyncio.wait({task}, timeout=deadline.left)

    async def _judge_alone(self, fast: Moderator, texts: Sequence[str]) -> list[Verdict]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, fast.judge, texts)

    async def _within(
        self, seconds: float, judging: Coroutine[Any, Any, list[Verdict]]
    ) -> list[Verdict] | None:
        """Return the verdicts, None where they do not come in time or at all."""
        try:
            async with asyncio.timeout(seconds):
                return await judging
        except (TimeoutError, ModerationError):  # too many wait, or there is no model yet
            return None
        except Exception as error:  # noqa: BLE001  # whatever fails, Coral has to be answered
            # Its message may quote the comment.
            log.error("a comment of Coral's was not judged: %s", type(error).__name__)  # noqa: TRY400
            return None


def _fast_of(engine: Engine) -> Moderator | None:
    try:
        return engine.moderator.fast
    except ModerationError:
        return None


async def _quietly(offering: Coroutine[Any, Any, None]) -> None:
    try:
        await offering
    except Exception as error:  # noqa: BLE001  # the answer stands without it
        log.error("a comment of Coral's was not handed on: %s", type(error).__name__)  # noqa: TRY400
