"""Reading the delimited files that most corpora come in."""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.errors import CorpusError
from moderation.rows import CSVFormat, InvalidRow, read_csv


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
        with file.open("rb") as lines:
            form = CSVFormat(delimiter, quoted, strict=False)
            for line, row in read_csv(lines, columns=columns, form=form):
                if None in row.values():
                    raise _damaged(file, f"the row on line {line} is too short")
                yield row
    except FileNotFoundError:
        raise CorpusError(
            "The file is not there.", where=str(file), remedy="Run `moderation corpora fetch`."
        ) from None
    except InvalidRow as error:
        raise _damaged(file, f"{error.where}: {error.message.rstrip('.')}") from None


def _damaged(file: Path, why: str) -> CorpusError:
    return CorpusError(
        f"Not the file that the registry lists: {why}.",
        where=str(file),
        remedy="Delete it and run `moderation corpora fetch`.",
    )
