"""Training runs, from the labelled set and the corpora to a model in place."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from rich.console import Console

from moderation.errors import InvalidInput
from moderation.learning.cascade import CascadeModel
from moderation.learning.encoder.model import EncoderModel
from moderation.learning.fast import FastModel
from moderation.learning.store import load_model
from moderation.learning.store.manifest import MODEL_ID
from moderation.learning.store.models import part_of
from moderation.learning.store.states import plain
from moderation.learning.training.figures import rounded
from moderation.learning.training.fit import Recipe, fit_fast
from moderation.learning.training.gate import Gate
from moderation.learning.training.join import join
from moderation.learning.training.place import (
    Candidate,
    Destination,
    Material,
    RunOutcome,
    Step,
    describe,
    put_in_place,
)

Sources = Literal["both", "labels", "corpora"]


class TrainingPlan(NamedTuple):
    """What the fast tier learns from, how, and where it goes."""

    place: Destination
    sources: Sources = "both"
    recipe: Recipe = Recipe()


@contextmanager
def progress(console: Console) -> Iterator[Step]:
    """Show what is being done: as a status line on a terminal, else line by line."""
    with console.status("checking the labelled set") as status:

        def step(message: str) -> None:
            status.update(message)
            if not console.is_terminal:
                console.print(message, highlight=False)

        yield step


def check_place(place: Destination) -> None:
    """Raise InvalidInput or InvalidGate if a model could not be put there."""
    if not re.fullmatch(MODEL_ID, place.model_id):
        raise InvalidInput(
            "A model id is a name, an @ and a version.", where=place.model_id, remedy="fast@2026.12"
        )
    Gate.load(place.gate)


def train(plan: TrainingPlan, material: Material, console: Console) -> RunOutcome:
    """Train the fast tier and put it in place, unless it would replace one and fails the gate.

    Raises
    ------
    InvalidLabels, InvalidGate, InvalidInput
    """
    check_place(plan.place)
    with progress(console) as step:
        learned = [] if plan.sources == "labels" else material.corpora.train
        recipe = plan.recipe._replace(own=plan.sources != "corpora")
        state = fit_fast(material.examples, learned, recipe, step)
        manifest = describe(
            "fast", plan.place, material, learned, ("nltk", "numpy", "scikit-learn", "scipy")
        )
        manifest["training"] |= {"own": recipe.own, "seed": recipe.seed}
        # Measured with the rounding it is stored with.
        model = FastModel(type(state)(**plain(state._asdict())), manifest)
        return put_in_place(Candidate(model), plan.place, material, console, step)


def train_cascade(
    place: Destination, fast: Path, encoder: Path, material: Material, console: Console
) -> RunOutcome:
    """Join two tiers and put the cascade in place.

    Parameters
    ----------
    place : Destination
    fast, encoder : Path
        The folders of the two models, beside the cascade's.
    material : Material
    console : Console

    Raises
    ------
    InvalidModel, InvalidGate, InvalidInput
    """
    check_place(place)
    with progress(console) as step:
        step("joining the tiers")
        quick, slow = load_model(fast, fast.parent), load_model(encoder, encoder.parent)
        if not (isinstance(quick, FastModel) and isinstance(slow, EncoderModel)):
            raise InvalidInput("A cascade is made of a fast tier and an encoder.", where=str(fast))
        joined = join(quick, slow, material.dev, material.corpora.held_out)
        manifest = describe("cascade", place, material, (), ("numpy", "scikit-learn"))
        manifest |= {
            "parts": {
                "fast": part_of(quick, fast).model_dump(),
                "encoder": part_of(slow, encoder).model_dump(),
            },
            "band": rounded(joined.chosen._asdict()),
            "curve": [rounded(band._asdict()) for band in joined.curve],
        }
        state = type(joined.state)(**plain(joined.state._asdict()))
        model = CascadeModel(state, quick, slow, manifest)
        return put_in_place(Candidate(model), place, material, console, step)
