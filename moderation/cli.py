"""The command line `moderation`: its own commands, and groups that are imported when used."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup

from moderation import __version__
from moderation.errors import InvalidInput, ModerationError
from moderation.extras import require
from moderation.rows import read_text_lines
from moderation.settings import CONFIG_VARIABLE, UNREAD, read_settings

app = typer.Typer(
    help="Tells news text from civil, inflammatory and ethnically hostile comments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Commands(NamedTuple):
    """A group of commands: the module of its `app`, the extra that it needs, and its help."""

    module: str
    extra: str
    help: str


GROUPS = {
    "batch": Commands(
        "moderation.batch.cli", "batch", "Split many pages into passages and judge them."
    ),
    "corpora": Commands("moderation.corpora.cli", "train", "The public corpora."),
    "labels": Commands("moderation.labels.cli", "train", "The labelled set."),
    "keys": Commands("moderation.service.cli", "service", "API keys of the service."),
    "desk": Commands(
        "moderation.desk.cli",
        "desk",
        "The review desk (`moderation serve --desk` shows it).",
    ),
}


class LazyGroup(TyperGroup):
    """A group of commands that is imported only when it is used.

    So no other command waits for it, and `moderation --help` lists it even if its extra is not
    installed.
    """

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Import the group and let it read its arguments."""
        name = str(self.name)
        require(GROUPS[name].extra, f"moderation {name}")
        group = typer.main.get_group(import_module(GROUPS[name].module).app)
        group.name, group.help = name, self.help
        return group.make_context(info_name, args, parent, **extra)


for _name, _group in GROUPS.items():
    app.add_typer(typer.Typer(), name=_name, cls=LazyGroup, help=_group.help)

CHUNK = 256
"""Texts judged between two writes."""

Model = Annotated[str | None, typer.Option(help="Model id or folder.", show_default="setting")]
PolicyFile = Annotated[Path | None, typer.Option(help="Policy file.", show_default="setting")]


def main() -> None:
    """Run a command; an error that the user can mend is one line on stderr and exit status 1."""
    try:
        app()
    except ModerationError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of the output ended first (`moderation score | head`): not an error here.
        sys.stderr.close()
        sys.exit(141)


def fail(error: ModerationError) -> NoReturn:
    """Print the error and end with status 1."""
    typer.secho(f"error: {error}", fg="red", err=True)
    sys.exit(1)


@app.callback(invoke_without_command=True)
def root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Settings file (TOML). Default: the file named by {CONFIG_VARIABLE}, if any.",
        ),
    ] = None,
) -> None:
    """Tells news text from civil, inflammatory and ethnically hostile comments."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if config is not None:
        # In the environment, so that the processes started from this one read it too.
        os.environ[CONFIG_VARIABLE] = str(config.absolute())
    elif not os.environ.get(CONFIG_VARIABLE) and UNREAD.is_file():
        typer.echo(
            f"{UNREAD} in this folder was not read. To use it, run "
            f"`moderation --config {UNREAD} ...` or set {CONFIG_VARIABLE}.",
            err=True,
        )


@app.command()
def score(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...")] = None,
    file: Annotated[Path | None, typer.Option(help="File with one text per line.")] = None,
    model: Model = None,
    policy: PolicyFile = None,
) -> None:
    """Print a JSON verdict for each TEXT, or for each line of FILE or of standard input."""
    if texts and file:
        raise InvalidInput("Give texts or --file, not both.", where="score")
    from moderation import Moderator  # noqa: PLC0415  # models are slow to import

    moderator = Moderator.load(model, policy)
    source = iter(texts) if texts else _lines(file)
    while chunk := list(islice(source, CHUNK)):
        for verdict in moderator.judge(chunk):
            typer.echo(json.dumps(verdict.to_dict(), ensure_ascii=False))


def _lines(file: Path | None) -> Iterator[str]:
    """Yield the lines of a file or of standard input, read as UTF-8, without blank ones."""
    try:
        source = file.open("rb") if file else sys.stdin.buffer
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror}.", where=str(file)) from None
    with source if file else nullcontext(source) as lines:
        yield from (text for _, text in read_text_lines(lines, str(file or "stdin")))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(show_default="setting")] = None,
    port: Annotated[int | None, typer.Option(show_default="setting")] = None,
    workers: Annotated[int | None, typer.Option(show_default="setting")] = None,
    *,
    desk: Annotated[
        bool | None,
        typer.Option("--desk", help="Also serve the review desk.", show_default="setting"),
    ] = None,
) -> None:
    """Serve the web page and the HTTP API."""
    settings = read_settings(host=host, port=port, workers=workers)
    if desk or settings.desk:
        require("desk", "moderation serve --desk")
        from moderation.desk.web.app import serve_desk  # noqa: PLC0415  # so is SQLAlchemy

        serve_desk(settings)
    else:
        require("service", "moderation serve")
        from moderation.service.server import serve as run  # noqa: PLC0415  # so is FastAPI

        run(settings)


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV with the columns text,label[,group].")],
    model: Model = None,
    policy: PolicyFile = None,
    thresholds: Annotated[
        str | None,
        typer.Option(
            metavar="ATTRIBUTE",
            help="Show precision, recall and the share held at each threshold of this attribute.",
        ),
    ] = None,
) -> None:
    """Compare verdicts with correct labels: metrics as JSON, or as a table on a terminal.

    A label is one of the four, or `flagged` or `unflagged` where the data set says no more.
    """
    from moderation import Moderator  # noqa: PLC0415  # models are slow to import
    from moderation.evaluate import evaluate_file, print_evaluation  # noqa: PLC0415  # likewise

    print_evaluation(evaluate_file(Moderator.load(model, policy), file, thresholds))
