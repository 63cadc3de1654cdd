"""The commands about the labelled set."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from moderation.console import print_json
from moderation.errors import ModerationError
from moderation.labels.checks import check_labels, variety
from moderation.labels.records import read_examples

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The labelled set's folder.")] = Path("labels"),
    pages: Annotated[
        Path | None, typer.Option(help="Folder of the seed pages, to check offsets and digests.")
    ] = None,
) -> None:
    """Check the labelled set and print each problem as FILE:LINE: what is wrong."""
    problems = check_labels(folder, pages)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise ModerationError(f"{len(problems)} problems.", where=str(folder))
    examples = read_examples(folder)
    figures = variety(examples)
    counts = Counter(example.label.value for example in examples)
    typer.echo(
        f"{len(examples)} examples in {len({e.family for e in examples})} families: "
        + ", ".join(f"{label} {count}" for label, count in sorted(counts.items()))
    )
    typer.echo(
        f"{figures.share:.1%} have a near-duplicate in another family; {figures.vocabulary} "
        f"different words; {figures.distinct:.1%} of the word 3-grams are distinct"
    )


@app.command("agreement")
def print_agreement(
    folder: Annotated[Path, typer.Argument(help="The labelled set's folder.")] = Path("labels"),
) -> None:
    """Print as JSON how closely a second, independent labelling agrees with the first."""
    from moderation.labels.agreement import agreement  # noqa: PLC0415  # NLTK is slow to import

    print_json(agreement(folder)._asdict())
