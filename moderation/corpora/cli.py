"""The commands about the public corpora."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from moderation.console import print_json
from moderation.corpora.download import corpora_folder
from moderation.corpora.download import fetch as fetch_corpora
from moderation.corpora.registry import available, find_corpora

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--dir", help="The corpora's folder.", show_default="setting")
]


@app.command("list")
def list_corpora(
    folder: Folder = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the corpora: what they label, their licence, and whether they are downloaded."""
    place = corpora_folder(folder)
    states = available(place)
    if as_json:
        corpora = [
            {
                "name": corpus.name,
                "title": corpus.title,
                "language": corpus.language,
                "state": states[corpus.name].value,
                "licence": corpus.licence,
                "labels": corpus.labels,
            }
            for corpus in find_corpora()
        ]
        print_json({"folder": str(place), "corpora": corpora})
        return
    table = Table("corpus", "language", "here", "licence", "what it labels")
    for corpus in find_corpora():
        state = states[corpus.name]
        table.add_row(corpus.name, corpus.language, state, corpus.licence, corpus.labels)
    Console().print(table)
    typer.echo(f"Folder: {place}")


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CORPUS]...", help="Corpora; all by default.")
    ] = None,
    folder: Folder = None,
) -> None:
    """Download the corpora that are missing and verify every file.

    They hold hateful and obscene language.
    """
    place = corpora_folder(folder)
    fetch_corpora(names or None, place, progress=sys.stderr.isatty(), notify=typer.echo)
    typer.echo(f"Folder: {place}")
