"""The records of the labelled set, and their reader, which gives each problem its file and line.

There are our own examples, and stand-off annotations of the seed pages.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from moderation.errors import InvalidLabels, ModerationError
from moderation.rows import InvalidRow, json_row, place, read_lines
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, Label
from moderation.text.peoples import PEOPLES
from moderation.text.validate import check_text

EXAMPLES = "examples.jsonl"
"""The first file of examples; more may lie beside it, as ``examples-NAME.jsonl``."""
SEED = "seed.jsonl"
LANGUAGES = "languages"
"""The folder within a labelled set of its examples in other languages than English."""

DECISION = "decision"
"""The function of a passage that was not written for the set: it was decided on at the desk."""

Value = Annotated[float, Field(ge=0, le=1)]


def _read_label(label: object) -> object:
    if label is None:
        return None
    if isinstance(label, str) and label in set(Label):
        return Label(label)
    raise ValueError(f"{label!r} is not one of {', '.join(Label)}")


AnyLabel = Annotated[Label | None, BeforeValidator(_read_label)]
"""A label by its name in JSON; None for none."""


class StrictRecord(BaseModel):
    """The base of all records: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LabelSpan(StrictRecord):
    """A run of characters; `end` is exclusive."""

    start: Annotated[int, Field(ge=0)]
    end: int

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"{self.start}-{self.end} is empty")
        return self


class Evidence(LabelSpan):
    """A run for which a passage has its label."""

    attribute: str

    @field_validator("attribute")
    @classmethod
    def _known(cls, attribute: str) -> str:
        if attribute not in ATTRIBUTE_NAMES:
            raise ValueError(f"{attribute!r} is not an attribute")
        return attribute


class Annotation(StrictRecord):
    """The label of a record, with its targets and evidence."""

    label: AnyLabel
    targets: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @field_validator("targets", "evidence", mode="before")
    @classmethod
    def _from_json(cls, values: object) -> object:
        return tuple(values) if isinstance(values, list) else values

    @property
    def may_name_others(self) -> bool:
        """True if its targets may be peoples that the table does not have."""
        return False

    @model_validator(mode="after")
    def _label_agrees(self) -> Self:
        for people in self.targets:
            if people not in PEOPLES and not (self.may_name_others and people.strip()):
                raise ValueError(f"target {people!r} is not in moderation/text/peoples.py")
        hostile = self.label is Label.ETHNIC_HOSTILITY
        if hostile and not self.targets:
            raise ValueError("an ethnically hostile passage names at least one target")
        if self.targets and not hostile:
            raise ValueError(f"only ethnic_hostility has targets, not {self.label}")
        attributes = {evidence.attribute for evidence in self.evidence}
        if self.label in FLAGGED and self.label not in attributes:
            raise ValueError(f"a passage labelled {self.label} marks evidence for it")
        if self.evidence and self.label not in FLAGGED:
            raise ValueError(f"a passage labelled {self.label} has no evidence to mark")
        return self


class Example(Annotation):
    """One example of our own; `labels/README.md` documents each field."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.\d{2,}$")]
    text: str
    label: Annotated[Label, BeforeValidator(_read_label)]
    attributes: dict[str, Value | None]
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    origin: Annotated[str, Field(min_length=1)]
    family: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    function: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    split: Split

    @property
    def may_name_others(self) -> bool:
        """True for a decision: a desk may have peoples of its own, which others accept."""
        return self.function == DECISION

    @field_validator("text")
    @classmethod
    def _judgeable(cls, text: str) -> str:
        try:
            return check_text(text)
        except ModerationError as error:
            raise ValueError(error.message) from None

    @field_validator("attributes", mode="after")
    @classmethod
    def _all_attributes(cls, attributes: dict[str, float | None]) -> dict[str, float | None]:
        if tuple(attributes) != ATTRIBUTE_NAMES:
            raise ValueError(f"attributes must be {', '.join(ATTRIBUTE_NAMES)}, in this order")
        return attributes

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.id.startswith(f"{self.family}."):
            raise ValueError(f"id {self.id!r} does not begin with its family and a full stop")
        for name in LABELLING:
            value = self.attributes[name]
            also = name is Label.INFLAMMATORY and self.label is Label.ETHNIC_HOSTILITY
            if not also and value != float(self.label is name):
                raise ValueError(f"attribute {name} is {value}, which contradicts the label")
        if self.label is Label.NEWS and sum(v or 0 for v in self.attributes.values()) > 1:
            raise ValueError("a news passage has every harm attribute 0")
        for evidence in self.evidence:
            run = self.text[evidence.start : evidence.end]
            if evidence.end > len(self.text) or run != run.strip():
                raise ValueError(
                    f"evidence {evidence.start}-{evidence.end} runs past the text or has blanks "
                    "at its edges"
                )
        return self


class SeedPassage(LabelSpan, Annotation):
    """A passage of a page that lies outside the project, by file, digest and offsets only."""

    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: Literal["article", "comment", "note", "furniture"]
    part: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    author: LabelSpan | None = None
    """The place of the author's name on the page; the name itself is not copied."""
    comment: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _kind_agrees(self) -> Self:
        if (self.kind == "furniture") != (self.label is None):
            raise ValueError("furniture has no label, and everything else has one")
        if (self.kind == "comment") != (self.comment is not None):
            raise ValueError("a comment's paragraph, and nothing else, has the comment's number")
        for evidence in self.evidence:
            if not self.start <= evidence.start < evidence.end <= self.end:
                raise ValueError("evidence lies outside its passage")
        return self


class Problem(NamedTuple):
    """Something wrong in the labelled set."""

    where: str
    """File and line."""
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


class LabelFile(NamedTuple):
    """The records of files by file and line, and the problems of their other lines."""

    records: dict[str, Any]
    problems: list[Problem]


Record = TypeVar("Record", bound=StrictRecord)


def read_examples(folder: Path) -> list[Example]:
    """Return the examples of a labelled set.

    Raises
    ------
    InvalidLabels
        If a line breaks a rule; it names the first few.
    """
    file = read_records(example_files(folder), Example)
    raise_problems(file.problems, folder)
    return list(file.records.values())


def example_files(folder: Path) -> list[Path]:
    """Return a labelled set's files of examples: the first, and the others.

    Without others the first must be there, and is returned even if it is not.
    """
    first = folder / EXAMPLES
    others = sorted(folder.glob(f"{first.stem}-*{first.suffix}"))
    return [first, *others] if first.exists() or not others else others


def examples_digest(files: Iterable[Path]) -> str:
    """Return the SHA-256 of files of examples, one after the other, in hexadecimal."""
    sha256 = hashlib.sha256()
    for path in files:
        sha256.update(path.read_bytes())
    return sha256.hexdigest()


def read_seed(folder: Path) -> list[SeedPassage]:
    """Return the stand-off annotations; raises InvalidLabels as :func:`read_examples` does."""
    file = read_records([folder / SEED], SeedPassage)
    raise_problems(file.problems, folder)
    return list(file.records.values())


def raise_problems(problems: list[Problem], folder: Path, max_named: int = 5) -> None:
    """Raise InvalidLabels if there are problems, naming the first `max_named` of them."""
    if problems:
        more = f" (and {len(problems) - max_named} more)" if len(problems) > max_named else ""
        raise InvalidLabels(
            "; ".join(map(str, problems[:max_named])) + more + ".",
            where=str(folder),
            remedy="`moderation labels check` lists every problem.",
        )


def read_records(paths: Iterable[Path], kind: type[Record]) -> LabelFile:
    """Read JSON Lines files of `kind`; a bad line becomes a problem and raises no error."""
    records: dict[str, Record] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            with path.open("rb") as file:
                for line in read_lines(file):
                    if not line.data.strip():
                        continue
                    where = place(path.name, line.number)
                    try:
                        records[where] = kind.model_validate(json_row(line, path.name))
                    except InvalidRow as error:
                        problems.append(Problem(error.where, error.message))
                    except ValidationError as error:
                        problems.extend(Problem(where, message) for message in _messages(error))
        except OSError as error:
            problems.append(Problem(path.name, f"cannot be read: {error.strerror}"))
    return LabelFile(records, problems)


def _messages(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False):
        field = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        yield f"{field}: {message}" if field else message
