"""Reading the delimited files that most corpora come in."""

import csv
from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.errors import CorpusError


def read_rows(
    file: Path, *columns: str, delimiter: str = ",", quoted: bool = True
) -> Iterator[dict[str, str]]:
    """Yield the rows of a UTF-8 file with a header as dictionaries.

    Parameters
    ----------
    file : Path
    columns : str
        Columns it must have; others are passed on too.
    delimiter : str
    quoted : bool
        Whether quotation marks around a field are syntax; if not, they are text.

    Raises
    ------
    CorpusError
        If the file is missing, is not UTF-8, lacks a column, or has a row that is too short.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(
                lines,
                delimiter=delimiter,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            )
            _require(file, columns, set(rows.fieldnames or ()))
            for row in rows:
                if None in row.values():
                    raise _damaged(file, f"the row that ends on line {rows.line_num} is too short")
                yield row
    except FileNotFoundError:
        raise CorpusError(
            "The file is not there.", where=str(file), remedy="Run `moderation corpora fetch`."
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise _damaged(file, "it cannot be read as UTF-8 rows") from None


def _require(file: Path, columns: tuple[str, ...], found: set[str]) -> None:
    missing = [column for column in columns if column not in found]
    if missing:
        raise _damaged(file, f"it lacks the column {missing[0]}")


def _damaged(file: Path, why: str) -> CorpusError:
    return CorpusError(
        f"Not the file that the registry lists: {why}.",
        where=str(file),
        remedy="Delete it and run `moderation corpora fetch`.",
    )
