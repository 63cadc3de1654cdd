"""The commands that make, list and revoke API keys."""

from typing import Annotated

import typer

from moderation.service.access.keys import (
    Scope,
    create_key,
    keys_path,
    read_keys,
    revoke_key,
)
from moderation.settings import read_settings

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Whose key it is, for the list.")]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="What it is good for.")]
Rate = Annotated[
    int | None,
    typer.Option(min=0, help="Requests a minute; 0 sets no limit.", show_default="setting"),
]


@app.command()
def create(name: Name, scope: Scopes = None, rate: Rate = None) -> None:
    """Make a key and print it, this once: only its hash is kept.

    Without --scope it is good for `score` alone. Serving processes know it within a second.
    """
    path = keys_path(read_settings())
    secret, key = create_key(path, name, scope or [Scope.SCORE], rate)
    typer.echo(f"key {key.id}, kept as a hash in {path}; it is not shown again:", err=True)
    typer.echo(secret)


@app.command("list")
def list_keys() -> None:
    """Print the keys, one a line: id, state, scopes, requests a minute, date, name."""
    for key in read_keys(keys_path(read_settings())):
        state = f"revoked {key.revoked:%Y-%m-%d}" if key.revoked else "good"
        rate = "default" if key.rate is None else str(key.rate or "unlimited")
        scopes = ",".join(sorted(key.scopes))
        typer.echo("\t".join((key.id, state, scopes, rate, f"{key.created:%Y-%m-%d}", key.name)))


@app.command()
def revoke(
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="As `moderation keys list` shows it.")
    ],
) -> None:
    """Make a key good for nothing, within a second and for ever."""
    key = revoke_key(keys_path(read_settings()), key_id)
    typer.echo(f"revoked {key.id} ({key.name})")
