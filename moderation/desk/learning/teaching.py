"""Training with the desk's decisions, and promoting what is better."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from moderation.desk.desk import Desk
from moderation.desk.learning.challenge import Verdict, compare, part
from moderation.desk.words import LiveModel
from moderation.errors import InvalidInput
from moderation.labelling.record import Example
from moderation.learning.store import load_model
from moderation.settings import shipped_models


class Trained(NamedTuple):
    """A model that was trained, and what of its gate it did not pass."""

    model: str
    folder: Path
    failures: list[str]


Train = Callable[[list[Example], str], Trained]
"""Trains with more examples; the word becomes part of the model's version."""


def teach(desk: Desk, train: Train, setting: str, console: Console) -> LiveModel | None:
    """Train with the decisions, compare with the live model, and promote the new one if better.

    It must pass its gate, and be better on the newest decisions, which neither model has seen.

    Parameters
    ----------
    desk : Desk
    train : callable
    setting : str
        The model that is live while none was promoted: an id, or a folder.
    console : Console
        Is told what came of it.

    Returns
    -------
    LiveModel or None
        The promoted model; None where the old one stays.

    Raises
    ------
    InvalidInput
        If nobody has decided anything that teaches.
    """
    learnt = list(desk.labels.learnt())
    if not learnt:
        raise InvalidInput(
            "There is no decision to learn from.",
            where="--decisions",
            remedy="Decide some comments, one at a time, and give reasons for rejections.",
        )
    parted = part(learnt)
    console.print(
        f"{len(parted.older)} decisions to learn from, {len(parted.newest)} to compare on.",
        highlight=False,
    )
    # Named after the last decision that taught it, so that no model is ever replaced.
    last = max(one.decision.id for one in learnt)
    trained = train(parted.older, f"d{last}")
    live = desk.models.live()
    champion = load_model(live.folder if live else setting, shipped_models())
    challenger = load_model(trained.folder, trained.folder.parent)
    verdict = compare(champion, challenger, parted.newest)
    if trained.failures:
        verdict = verdict._replace(better=False, reason="; ".join(trained.failures))
    console.print(f"{trained.model} is {verdict.reason}.", highlight=False, soft_wrap=True)
    if not verdict.better:
        return None
    return desk.models.promote(None, trained.model, trained.folder, _figures(champion.id, verdict))


def _figures(champion: str, verdict: Verdict) -> dict[str, object]:
    told: dict[str, object] = {"against": champion, "reason": verdict.reason}
    if verdict.champion and verdict.challenger:
        told |= {
            "champion": verdict.champion._asdict(),
            "challenger": verdict.challenger._asdict(),
        }
    return told
