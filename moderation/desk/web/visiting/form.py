"""What a form holds."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from moderation.errors import InvalidInput
from moderation.text.check import clean_text

MAX_FIELDS = 100
MAX_PART_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form by name, and its files as name and content."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return a field without the blanks around it, nothing where it is missing."""
        return self.fields.get(name, "").strip()

    def starting(self, prefix: str) -> dict[str, str]:
        """Return the filled fields whose names start with `prefix`, without it."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.fields.items()
            if name.startswith(prefix) and value
        }


async def read_form(request: Request) -> Form:
    """Return the form in a request's body.

    Raises
    ------
    InvalidInput
        If the body is no form, or one with too many fields.
    """
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    try:
        async with request.form(
            max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_PART_BYTES
        ) as sent:
            for name, value in sent.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or "", await value.read())
                else:
                    fields[name] = clean_text(value, "")
    except (HTTPException, UnicodeDecodeError, FormParserError):
        # Older versions of Starlette let the parser's own errors through.
        raise InvalidInput("The form cannot be read.", where="body") from None
    return Form(fields, files)
