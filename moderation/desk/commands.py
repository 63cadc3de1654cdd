"""The commands of the desk; who runs them has its database, and may do everything."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderation.desk.place import desk_url
from moderation.desk.words import Role, Sent
from moderation.errors import InvalidInput
from moderation.extras import require
from moderation.settings import read_settings

if TYPE_CHECKING:
    from moderation.desk import Desk
    from moderation.desk.intake.retention import Erased

app = typer.Typer(no_args_is_help=True)
user_app = typer.Typer(help="Who may sign in at the desk.", no_args_is_help=True)
app.add_typer(user_app, name="user")

Database = Annotated[
    str | None, typer.Option("--database", help="The database's URL.", show_default="setting")
]
Name = Annotated[str, typer.Argument(help="The name to sign in with.")]


@contextmanager
def _opened(database: str | None) -> Iterator["Desk"]:
    from moderation.desk import Desk  # noqa: PLC0415  # databases are slow to import

    desk = Desk.open(desk_url(read_settings(desk=database)))
    try:
        yield desk
    finally:
        desk.close()


def _password() -> str:
    """Return a password typed twice, or the first line of what is piped in."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


@user_app.command("add")
def add_user(
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.MODERATOR,
    database: Database = None,
) -> None:
    """Add a user; the password is asked for, or read from stdin."""
    with _opened(database) as desk:
        user = desk.accounts.add(None, name, _password(), role)
    typer.echo(f"added {user.name} ({user.role})")


@user_app.command("list")
def list_users(database: Database = None) -> None:
    """Print the users, one a line: name, role, state."""
    with _opened(database) as desk:
        for user in desk.accounts.users():
            typer.echo("\t".join((user.name, user.role, "disabled" if user.disabled else "good")))


@user_app.command("change")
def change_user(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="A new role.")] = None,
    *,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    disabled: Annotated[bool | None, typer.Option("--disable/--enable")] = None,
    database: Database = None,
) -> None:
    """Change a user, and end that user's sessions."""
    with _opened(database) as desk:
        user = desk.accounts.change(
            None, name, role=role, password=_password() if password else None, disabled=disabled
        )
    typer.echo(f"{user.name}: {user.role}{', disabled' if user.disabled else ''}")


@app.command()
def demo(database: Database = None) -> None:
    """Fill the desk with comments to try it with, and print a name and a password."""
    from moderation.desk.demo.fill import fill  # noqa: PLC0415  # the model is slow to import
    from moderation.moderator import Moderator  # noqa: PLC0415  # likewise

    with _opened(database) as desk:
        made = fill(desk, Moderator.load().judge)
    typer.echo(f"{made.waiting} comments wait; run `moderation serve --desk`, sign in as", err=True)
    typer.echo(f"{made.name} {made.password}")


@app.command()
def purge(
    days: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Older texts are erased, by their decision or, undecided, by their coming in.",
            show_default="setting desk_retention_days",
        ),
    ] = None,
    database: Database = None,
) -> None:
    """Erase texts and names of what is so old; decisions and counts stay."""
    if days is None:
        days = read_settings().desk_retention_days
    if days is None:
        raise InvalidInput(
            "It is not said for how many days texts are kept.",
            where="--days",
            remedy="Give --days, or the setting desk_retention_days.",
        )
    with _opened(database) as desk:
        _tell(desk.retention.purge(None, datetime.now(UTC) - timedelta(days=days)))


def _tell(erased: "Erased") -> None:
    typer.echo(f"comments erased: {erased.comments}")
    if not erased.swept:
        typer.echo(
            "erased, not yet swept: somebody is reading the database; the texts leave its file "
            "when it is next opened or purged",
            err=True,
        )


@app.command("erase-author")
def erase_author(
    author: Annotated[str, typer.Argument(help="The name as it stands at the comments.")],
    database: Database = None,
) -> None:
    """Erase all comments by an author, decided or not."""
    with _opened(database) as desk:
        _tell(desk.retention.erase_author(None, author))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")], database: Database = None
) -> None:
    """Copy the desk's database (SQLite), while it is in use or not."""
    from moderation.desk.store.backup import back_up  # noqa: PLC0415  # databases are slow to import

    size = back_up(desk_url(read_settings(desk=database)), file.absolute())
    typer.echo(f"{size} bytes in {file}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `moderation desk backup` wrote.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of a database that is there.")
    ] = False,
    database: Database = None,
) -> None:
    """Put a backup back as the desk's database (SQLite); stop the service first."""
    from moderation.desk.store.backup import restore as put_back  # noqa: PLC0415  # likewise

    put_back(file.absolute(), desk_url(read_settings(desk=database)), replace=replace)
    typer.echo(f"the desk is that of {file}")


@app.command("export-labels")
def export_labels(
    out: Annotated[Path, typer.Option(help="The file to write.")], database: Database = None
) -> None:
    """Write the decisions as records of the labelled set.

    Addresses, numbers and the names that can be told are masked; read what was written before you
    publish it.
    """
    from moderation.desk.learning.labels import LeftOut, told  # noqa: PLC0415  # slow to import

    left_out = LeftOut()
    with _opened(database) as desk:
        lines = list(desk.labels.export(None, left_out))
    draft = out.with_name(f".{out.name}.tmp")
    try:
        draft.write_text("".join(lines), "utf-8", newline="\n")
        draft.replace(out)
    except OSError as error:
        raise InvalidInput(f"Cannot be written: {error.strerror}.", where=str(out)) from None
    typer.echo(f"{len(lines)} records in {out}")
    if left_out:
        typer.echo(f"decisions that teach nothing: {told(left_out)}", err=True)


@app.command()
def rescore(database: Database = None) -> None:
    """Judge the comments that wait with the model that is live now.

    Then they stand in the order in which that model sees them; what the policy made of them stays.
    """
    from moderation.desk.learning.rescoring import rescore_waiting  # noqa: PLC0415  # slow to import

    with _opened(database) as desk:
        done = rescore_waiting(desk, read_settings())
    typer.echo(f"{done.comments} comments judged with {done.model}")


@app.command("take")
def take(
    folder: Annotated[Path, typer.Argument(help="The folder that `moderation batch` wrote.")],
    database: Database = None,
) -> None:
    """Take in what a batch run's policy sent to review."""
    require("batch", "moderation desk take")
    from moderation.desk.intake.batches import read_batch  # noqa: PLC0415  # slow to import

    with _opened(database) as desk:
        total = 0
        given: Iterator[list[Sent]] = read_batch(folder)
        for part in given:
            total += len(desk.intake.take(part))
    typer.echo(json.dumps({"taken": total}))
