"""Reading the labelled set, telling every problem where it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from moderation.errors import InvalidLabels
from moderation.labelling.record import Example, Record, SeedPassage

EXAMPLES = "examples.jsonl"
SEED = "seed.jsonl"

R = TypeVar("R", bound=Record)


class Problem(NamedTuple):
    """Something wrong in the labelled set."""

    where: str
    """File and line."""
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class Read(NamedTuple):
    """The records of a file by line number, and what is wrong with the other lines."""

    records: dict[int, Any]
    problems: list[Problem]


def read_records(path: Path, kind: type[R]) -> Read:
    """Read a JSON Lines file of `kind`; never raises for what a line holds."""
    records: dict[int, R] = {}
    problems: list[Problem] = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        return Read({}, [Problem(path.name, f"cannot be read: {error.strerror}")])
    for number, line in enumerate(lines, 1):
        where = f"{path.name}:{number}"
        try:
            records[number] = kind.model_validate(json.loads(line))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            problems.append(Problem(where, f"not JSON: {error}"))
        except ValidationError as error:
            problems.extend(Problem(where, message) for message in _messages(error))
    return Read(records, problems)


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
