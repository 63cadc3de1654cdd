"""Training with the desk's decisions, and promoting what is better."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from rich.console import Console

from moderation.desk.desk import Desk
from moderation.desk.learning.challenge import Comparison, Parted, compare, part
from moderation.desk.learning.finding import folder_of
from moderation.desk.learning.labels import LeftOut, told
from moderation.desk.words import LiveModel
from moderation.errors import InvalidInput
from moderation.labelling.record import Example
from moderation.learning.store import Model, load_model
from moderation.settings import shipped_models

DECISIONS, LAST = "decisions", "last"
"""Where a promoted model's figures say which decision was the last that was known."""


class Trained(NamedTuple):
    """A model that was trained, and what of its gate it did not pass."""

    model: str
    folder: Path
    failures: list[str]
    gate: Mapping[str, object]
    """What it and the champion reach on the gate's examples."""


class Train(Protocol):
    """Trains a model."""

    def __call__(self, examples: list[Example], word: str, champion: Model) -> Trained:
        """Train with more examples; the word becomes part of the model's version."""


def teach(desk: Desk, train: Train, setting: str, console: Console) -> LiveModel | None:
    """Train with the decisions, compare with the live model, and promote the new one if better.

    It must pass its gate, where it is held against the live one too, and be better on the newest
    decisions, which neither model has seen.

    Parameters
    ----------
    desk : Desk
    train : Train
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
    InvalidModel
        If the live model cannot be loaded.
    """

    def say(words: str) -> None:
        console.print(words, highlight=False, soft_wrap=True, markup=False)

    left_out = LeftOut()
    parted = part(list(desk.labels.learnt(left_out)))
    if left_out:
        say(f"Decisions that teach nothing: {told(left_out)}.")
    if not parted.older:
        raise InvalidInput(
            "There is no decision to learn from.",
            where="--decisions",
            remedy="Decide some comments, one at a time, and give reasons for rejections.",
        )
    gone = desk.models.gone_back_from()
    if gone and _last(parted) <= last_known(gone):
        say(f"{gone.model} learned from all these decisions, and was gone back from: more first.")
        return None
    say(f"{len(parted.older)} decisions to learn from, {len(parted.newest)} to compare on.")
    live = desk.models.live()
    # Loaded before anything is written, so that it is the one that is live.
    named = folder_of(live, [setting]) if live else setting
    champion = load_model(named, shipped_models(), expected=live.manifest if live else None)
    # Named after the last decision that teaches it.
    word = f"d{max(one.decision.id for one in parted.older)}"
    trained = train(parted.examples, word, champion)
    challenger = load_model(trained.folder, trained.folder.parent)
    found = compare(champion, challenger, parted.newest)
    if trained.failures:
        found = found._replace(better=False, reason=f"not used: {'; '.join(trained.failures)}")
    say(f"{trained.model} is {found.reason}.")
    if not found.better:
        return None
    figures = _figures(champion.id, found, trained, parted)
    return desk.models.promote(None, trained.model, trained.folder, figures)


def last_known(model: LiveModel) -> int:
    """Return the last decision that was known when a model was promoted."""
    known = model.figures.get(DECISIONS)
    return int(known[LAST]) if isinstance(known, Mapping) else 0


def _last(parted: Parted) -> int:
    return max(one.decision.id for one in (*parted.older, *parted.newest))


def _figures(
    champion: str, found: Comparison, trained: Trained, parted: Parted
) -> dict[str, object]:
    figures: dict[str, object] = {"against": champion, "reason": found.reason}
    if found.champion and found.challenger:
        figures |= {
            "champion": found.champion._asdict(),
            "challenger": found.challenger._asdict(),
        }
    return figures | {
        "gate": trained.gate,
        DECISIONS: {
            "taught": len(parted.older),
            "compared": len(parted.newest),
            LAST: _last(parted),
        },
    }
