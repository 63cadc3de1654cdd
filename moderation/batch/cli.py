"""``moderation batch`` and ``moderation batch report``."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from moderation.console import INTERRUPTED, open_output
from moderation.errors import InvalidInput
from moderation.settings import read_settings
from moderation.text.display import inert

if TYPE_CHECKING:
    from moderation.batch.summary import Summary

REPORT, RUN = "report", "run"
STANDARD_OUTPUT = Path("-")


class _InputsGroup(TyperGroup):
    """A command group whose default command is `run`: its arguments are the inputs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name before the arguments of a run."""
        if ctx.resilient_parsing and not args:
            # A shell completes the first argument, which may become the name of the other command.
            return super().parse_args(ctx, args)
        return super().parse_args(ctx, args if args[:1] == [REPORT] else [RUN, *args])

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Leave the name of the default command, which nobody types, out of the help."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == RUN else name), command, rest


app = typer.Typer(cls=_InputsGroup)

Format = Annotated[
    str,
    typer.Option(
        "--format", help="Also write all rows to one file: `csv` or `jsonl`; `parquet` is a folder."
    ),
]
Dedupe = Annotated[
    bool,
    typer.Option(
        "--dedupe",
        help="Judge equal texts once, and write the first row of each, with the number of copies.",
    ),
]


@app.command(RUN, hidden=True, epilog="`moderation batch report DIR` rebuilds the report of a run.")
def run(  # noqa: PLR0913, PLR0917  # a command line's options
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Pages (text, HTML, MHTML), web archives (WARC, ARC, WACZ) and tables (CSV, JSON, "
            "JSON Lines, Parquet): files, folders, globs or URLs; `-` is standard input.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for the rows, the summary and the report; `-` writes the rows alone to "
            "standard output."
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help="Model id or folder.", show_default="setting")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file.", show_default="the shipped one")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Number of processes; 0 for one per core.")] = 0,
    backend: Annotated[str, typer.Option(help="`local` or `dask`.")] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the Dask scheduler: tcp://HOST:8786.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Column of a table that holds a field, for example text=body. Repeatable.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of a table that every row keeps; NAME=COLUMN renames it. Repeatable.",
        ),
    ] = None,
    form: Format = "parquet",
    dedupe: Dedupe = False,  # noqa: FBT002  # a flag of the command line
    shard_pages: Annotated[int, typer.Option(min=1, help="Pages in one unit of work.")] = 200,
    afresh: Annotated[  # noqa: FBT002  # likewise
        bool, typer.Option("--afresh", help="Delete the results of an earlier run from the folder.")
    ] = False,
) -> None:
    """Split many pages into passages and judge them.

    Run the same command again to resume where an earlier run stopped. Exit status 1 means that
    some pages could not be read (all others were judged), 130 that Ctrl-C stopped the run.
    """
    from moderation.batch import ModelSource, Options, run_batch  # noqa: PLC0415  # Parquet is slow
    from moderation.batch.backends import select_backend  # noqa: PLC0415  # likewise
    from moderation.batch.export import RowFormat  # noqa: PLC0415  # likewise
    from moderation.batch.fields import Columns  # noqa: PLC0415  # likewise
    from moderation.batch.progress import progress_listener  # noqa: PLC0415  # likewise
    from moderation.batch.run import Stopped  # noqa: PLC0415  # likewise

    is_piped = out == STANDARD_OUTPUT
    options = Options(
        select_backend(backend, jobs, scheduler),
        shard_pages,
        afresh=afresh,
        form=RowFormat.PARQUET if is_piped else _format(form),
        dedupe=dedupe,
        columns=Columns.parse(column or (), keep or ()),
    )
    # Opened before anything is judged, so that a closed one is told at once.
    if is_piped and open_output().isatty() and _format(form) is RowFormat.PARQUET:
        raise InvalidInput(
            "Parquet is not for a terminal.", where="--out", remedy="Add --format csv or jsonl."
        )
    source = ModelSource.of(model, policy)
    with ExitStack() as stack:
        folder = out
        if is_piped:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moderation-")))
        try:
            with progress_listener() as listener:
                summary = run_batch(inputs, folder, source, read_settings(), options, listener)
        except Stopped as stopped:
            typer.echo(str(stopped), err=True)
            raise typer.Exit(INTERRUPTED) from None
        if is_piped:
            _pipe(folder, _format(form), distinct=dedupe)
            typer.echo(f"{summary}.", err=True)
        else:
            _echo(summary, folder)
        _tell_failures(summary, folder)
    raise typer.Exit(1 if summary.failures else 0)


@app.command(REPORT)
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a batch run.")],
    form: Format = "parquet",
    dedupe: Dedupe = False,  # noqa: FBT002  # a flag of the command line
) -> None:
    """Rebuild summary.json and report.html of a batch run, finished or not."""
    from moderation.batch.report import rebuild_report  # noqa: PLC0415  # Parquet is slow to import

    _echo(rebuild_report(folder, _format(form), distinct=dedupe), folder)


def _format(name: str) -> Any:
    from moderation.batch.export import RowFormat  # noqa: PLC0415  # Parquet is slow to import

    try:
        return RowFormat(name)
    except ValueError:
        raise InvalidInput(
            f"{name!r} is no format of rows.", where="--format", remedy="parquet, csv or jsonl."
        ) from None


def _echo(summary: "Summary", folder: Path) -> None:
    typer.echo(f"{summary}: {folder / 'report.html'}")


def _pipe(folder: Path, form: Any, *, distinct: bool) -> None:
    """Write the rows to the standard output."""
    from moderation.batch.export import export_rows  # noqa: PLC0415  # Parquet is slow to import
    from moderation.batch.output import OutputFolder  # noqa: PLC0415  # likewise

    output = open_output()
    export_rows(OutputFolder(folder), form, output, distinct=distinct)
    output.flush()


def _tell_failures(summary: "Summary", folder: Path) -> None:
    """Name on standard error the first pages and rows that could not be read."""
    from moderation.batch.output import FAILURES, iter_rows  # noqa: PLC0415  # Parquet is slow

    for number, failure in enumerate(iter_rows(folder / FAILURES)):
        if number == MAX_TOLD:
            typer.echo(f"and {summary.failures - MAX_TOLD} more.", err=True)
            break
        page = inert(failure["page"], MAX_PLACE)
        typer.echo(f"{page}: {failure['message']}", err=True)


MAX_TOLD = 10
"""Failures that are named on the standard error."""
MAX_PLACE = 1_000
"""Characters of a page's name there."""
