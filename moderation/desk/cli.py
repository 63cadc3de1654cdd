"""The commands of the desk. A person who can run them has the database, and may do everything."""

import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moderation.console import STDIN, open_input
from moderation.database.location import database_url, demo_url
from moderation.desk.types import Role
from moderation.errors import InvalidInput
from moderation.extras import require
from moderation.files import explain_as, storing, write_text
from moderation.settings import read_settings

if TYPE_CHECKING:
    from moderation.desk import Desk
    from moderation.desk.intake.retention import Erased

app = typer.Typer(no_args_is_help=True)
user_app = typer.Typer(help="Users of the desk.", no_args_is_help=True)
app.add_typer(user_app, name="user")

DESK_PATH = "/desk"

Database = Annotated[
    str | None, typer.Option("--database", help="The database's URL.", show_default="setting")
]
Name = Annotated[str, typer.Argument(help="The name to sign in with.")]


@contextmanager
def _open_desk(database: str | None) -> Iterator["Desk"]:
    from moderation.desk import Desk  # noqa: PLC0415  # databases are slow to import

    desk = Desk.open(_url(database))
    try:
        yield desk
    finally:
        desk.close()


def _url(database: str | None) -> str:
    return database or database_url(read_settings())


def _password() -> str:
    """Return a password, typed twice or read from the first line of standard input."""
    if sys.stdin.isatty():
        password: str = typer.prompt(
            "Password", hide_input=True, confirmation_prompt=True, err=True
        )
        return password
    return sys.stdin.readline().rstrip("\r\n")


@user_app.command("add")
def add_user(
    name: Name,
    role: Annotated[
        Role | None,
        typer.Option(
            help="What the user may do.", show_default="moderator; admin for the first user"
        ),
    ] = None,
    database: Database = None,
) -> None:
    """Add a user; the password is prompted for, or read from standard input."""
    with _open_desk(database) as desk:
        # Somebody has to be able to add the others at the desk.
        first = role is None and not desk.accounts.users()
        role = role or (Role.ADMIN if first else Role.MODERATOR)
        user = desk.accounts.add(None, name, _password(), role)
    why = "; the first user manages the others" if first else ""
    typer.echo(f"added {user.name} ({user.role}{why})")


@user_app.command("list")
def list_users(database: Database = None) -> None:
    """List the users, one per line: name, role, state."""
    with _open_desk(database) as desk:
        for user in desk.accounts.users():
            typer.echo("\t".join((user.name, user.role, "disabled" if user.disabled else "good")))


@user_app.command("change")
def change_user(
    name: Name,
    role: Annotated[Role | None, typer.Option(help="New role.")] = None,
    *,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    disabled: Annotated[bool | None, typer.Option("--disable/--enable")] = None,
    no_code: Annotated[
        bool, typer.Option("--no-code", help="Sign in without the codes of an app again.")
    ] = False,
    database: Database = None,
) -> None:
    """Change a user, and end that user's sessions."""
    with _open_desk(database) as desk:
        if no_code:
            desk.second_factor.turn_off(None, name)
        user = desk.accounts.change(
            None, name, role=role, password=_password() if password else None, disabled=disabled
        )
    typer.echo(f"{user.name}: {user.role}{', disabled' if user.disabled else ''}")


@user_app.command("reset")
def reset_password(
    name: Name,
    address: Annotated[
        str | None,
        typer.Option(
            help="The desk's address, without a path.", show_default="settings host and port"
        ),
    ] = None,
    database: Database = None,
) -> None:
    """Print a link, valid once for 24 hours, with which a user sets a new password."""
    settings = read_settings()
    address = address or f"http://{settings.host}:{settings.port}"
    with _open_desk(database) as desk:
        link = desk.resets.make(None, name)
    typer.echo(f"{address.rstrip('/')}{link.path}")


@app.command()
def demo(
    database: Annotated[
        str | None,
        typer.Option("--database", help="The database's URL.", show_default="one of its own"),
    ] = None,
) -> None:
    """Fill a database of its own with sample comments, and print names and passwords to try it.

    Each line has a name, a role and a password.
    """
    from moderation.desk.jobs.demo import fill  # noqa: PLC0415  # databases are slow to import
    from moderation.moderator import Moderator  # noqa: PLC0415  # so are models

    settings = read_settings()
    url = database or demo_url(settings)
    with _open_desk(url) as desk:
        sample = fill(desk, Moderator.load().judge)
    typer.echo(
        f"{sample.waiting} comments are waiting. Serve them with\n\n"
        f"    MODERATION_DATABASE={shlex.quote(url)} moderation serve --desk\n\n"
        f"and open http://{settings.host}:{settings.port}{DESK_PATH}, as one of these people:\n",
        err=True,
    )
    for user in sample.users:
        typer.echo("\t".join(user))


@app.command()
def purge(
    days: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Erase texts this many days after their decision or, undecided, their arrival.",
            show_default="setting desk_retention_days",
        ),
    ] = None,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase without asking, as in a timer's job.")
    ] = False,
    database: Database = None,
) -> None:
    """Erase the texts and names of old comments; decisions and counts stay.

    On a terminal it asks before; elsewhere it needs `--yes`.
    """
    if days is None:
        days = read_settings().desk_retention_days
    if days is None:
        raise InvalidInput(
            "The number of days to keep texts is missing.",
            where="--days",
            remedy="Give --days, or set desk_retention_days.",
        )
    if not yes:
        _ask(f"Erase the texts and names of comments more than {days} days old, for good?")
    with _open_desk(database) as desk:
        _print_erased(desk.retention.purge(None, datetime.now(UTC) - timedelta(days=days)))


def _ask(question: str) -> None:
    """Go on only if the person at the terminal agrees.

    Raises
    ------
    InvalidInput
        If there is no terminal at which to ask.
    """
    if not sys.stdin.isatty():
        raise InvalidInput(
            "Nothing was erased: standard input is no terminal on which to ask.",
            where="--yes",
            remedy="Give --yes to erase without being asked.",
        )
    typer.confirm(question, abort=True, err=True)


def _print_erased(erased: "Erased") -> None:
    typer.echo(f"comments erased: {erased.comments}")
    if not erased.swept:
        typer.echo(
            "erased, but still in the database file: the database is in use. The texts leave the "
            "file when it is next opened or purged.",
            err=True,
        )


@app.command("erase-author")
def erase_author(
    author: Annotated[str, typer.Argument(help="The author's name as shown with the comments.")],
    database: Database = None,
) -> None:
    """Erase all comments by an author, decided or not."""
    with _open_desk(database) as desk:
        _print_erased(desk.retention.erase_author(None, author))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.")], database: Database = None
) -> None:
    """Back up the desk's database (SQLite), even while it is in use."""
    from moderation.database.backup import back_up  # noqa: PLC0415  # databases are slow to import

    size = back_up(_url(database), file.absolute())
    typer.echo(f"{size} bytes in {file}")


@app.command()
def restore(
    file: Annotated[
        Path,
        typer.Argument(help="File written by `moderation desk backup`; `-` is standard input."),
    ],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the existing database.")
    ] = False,
    database: Database = None,
) -> None:
    """Restore the desk's database (SQLite) from a backup; stop the service first."""
    from moderation.database import backup as backups  # noqa: PLC0415  # as above

    with _kept(file) as copy:
        backups.restore(copy.absolute(), _url(database), replace=replace)
    typer.echo(f"the desk has been restored from {file}")


@contextmanager
def _kept(file: Path) -> Iterator[Path]:
    """Yield a file's path; for standard input, that of a private copy."""
    if str(file) != STDIN:
        yield file
        return
    with tempfile.TemporaryDirectory() as folder, open_input(file) as (source, name):
        copy = Path(folder) / name
        with storing(copy), copy.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield copy


@app.command("export-labels")
def export_labels(
    out: Annotated[Path, typer.Option(help="The file to write.")], database: Database = None
) -> None:
    """Write the decisions as records of the labelled set.

    Addresses, numbers and recognisable names are masked; read the file before you publish it.
    """
    from moderation.desk.learning.labels import LeftOut, summary  # noqa: PLC0415  # slow to import

    left_out = LeftOut()
    with _open_desk(database) as desk:
        lines = list(desk.labels.export(None, left_out))
    write_text(out, "".join(lines), explain=explain_as(InvalidInput))
    typer.echo(f"{len(lines)} records in {out}")
    if left_out:
        typer.echo(f"decisions that teach nothing: {summary(left_out)}", err=True)


@app.command()
def rescore(database: Database = None) -> None:
    """Judge the waiting comments again with the model that is live now.

    The queues are then ordered by its scores; what the policy did with the comments stays.
    """
    from moderation.desk.jobs.rescore import rescore_waiting  # noqa: PLC0415  # slow to import

    with _open_desk(database) as desk:
        rescored = rescore_waiting(desk, read_settings())
    typer.echo(f"{rescored.comments} comments judged with {rescored.model}")


@app.command()
def take(
    folder: Annotated[Path, typer.Argument(help="Output folder of `moderation batch`.")],
    database: Database = None,
) -> None:
    """Import the comments that a batch run's policy sent to review."""
    require("batch", "moderation desk take")
    from moderation.desk.intake.batches import read_batch  # noqa: PLC0415  # slow to import

    with _open_desk(database) as desk:
        taken = sum(len(desk.intake.take(submissions)) for submissions in read_batch(folder))
    typer.echo(json.dumps({"taken": taken}))
