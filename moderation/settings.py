"""Every setting, from the environment and from a file, documented in this one table."""

import os
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Literal

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_serializer,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from moderation.errors import ModerationError

CONFIG_VARIABLE = "MODERATION_CONFIG"
UNREAD = Path("moderation.toml")
"""Such a file in the working folder is not read unless named: it can be anybody's."""
HOST_NAME = r"^(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$"
"""A name in the setting `hosts`."""


class InvalidSettings(ModerationError):
    """A setting has a value that it cannot have."""

    code = "invalid_settings"


class Settings(BaseSettings):
    """What a person who runs the project may choose.

    Each is read from the environment variable ``MODERATION_<NAME>``, else from the TOML file that
    ``MODERATION_CONFIG`` names, else from the default here. No file is read that is not named.
    """

    model_config = SettingsConfigDict(env_prefix="MODERATION_", extra="forbid")

    model: str = Field("cascade@2026.12", description="Model id, or the path of a model's folder.")
    policy: Path | None = Field(None, description="Policy file (TOML); the shipped one if unset.")
    models: tuple[str, ...] = Field(
        (),
        max_length=8,
        description="Other models that a request may ask for by id: ids, or folders named after "
        "them. Each is loaded when first asked for, and kept.",
    )
    corpora: Path | None = Field(
        None, description="Folder of the public corpora; the user's cache folder if unset."
    )
    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the service listens on.")
    hosts: tuple[Annotated[str, Field(pattern=HOST_NAME)], ...] = Field(
        (),
        description="Names, without a port, by which the service is called besides its own "
        "address, as behind a proxy; `*.example.org` stands for all names below. Where nobody is "
        "asked for a key, other names are refused, and so is what a browser sends for another "
        "site's page. `*` takes every name, and with it DNS rebinding.",
    )
    threads: int = Field(
        0,
        ge=0,
        le=256,
        description="Threads that judge one batch; 0 for one a core, in the service for one.",
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that serve requests.")
    max_text_chars: int = Field(
        50_000, ge=1, description="Longest text the service takes, in characters."
    )
    max_texts: int = Field(1_000, ge=1, description="Most texts in one request.")
    max_body_bytes: int = Field(4 << 20, ge=1, description="Largest request body, in bytes.")
    max_page_bytes: int = Field(
        20 << 20, ge=1, description="Largest page that the batch run reads, in bytes."
    )
    page_seconds: float = Field(
        10, gt=0, description="Longest time that the batch run or the service takes to read a page."
    )
    page_memory_mb: int = Field(1024, ge=64, description="Most memory it takes for that, in MB.")
    authentication: Literal["auto", "keys", "none"] = Field(
        "auto",
        description="Who may call: `keys` asks for an API key, `none` asks nobody, `auto` asks "
        "wherever other machines may call.",
    )
    database: str | None = Field(
        None,
        description="Database of API keys, corrections and the review desk: `sqlite:///PATH` or "
        "`postgresql+psycopg://USER@HOST/NAME`; the setting `desk` names it too. Where both are "
        "unset, it is a file in the user's data folder.",
    )
    keys_file: Path | None = Field(
        None,
        description="File in which earlier versions kept API keys' hashes; `keys.json` in the "
        "user's data folder if unset. Where it is there, the database takes it over once. Where no "
        "database is named, the database's file is beside it.",
    )
    rate_limit: int = Field(
        6_000,
        ge=0,
        description="Requests a minute for each API key; each thousand characters begun counts as "
        "one. 0 sets no limit.",
    )
    max_concurrency: int = Field(
        512,
        ge=1,
        description="Most requests that one process has in hand; others are answered 503.",
    )
    max_wait_ms: int = Field(
        50, ge=1, description="Longest wait for the model, in ms; where it would be longer, 503."
    )
    coral_deadline_ms: int = Field(
        150,
        ge=10,
        le=10_000,
        description="Time in which Coral is answered, in ms. Keep it below Coral's own timeout, "
        "after which Coral publishes.",
    )
    batch_wait_ms: float = Field(
        2, ge=0, le=100, description="Longest wait for company in a batch, in ms, while others run."
    )
    batch_texts: int = Field(32, ge=1, description="Most texts that the model is given at once.")
    header_seconds: float = Field(
        15,
        gt=0,
        description="Longest time that a client gets to send a request's headers, from the moment "
        "it connects; afterwards the connection is closed.",
    )
    body_seconds: float = Field(
        30,
        gt=0,
        description="Longest time that a client gets to send a body (408) or to take an answer, "
        "and a second more for each 4 KiB.",
    )
    shutdown_seconds: int = Field(
        30, ge=1, description="Longest time that requests under way get when the service stops."
    )
    languages: tuple[str, ...] = Field(
        ("en",),
        min_length=1,
        description="Languages that comments are judged in (ISO 639 codes); the Perspective "
        "protocol refuses others.",
    )
    corrections: Path | None = Field(
        None,
        description="File in which earlier versions kept suggested scores; `corrections.jsonl` in "
        "the user's data folder if unset. Where it is there, the database takes it over once.",
    )
    desk: str | None = Field(
        None,
        description="Serve the review desk too, with this database, named as in the setting "
        "`database`. Where unset, `moderation serve` has no desk; with `--desk` it has one in the "
        "database that `database` names.",
    )
    desk_language: Literal["en", "fr"] = Field(
        "en",
        description="Language of the review desk's pages: `en`, English, or `fr`, French, a "
        "translation that nobody has reviewed yet.",
    )
    desk_retention_days: int | None = Field(
        None,
        ge=1,
        description="Days after which the desk erases the text and names of a comment, counted "
        "from its decision or, undecided, from its coming in; where unset, it erases nothing by "
        "itself.",
    )
    desk_spool: Path | None = Field(
        None,
        description="Folder for what the desk's database cannot take when it comes; where unset, "
        "one beside SQLite's file, or in the user's data folder.",
    )
    desk_spool_mb: int = Field(256, ge=8, description="Most megabytes that wait in that folder.")
    log_format: Literal["json", "line"] = Field(
        "json", description="Form of the log: a JSON object or a line of text for each event."
    )
    coral_secrets: tuple[Annotated[SecretStr, Field(min_length=16)], ...] = Field(
        (),
        max_length=8,
        description="Signing secrets of Coral's external moderation phases; while one is replaced, "
        "the old and the new.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe message that is logged. No comment's text ever is."
    )

    @field_validator("desk")
    @classmethod
    def _one_database(cls, desk: str | None, given: ValidationInfo) -> str | None:
        named = given.data.get("database")
        if desk and named and desk != named:
            raise ValueError("It names another database than the setting database")
        return desk

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic passes it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put arguments before the environment, and the environment before the file."""
        named = os.environ.get(CONFIG_VARIABLE)
        if not named:
            return init_settings, env_settings
        file = Path(named)
        if not file.is_file():
            raise InvalidSettings(
                "No such settings file.",
                where=str(file),
                remedy=f"Correct `--config` or {CONFIG_VARIABLE}, or create the file.",
            )
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    @field_serializer("coral_secrets", when_used="json")
    def _hand_down(self, secrets: tuple[SecretStr, ...]) -> list[str]:
        # As JSON the settings go from `serve` to its own processes, which need the secrets.
        return [secret.get_secret_value() for secret in secrets]

    @property
    def asks_for_keys(self) -> bool:
        """Whether a caller needs an API key."""
        if self.authentication == "auto":
            return not self.on_loopback
        return self.authentication == "keys"

    @property
    def on_loopback(self) -> bool:
        """Whether the service can be reached from this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_settings(**arguments: object) -> Settings:
    """Read the settings; `arguments` that are not None outrank every other source.

    Raises
    ------
    InvalidSettings
        Naming the first setting that is wrong, and why.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the values itself
    except (TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidSettings(
            f"The settings file cannot be read: {why}.",
            where=os.environ.get(CONFIG_VARIABLE, "settings"),
            remedy="Write it in TOML and UTF-8; docs/settings.md lists the settings.",
        ) from None
    except SettingsError as error:
        # Its text names the setting and does not quote the value.
        raise InvalidSettings(
            f"A list cannot be read: {error}.",
            where="settings",
            remedy="""Write a list as JSON, for example MODERATION_MODELS='["fast@2026.11"]'.""",
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidSettings(
            f"{first['msg']}.",
            where=f"setting {name}",
            remedy=f"Set MODERATION_{name.upper()}, or {name} in the settings file, to a value "
            "that docs/settings.md allows.",
        ) from None


@cache
def shipped_models() -> Path:
    """Return the folder of the models that came with this installation.

    A wheel carries them inside the package; a source tree keeps them beside it.
    """
    package = Path(__file__).parent
    inside = package / "shipped_models"
    return inside if inside.is_dir() else package.parent / "models"
