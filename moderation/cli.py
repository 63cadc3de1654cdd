"""The command line `moderation`: its own commands, and groups that are imported when used."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup

from moderation import __version__
from moderation.console import (
    CLOSED_PIPE,
    INTERRUPTED,
    STDIN,
    LineWriter,
    OutputFormat,
    ScoredLine,
    guarded_output,
    open_input,
)
from moderation.errors import BlankLine, InvalidInput, InvalidText, MissingExtra, ModerationError
from moderation.extras import require
from moderation.files import FULL, NOT_STORED
from moderation.rows import MAX_LINE_BYTES, InvalidRow, Line, place, read_lines_at_hand, text_row
from moderation.settings import CONFIG_VARIABLE, UNREAD, read_settings
from moderation.text.validate import check_text, clean_text

if TYPE_CHECKING:
    from moderation.moderator import Moderator

app = typer.Typer(
    help="Tells news text from civil, inflammatory and ethnically hostile comments.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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
        try:
            require(GROUPS[name].extra, f"moderation {name}")
        except MissingExtra:
            if not extra.get("resilient_parsing"):
                raise
            # A shell completes a command line: there is nothing to offer, and nothing to say.
            return super().make_context(info_name, args, parent, **extra)
        group = typer.main.get_group(import_module(GROUPS[name].module).app)
        group.name, group.help = name, self.help
        return group.make_context(info_name, args, parent, **extra)


for _name, _group in GROUPS.items():
    app.add_typer(typer.Typer(), name=_name, cls=LazyGroup, help=_group.help)

Model = Annotated[str | None, typer.Option(help="Model id or folder.", show_default="setting")]
PolicyFile = Annotated[Path | None, typer.Option(help="Policy file.", show_default="setting")]


def main() -> None:
    """Run a command; an error that the user can mend is one line on stderr and exit status 1."""
    try:
        with guarded_output():
            app(prog_name="moderation")
    except ModerationError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno in FULL:
            fail(NOT_STORED(error, Path(error.filename or "output")))
        if isinstance(error, BrokenPipeError):
            _close_stderr()
            sys.exit(CLOSED_PIPE)
        raise


def fail(error: ModerationError) -> NoReturn:
    """Print the error and end with status 1."""
    try:
        typer.secho(f"error: {error}", fg="red", err=True)
    except OSError as cause:
        _close_stderr()
        sys.exit(CLOSED_PIPE if isinstance(cause, BrokenPipeError) else 1)
    sys.exit(1)


def _close_stderr() -> None:
    """Give up on standard error, so that Python does not try again when it ends."""
    with suppress(OSError):
        sys.stderr.close()


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
    file: Annotated[
        Path | None, typer.Option(help="File with one text per line; `-` is standard input.")
    ] = None,
    model: Model = None,
    policy: PolicyFile = None,
    form: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.JSONL,
    with_text: Annotated[bool, typer.Option("--with-text", help="Repeat each text.")] = False,  # noqa: FBT002  # a flag of the command line
) -> None:
    """Print a verdict for each TEXT, or for each line of FILE or of standard input, as it comes.

    A line that is blank or cannot be read has an `error` in its place. Exit status 1 means that
    some lines could not be read; all others were judged.
    """
    if texts and file:
        raise InvalidInput("Give texts or --file, not both.", where="score")
    from moderation import Moderator  # noqa: PLC0415  # models are slow to import

    moderator = Moderator.load(model, policy)
    writer = LineWriter(form, with_text=with_text)
    if texts and texts != [STDIN]:
        verdicts = moderator.judge(texts)
        numbered = enumerate(zip(texts, verdicts, strict=True), 1)
        writer.write([ScoredLine(number, text, verdict) for number, (text, verdict) in numbered])
        return
    lines = unreadable = 0
    with open_input(file or Path(STDIN)) as (source, name):
        writer.write([])
        for group in read_lines_at_hand(source):
            scored = _score_lines(moderator, group, name)
            writer.write(scored)
            lines += len(scored)
            errors = [one.result for one in scored if isinstance(one.result, ModerationError)]
            unreadable += sum(not isinstance(error, BlankLine) for error in errors)
    if unreadable:
        raise InvalidInput(
            "%(unreadable)s of %(lines)s lines could not be read.",
            where=name,
            remedy="Each has an error in its place in the output.",
            values={"unreadable": unreadable, "lines": lines},
        )


def _score_lines(moderator: "Moderator", lines: Sequence[Line], name: str) -> list[ScoredLine]:
    """Judge the lines that hold a text; each other one has an error in its place."""
    read = [_read_line(line, name) for line in lines]
    verdicts = iter(moderator.judge([text for text, error in read if text and not error]))
    return [
        ScoredLine(line.number, text, error or next(verdicts))
        for line, (text, error) in zip(lines, read, strict=True)
    ]


def _read_line(line: Line, name: str) -> tuple[str | None, ModerationError | None]:
    """Return the text of a line, and the reason why it cannot be judged, if it cannot."""
    where = place(name, line.number)
    try:
        text = text_row(line, name).rstrip("\r\n")
        if not text.strip():
            return text, BlankLine("The line is blank.", where=where)
        return check_text(text, where=where), None
    except (InvalidRow, InvalidText) as error:
        if line.length > MAX_LINE_BYTES:
            return None, error
        return clean_text(line.data.decode("utf-8", "replace").rstrip("\r\n")), error


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
        if settings.oidc_issuer:
            require("oidc", "moderation serve --desk")
        from moderation.desk.web.app import serve_desk  # noqa: PLC0415  # so is SQLAlchemy

        serve_desk(settings)
    else:
        require("service", "moderation serve")
        from moderation.service.server import serve as run  # noqa: PLC0415  # so is FastAPI

        run(settings)


@app.command()
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            help="Table with the columns text,label[,group], separated by commas, semicolons, "
            "tabs or bars; `-` is standard input."
        ),
    ],
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

    A label is one of the four, or `flagged` or `unflagged`, 1 or 0, where the data set says no
    more.
    """
    from moderation import Moderator  # noqa: PLC0415  # models are slow to import
    from moderation.evaluate import evaluate_file, print_evaluation  # noqa: PLC0415  # likewise

    print_evaluation(evaluate_file(Moderator.load(model, policy), file, thresholds))
