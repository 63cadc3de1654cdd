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

app = typer.Typer(help="API keys of the service.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the key's owner, shown in the list.")]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="Permitted use of the key.")]
Rate = Annotated[
    int | None,
    typer.Option(min=0, help="Requests per minute; 0 for no limit.", show_default="setting"),
]


@app.command()
def create(name: Name, scope: Scopes = None, rate: Rate = None) -> None:
    """Create a key and print it once; only its hash is stored.

    Without --scope it can only be used for `score`. The service accepts it within a second.
    """
    path = keys_path(read_settings())
    secret, key = create_key(path, name, scope or [Scope.SCORE], rate)
    typer.echo(f"key {key.id}, stored as a hash in {path}; it will not be shown again:", err=True)
    typer.echo(secret)


@app.command("list")
def list_keys() -> None:
    """List the keys, one per line: ID, state, scopes, requests per minute, date, name."""
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
    """Revoke a key permanently; it stops working within a second."""
    key = revoke_key(keys_path(read_settings()), key_id)
    typer.echo(f"revoked {key.id} ({key.name})")
