"""Train the fast tier: labels/ and the public corpora that are here -> models/."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from moderation.corpora.folder import corpora_folder
from moderation.errors import ModerationError
from moderation.learning.training.fit import Recipe
from moderation.learning.training.run import Plan, Sources, train
from moderation.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(  # noqa: PLR0913, PLR0917  # each is an option
    labels: Annotated[Path, typer.Option(help="The labelled set's folder.")] = Path("labels"),
    models: Annotated[Path, typer.Option(help="Where models are kept.")] = Path("models"),
    model_id: Annotated[
        str, typer.Option("--id", help="name@version; a model of that id is replaced if beaten.")
    ] = str(Settings.model_fields["model"].default),
    gate: Annotated[Path, typer.Option(help="What a model must reach.")] = Path("models/gate.toml"),
    report: Annotated[Path, typer.Option(help="Folder of the HTML report.")] = Path("reports"),
    corpora: Annotated[
        Path | None, typer.Option(help="Folder of the public corpora.", show_default="setting")
    ] = None,
    sources: Annotated[
        Sources, typer.Option("--from", help="What to learn from; one alone only to compare.")
    ] = "both",
    seed: Annotated[int, typer.Option(help="Same data, same seed, same model.")] = 0,
) -> None:
    """Train, calibrate on dev, evaluate on test, and keep the better model.

    Exit status: 0 the new model is in place; 1 the labels or an argument are bad; 3 the old model
    was kept because the new one did not pass the gate. Where there is no model to keep, the new one
    is put in place all the same, and what it fails is printed.
    """
    console = Console(stderr=True)
    try:
        outcome = train(
            Plan(
                labels,
                corpora_folder(corpora),
                models / model_id,
                model_id,
                gate,
                report / f"{model_id}.html",
                sources,
                Recipe(seed=seed),
            ),
            console,
        )
    except ModerationError as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(0 if outcome.saved else 3)


if __name__ == "__main__":
    app()
