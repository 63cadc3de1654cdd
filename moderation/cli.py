"""The commands: thin doors to the moderator, the batch run, the service and the labelled set."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from moderation import Moderator, __version__
from moderation.batch.commands import batch_app
from moderation.corpora.commands import app as corpora_app
from moderation.desk.commands import app as desk_app
from moderation.errors import InvalidInput, ModerationError
from moderation.labelling.checking import check_labels
from moderation.labelling.reading import read_examples
from moderation.labelling.variety import variety
from moderation.service.access.commands import app as keys_app
from moderation.settings import CONFIG_VARIABLE, UNREAD, read_settings

app = typer.Typer(
    help="Tells news text from civil, inflammatory and ethnically hostile comments.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(batch_app, name="batch")
app.add_typer(corpora_app, name="corpora")
labels_app = typer.Typer(help="The labelled set.", no_args_is_help=True)
app.add_typer(labels_app, name="labels")
app.add_typer(keys_app, name="keys")
app.add_typer(desk_app, name="desk")

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
        # The reader of our output went away (`moderation score | head`): not an error of ours.
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
            help=f"Settings file (TOML); else the one that {CONFIG_VARIABLE} names, or none.",
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
            f"{UNREAD} in this folder was not read: name it by `moderation --config {UNREAD} ...` "
            f"or by {CONFIG_VARIABLE}.",
            err=True,
        )


@app.command()
def score(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...")] = None,
    file: Annotated[Path | None, typer.Option(help="File with one text a line.")] = None,
    model: Model = None,
    policy: PolicyFile = None,
) -> None:
    """Print one JSON verdict a line: for each TEXT, else each line of FILE, else of stdin."""
    if texts and file:
        raise InvalidInput("Give texts or --file, not both.", where="score")
    moderator = Moderator.load(model, policy)
    given = iter(texts) if texts else _lines(file)
    while chunk := list(islice(given, CHUNK)):
        for verdict in moderator.judge(chunk):
            typer.echo(json.dumps(verdict.to_dict(), ensure_ascii=False))


def _lines(file: Path | None) -> Iterator[str]:
    """Yield the lines of a file or of stdin that are not blank, as UTF-8."""
    try:
        opened = file.open("rb") if file else nullcontext(sys.stdin.buffer)
    except OSError as error:
        raise InvalidInput(f"Cannot be read: {error.strerror}.", where=str(file)) from None
    with opened as source:
        for number, line in enumerate(source, 1):
            try:
                text = line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise InvalidInput(
                    "Not UTF-8.",
                    where=f"{file or 'stdin'}, line {number}",
                    remedy="Convert the file to UTF-8.",
                ) from None
            if text.strip():
                yield text


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(show_default="setting")] = None,
    port: Annotated[int | None, typer.Option(show_default="setting")] = None,
    workers: Annotated[int | None, typer.Option(show_default="setting")] = None,
    *,
    desk: Annotated[
        bool | None,
        typer.Option("--desk", help="Serve the review desk too.", show_default="setting"),
    ] = None,
) -> None:
    """Serve the page and the HTTP interface."""
    from moderation.service.serve import serve as run  # noqa: PLC0415  # so is FastAPI

    settings = read_settings(host=host, port=port, workers=workers)
    if desk or settings.desk:
        from moderation.desk.web.serving import serve_desk  # noqa: PLC0415  # so is SQLAlchemy

        serve_desk(settings)
    else:
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
            help="Show precision, recall and the share held of an attribute at each threshold.",
        ),
    ] = None,
) -> None:
    """Compare verdicts with the right labels: metrics as JSON, a table on a terminal.

    A label is one of the four, or `flagged` or `unflagged` where a set says no more.
    """
    from moderation.evaluating import evaluate_file, print_evaluation  # noqa: PLC0415  # slow

    print_evaluation(evaluate_file(Moderator.load(model, policy), file, thresholds))


@labels_app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The labelled set's folder.")] = Path("labels"),
    pages: Annotated[
        Path | None, typer.Option(help="Folder of the seed pages, to check offsets and digests.")
    ] = None,
) -> None:
    """Check the labelled set; every problem is one line, FILE:LINE: what is wrong."""
    problems = check_labels(folder, pages)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise ModerationError(f"{len(problems)} problems.", where=str(folder))
    examples = read_examples(folder)
    found = variety(examples)
    counts = Counter(example.label.value for example in examples)
    typer.echo(
        f"{len(examples)} examples in {len({e.family for e in examples})} families: "
        + ", ".join(f"{label} {count}" for label, count in sorted(counts.items()))
    )
    typer.echo(
        f"{found.share:.1%} have a near-duplicate in another family; {found.vocabulary} different "
        f"words; {found.distinct:.1%} of the word 3-grams are distinct"
    )


@labels_app.command("agreement")
def labels_agreement(
    folder: Annotated[Path, typer.Argument(help="The labelled set's folder.")] = Path("labels"),
) -> None:
    """Print how far an independent second pass agrees with the labels, as JSON."""
    from moderation.labelling.agreement import agreement  # noqa: PLC0415  # NLTK is slow to import

    typer.echo(json.dumps(agreement(folder)._asdict(), indent=2))
