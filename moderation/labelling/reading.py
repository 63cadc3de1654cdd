"""Reading the labelled set, telling every problem where it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from moderation.errors import InvalidLabels
from moderation.labelling.record import Example, SeedPassage, StrictRecord
from moderation.rows import InvalidRow, json_row, place, read_lines

EXAMPLES = "examples.jsonl"
SEED = "seed.jsonl"

R = TypeVar("R", bound=StrictRecord)


class Problem(NamedTuple):
    """Something wrong in the labelled set."""

    where: str
    """File and line."""
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class LabelFile(NamedTuple):
    """The records of a file by line number, and what is wrong with the other lines."""

    records: dict[int, Any]
    problems: list[Problem]


def read_records(path: Path, kind: type[R]) -> LabelFile:
    """Read a JSON Lines file of `kind`; what is wrong with a line is a problem and no error."""
    records: dict[int, R] = {}
    problems: list[Problem] = []
    try:
        with path.open("rb") as file:
            for line in read_lines(file):
                if not line.data.strip():
                    continue
                try:
                    records[line.number] = kind.model_validate(json_row(line, path.name))
                except InvalidRow as error:
                    problems.append(Problem(error.where, error.message))
                except ValidationError as error:
                    where = place(path.name, line.number)
                    problems.extend(Problem(where, message) for message in _messages(error))
    except OSError as error:
        return LabelFile({}, [Problem(path.name, f"cannot be read: {error.strerror}")])
    return LabelFile(records, problems)


def _messages(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        field = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        yield f"{field}: {message}" if field else message


def read_examples(folder: Path) -> list[Example]:
    """Return the examples of a labelled set.

    Raises
    ------
    InvalidLabels
        If a line breaks a rule; it names the first few.
    """
    read = read_records(folder / EXAMPLES, Example)
    raise_problems(read.problems, folder)
    return list(read.records.values())


def read_seed(folder: Path) -> list[SeedPassage]:
    """Return the stand-off annotations; raises InvalidLabels as :func:`read_examples` does."""
    read = read_records(folder / SEED, SeedPassage)
    raise_problems(read.problems, folder)
    return list(read.records.values())


def raise_problems(problems: list[Problem], folder: Path, most: int = 5) -> None:
    """Raise InvalidLabels if there are problems, naming the first `most` of them."""
    if problems:
        more = f" (and {len(problems) - most} more)" if len(problems) > most else ""
        raise InvalidLabels(
            "; ".join(map(str, problems[:most])) + more + ".",
            where=str(folder),
            remedy="`moderation labels check` lists every problem.",
        )
