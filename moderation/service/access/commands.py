"""The commands that make, list and revoke API keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from moderation.service.access.keys import Scope
from moderation.service.storage import opened_store
from moderation.settings import read_settings

if TYPE_CHECKING:
    from moderation.database.store import Store
    from moderation.service.access.key_store import KeyStore

app = typer.Typer(help="API keys of the service.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Whose key it is, for the list.")]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="What it is good for.")]
Rate = Annotated[
    int | None,
    typer.Option(min=0, help="Requests a minute; 0 sets no limit.", show_default="setting"),
]


@contextmanager
def _opened() -> Iterator[tuple["Store", "KeyStore"]]:
    from moderation.service.access.key_store import KeyStore  # noqa: PLC0415  # databases are slow to import

    with opened_store(read_settings()) as store:
        yield store, KeyStore(lambda: store)


@app.command()
def create(name: Name, scope: Scopes = None, rate: Rate = None) -> None:
    """Make a key and print it, this once: only its hash is kept.

    Without --scope it is good for `score` alone. Serving processes know it within a second.
    """
    with _opened() as (store, keys):
        secret, key = keys.create(name, scope or [Scope.SCORE], rate)
        place = store.address
    typer.echo(f"key {key.id}, kept as a hash in {place}; it is not shown again:", err=True)
    typer.echo(secret)


@app.command("list")
def list_keys() -> None:
    """Print the keys, one a line: id, state, scopes, requests a minute, date, name."""
    with _opened() as (_, keys):
        known = keys.all()
    for key in known:
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
    with _opened() as (_, keys):
        key = keys.revoke(key_id)
    typer.echo(f"revoked {key.id} ({key.name})")
