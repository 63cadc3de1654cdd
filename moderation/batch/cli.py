"""``moderation batch`` and ``moderation batch report``."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from moderation.console import INTERRUPTED, STDIN, open_input
from moderation.settings import read_settings

REPORT, RUN = "report", "run"


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


@app.command(RUN, hidden=True, epilog="`moderation batch report DIR` rebuilds the report of a run.")
def run(  # noqa: PLR0913, PLR0917  # a command line's options
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Pages (text, HTML), WARC, JSON Lines or Parquet: files, folders, globs or URLs; "
            "`-` is standard input.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the rows, the summary and the report.")],
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
    shard_pages: Annotated[int, typer.Option(min=1, help="Pages in one unit of work.")] = 200,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Also write passages.jsonl.")] = False,  # noqa: FBT002  # a flag of the command line
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
    from moderation.batch.progress import progress_listener  # noqa: PLC0415  # likewise
    from moderation.batch.run import Stopped  # noqa: PLC0415  # likewise
    from moderation.batch.sources import keep  # noqa: PLC0415  # likewise

    if STDIN in inputs:
        with open_input(Path(STDIN)) as (stream, _):
            kept = str(keep(stream, out))
        inputs = [kept if given == STDIN else given for given in inputs]

    options = Options(
        select_backend(backend, jobs, scheduler), shard_pages, afresh=afresh, lines=jsonl
    )
    source = ModelSource.of(model, policy)
    try:
        with progress_listener() as listener:
            summary = run_batch(inputs, out, source, read_settings(), options, listener)
    except Stopped as stopped:
        typer.echo(str(stopped), err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"{summary.pages} pages, {summary.passages} passages: {out / 'report.html'}")
    raise typer.Exit(1 if summary.failures else 0)


@app.command(REPORT)
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a batch run.")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Also write passages.jsonl.")] = False,  # noqa: FBT002  # a flag of the command line
) -> None:
    """Rebuild summary.json and report.html of a batch run, finished or not."""
    from moderation.batch.report import rebuild_report  # noqa: PLC0415  # Parquet is slow to import

    summary = rebuild_report(folder, lines=jsonl)
    typer.echo(f"{summary.pages} pages, {summary.passages} passages: {folder / 'report.html'}")
