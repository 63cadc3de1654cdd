"""A public corpus: its files and their digests, its rows, and its texts in our taxonomy.

This is all that an adapter needs.
"""

import hashlib
import io
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, TypeVar

from moderation.corpora.archives import DAMAGED, read_members
from moderation.csv_rows import CSVFormat, read_csv
from moderation.errors import ModerationError
from moderation.rows import InvalidRow, read_json_lines
from moderation.splits import Shares, Split, split_by_hash
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, PRESENT

RAW = "https://raw.githubusercontent.com"
"""GitHub's address of plain files: one is at ``RAW/owner/repository/commit/path``."""
UNREADABLE = "none, for it is not a whole archive"
"""The digest of a file that should be an archive and is none."""

UNKNOWN = math.nan
"""The value of an attribute that a corpus does not label. It is not 0."""

HELD_OUT = Path(__file__).with_name("held_out.tsv")
"""The SHA-256 of texts that are in a set on which models are judged, or nearly repeat one in it,
each with the name of its corpus's file; no text itself. Such texts are never returned."""

_SHARES: Shares = (("train", 0.8), ("dev", 0.1), ("test", 0.1))
_TENTH = 0.1
_HARMS = tuple(attribute.name for attribute in ATTRIBUTES if attribute.harmful)
_ALWAYS_TOXIC = ("severe_toxicity", "identity_attack", "insult", "inflammatory")

Label = TypeVar("Label")


class CorpusError(ModerationError):
    """A corpus is unknown, missing, damaged or cannot be downloaded."""

    code = "corpus_error"


class CorpusSpan(NamedTuple):
    """A run of characters that annotators marked; `end` is exclusive."""

    start: int
    end: int
    attribute: str


class CorpusText(NamedTuple):
    """A text of a corpus and its values in our taxonomy.

    Parameters
    ----------
    text : str
        The text; never blank.
    values : tuple of float
        One value in [0, 1], or NaN for unknown, an attribute, in the order of `ATTRIBUTE_NAMES`.
    source : str
        The corpus.
    id : str
        The text's name in its corpus; unique there.
    split : {'train', 'dev', 'test'}
        Fixed for ever by the text's name, or by the corpus itself.
    spans : tuple of CorpusSpan
        Evidence, as offsets into `text`.
    group : str, optional
        The identity that the text names, where the corpus was made to measure bias.
    marked : bool
        True if annotators were asked for the spans, so that what no span covers is no evidence.
    """

    text: str
    values: tuple[float, ...]
    source: str
    id: str
    split: Split
    spans: tuple[CorpusSpan, ...] = ()
    group: str | None = None
    marked: bool = False

    @property
    def known(self) -> bool:
        """True if the corpus labels the text for at least one attribute."""
        return not all(map(math.isnan, self.values))


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One file of a corpus.

    Parameters
    ----------
    name : str
        Its name in the corpora's folder.
    url : str
        The address that it is downloaded from.
    sha256 : str
        In hexadecimal; of an archive, of the list of its members (see `digest`).
    members : str
        Of an archive, the folder in it whose files are used; empty for a plain file.
    """

    name: str
    url: str
    sha256: str
    members: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public corpus.

    Parameters
    ----------
    name, title : str
        Its name in code and commands, and for a reader.
    files : tuple of CorpusFile
    licence : str
        SPDX identifier.
    citation : str
        Its authors and the publication that describes it.
    labels : str
        The things it labels, in its own terms; its adapter documents the mapping.
    adapter : callable
        Reads the files in a folder, held-out texts included; use `read`.
    language : str
        ISO 639 code of the language of its texts; a corpus in several languages is registered once
        for each.
    """

    name: str
    title: str
    files: tuple[CorpusFile, ...]
    licence: str
    citation: str
    labels: str
    adapter: Callable[[Path], Iterator[CorpusText]]
    language: str = "en"

    def read(self, folder: Path) -> Iterator[CorpusText]:
        """Yield the texts, but for those that are held out (see `HELD_OUT`)."""
        held_out = {digest for file in self.files for digest in held_out_digests(file.name)}
        return (text for text in self.adapter(folder) if digest_of(text.text) not in held_out)


def held_out_digests(file: str) -> frozenset[str]:
    """Return the digests of the texts of a file that nothing may train or be tuned on."""
    return _all_held_out().get(file, frozenset())


@cache
def _all_held_out() -> dict[str, frozenset[str]]:
    digests = defaultdict[str, set[str]](set)
    for row in read_rows(HELD_OUT, "file", "sha256", delimiter="\t"):
        digests[row["file"]].add(row["sha256"])
    return {file: frozenset(of_file) for file, of_file in digests.items()}


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def name_of(text: str) -> str:
    """Return the name of a text to which its corpus gives none."""
    return digest_of(text)[:16]


def one_label(labelled: Iterable[tuple[str, Label]]) -> dict[str, Label]:
    """Return the label of each distinct text, in order; a text with two labels is left out.

    Examples
    --------
    >>> one_label([("tea", 0), ("milk", 0), ("tea", 0), ("milk", 1)])
    {'tea': 0}
    """
    labels: dict[str, Label] = {}
    doubtful: set[str] = set()
    for text, label in labelled:
        if labels.setdefault(text, label) != label:
            doubtful.add(text)
    return {text: label for text, label in labels.items() if text not in doubtful}


def values_of(**given: float) -> tuple[float, ...]:
    """Return the nine values: those that a corpus gives, those that follow from them, else unknown.

    Only what the taxonomy's own definitions imply follows, and it never replaces a given value:

    - toxicity 0: nothing in the text is an insult, an attack on a group, inflammatory or severely
      toxic, for each of these is rude or hateful. Threats and swear words can be friendly, so they
      stay unknown.
    - identity attack 0: no ethnic hostility, which is one kind of it.
    - a harm that is present: not news, because news has every harm 0, whatever it reports.

    Raises
    ------
    KeyError
        If a name is not an attribute.
    """
    values = dict.fromkeys(ATTRIBUTE_NAMES, UNKNOWN)
    for name, value in given.items():
        if name not in values:
            raise KeyError(name)
        values[name] = value
    if values["toxicity"] == 0:
        _fill(values, _ALWAYS_TOXIC)
    if values["identity_attack"] == 0:
        _fill(values, ("ethnic_hostility",))
    if any(values[name] >= PRESENT for name in _HARMS):
        _fill(values, ("news",))
    return tuple(values.values())


def _fill(values: dict[str, float], names: tuple[str, ...]) -> None:
    """Set each of the names that is unknown to 0."""
    for name in names:
        if math.isnan(values[name]):
            values[name] = 0.0


def split_by(source: str, key: str) -> Split:
    """Return the split of a text by a hash: 80 % train, 10 % dev and 10 % test.

    Parameters
    ----------
    source : str
        The corpus.
    key : str
        The text's name, or the name that texts which belong together share.

    Examples
    --------
    >>> split_by("wikinews", "article-1") == split_by("wikinews", "article-1")
    True
    """
    return split_by_hash(f"{source}:{key}", _SHARES)


def split_off(source: str, key: str, split: Split) -> Split:
    """Return the split of a text of a published train set: a tenth of it, by a hash, is `split`.

    For corpora that are published without a dev or a test set.

    Parameters
    ----------
    source, key : str
        As for `split_by`.
    split : {'dev', 'test'}
        The split that was not published.
    """
    return split_by_hash(f"{source}:{key}", ((split, _TENTH), ("train", 1 - _TENTH)))


def digest(path: Path, file: CorpusFile) -> str:
    """Return the SHA-256 of a file, in hexadecimal; of an archive, that of the list of its members.

    The list is as ``sha256sum`` prints it, sorted by name: archives of the same files differ by who
    packed them, and GitHub does not promise the same bytes twice.

    Returns
    -------
    str
        The digest; `UNREADABLE` for a file that should be an archive and is none.
    """
    if not file.members:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    try:
        lines = sorted(
            (name, hashlib.sha256(content).hexdigest())
            for name, content in read_members(path, file.members)
        )
    except DAMAGED:
        return UNREADABLE
    listing = "".join(f"{sha256}  {name}\n" for name, sha256 in lines)
    return hashlib.sha256(listing.encode("utf-8")).hexdigest()


def read_rows(
    file: Path,
    *columns: str,
    delimiter: str = ",",
    quoted: bool = True,
    header: bool = True,
    encoding: str = "utf-8",
    member: str = "",
) -> Iterator[dict[str, str]]:
    """Yield the rows of a file as dictionaries.

    Parameters
    ----------
    file : Path
    columns : str
        Columns it must have; others are passed on too.
    delimiter : str
    quoted : bool
        If true, quotation marks around a field are syntax; if not, they are text.
    header : bool
        If false, no line of the file names its columns: `columns` does, in their order.
    encoding : str
    member : str
        Of an archive, the file in it, as ``folder/name``.

    Raises
    ------
    CorpusError
        If the file is missing, is not in the encoding, lacks a column, or has a row that is too
        short.
    """
    try:
        with _opened(file, member) as lines:
            content: IO[bytes] = lines
            if encoding != "utf-8":
                content = io.BytesIO(lines.read().decode(encoding).encode("utf-8"))
            if not header:
                names = f"{delimiter.join(columns)}\n"
                content = io.BytesIO(names.encode("utf-8") + content.read())
            form = CSVFormat(delimiter, quoted, strict=False)
            for line, row in read_csv(content, columns=columns, form=form):
                if None in row.values():
                    raise _damaged(file, f"the row on line {line} is too short")
                yield row
    except FileNotFoundError:
        raise _missing(file) from None
    except InvalidRow as error:
        raise _damaged(file, f"{error.where}: {error.message.rstrip('.')}") from None


def _opened(file: Path, member: str) -> IO[bytes]:
    """Open a file, or a file in an archive."""
    if not member:
        return file.open("rb")
    path = PurePosixPath(member)
    for name, content in read_members(file, path.parent.name):
        if name == path.name:
            return io.BytesIO(content)
    raise _damaged(file, f"it has no {member}")


def read_objects(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON Lines.

    Raises
    ------
    CorpusError
        If the file is missing, or a line is not a JSON object.
    """
    try:
        with file.open("rb") as lines:
            for _, row in read_json_lines(lines):
                yield row
    except FileNotFoundError:
        raise _missing(file) from None
    except InvalidRow as error:
        raise _damaged(file, f"{error.where}: {error.message.rstrip('.')}") from None


def read_lines(file: Path) -> Iterator[str]:
    """Yield the lines of a text file in UTF-8, without their ends.

    Raises
    ------
    CorpusError
        If the file is missing or is not UTF-8.
    """
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield line.removesuffix("\n")
    except FileNotFoundError:
        raise _missing(file) from None
    except UnicodeDecodeError:
        raise _damaged(file, "it is not UTF-8") from None


def read_json(file: Path) -> Any:
    """Return the value in a JSON file.

    Raises
    ------
    CorpusError
        If the file is missing or is not JSON.
    """
    try:
        return json.loads(file.read_bytes())
    except FileNotFoundError:
        raise _missing(file) from None
    except ValueError:
        raise _damaged(file, "it is not JSON") from None


def _missing(file: Path) -> CorpusError:
    return CorpusError(
        "The file is not there.", where=str(file), remedy="Run `moderation corpora fetch`."
    )


def _damaged(file: Path, reason: str) -> CorpusError:
    return CorpusError(
        f"Not the file that the registry lists: {reason}.",
        where=str(file),
        remedy="Delete it and run `moderation corpora fetch`.",
    )
