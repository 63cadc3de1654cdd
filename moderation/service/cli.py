"""The commands that make, list and revoke API keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moderation.console import print_json
from moderation.service.api_keys import ApiKey, Scope
from moderation.service.storage import opened_store
from moderation.settings import read_settings

if TYPE_CHECKING:
    from moderation.database.store import Store
    from moderation.service.key_store import KeyStore

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the key's owner, shown in the list.")]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="Permitted use of the key.")]
Rate = Annotated[
    int | None,
    typer.Option(min=0, help="Requests per minute; 0 for no limit.", show_default="setting"),
]


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def _opened() -> Iterator[tuple["Store", "KeyStore"]]:
    from moderation.service.key_store import KeyStore  # noqa: PLC0415  # databases are slow to import

    with opened_store(read_settings()) as store:
        yield store, KeyStore(lambda: store)


@app.command()
def create(
    name: Name,
    scope: Scopes = None,
    rate: Rate = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a key and print it once; only its hash is stored.

    Without --scope it can only be used for `score`. The service accepts it within a second.
    """
    with _opened() as (store, keys):
        secret, key = keys.create(name, scope or [Scope.SCORE], rate)
        place = store.address
    typer.echo(f"key {key.id}, stored as a hash in {place}; it will not be shown again:", err=True)
    if as_json:
        print_json({**_record(key), "key": secret})
    else:
        typer.echo(secret)


@app.command("list")
def list_keys(*, as_json: AsJson = False) -> None:
    """List the keys, one per line: ID, state, scopes, requests per minute, date, name."""
    with _opened() as (_, keys):
        known = keys.all()
    if as_json:
        print_json({"keys": [_record(key) for key in known]})
        return
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
    *,
    as_json: AsJson = False,
) -> None:
    """Revoke a key permanently; it stops working within a second."""
    with _opened() as (_, keys):
        key = keys.revoke(key_id)
    if as_json:
        print_json(_record(key))
    else:
        typer.echo(f"revoked {key.id} ({key.name})")


def _record(key: ApiKey) -> dict[str, Any]:
    """Return a key as built-in values, without its hash."""
    return {name: value for name, value in key.to_record().items() if name != "sha256"}
