"""A policy's file, changed by one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from moderation.errors import InvalidPolicy
from moderation.files import explain_as, file_lock, storing, write_text
from moderation.policy import Policy
from moderation.verdict import Action

_unwritable = explain_as(InvalidPolicy, what="The policy")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep others of this machine from changing a policy's file; its folder is made.

    Raises
    ------
    InvalidPolicy
        If the folder cannot be written to.
    """
    with storing(path, _unwritable):
        path.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(path.with_name(f".{path.name}.lock"), explain=_unwritable):
        yield


def set_threshold(path: Path, action: Action, attribute: str, threshold: float) -> str:
    """Write a policy's file with one threshold changed, in one step; return its new text.

    Raises
    ------
    InvalidPolicy
    """
    text = _with_threshold(path, action, attribute, threshold)
    write_text(path, text, explain=_unwritable)
    return text


def _with_threshold(path: Path, action: Action, attribute: str, threshold: float) -> str:
    shipped = resources.files("moderation") / "policy.toml"
    try:
        document = tomlkit.parse((path if path.exists() else shipped).read_text("utf-8"))
        table = document.setdefault(action.value, tomlkit.table())
        table[attribute] = threshold
        Policy.model_validate(document.unwrap())
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise InvalidPolicy(
            "The file cannot be read: %(problem)s.", where=str(path), values={"problem": error}
        ) from None
    except ValidationError as error:
        raise InvalidPolicy(
            "This is not allowed: %(problem)s.",
            where=str(path),
            values={"problem": error.errors()[0]["msg"]},
        ) from None
    return tomlkit.dumps(document)
