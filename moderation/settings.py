"""The settings: their names, defaults and descriptions, read from the environment and a file."""

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
from moderation.sign_in_settings import SignInSettings

CONFIG_VARIABLE = "MODERATION_CONFIG"
UNREAD = Path("moderation.toml")
"""A file of this name in the working folder is read only if it is named: it can be anybody's."""
HOST_NAME = r"^(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$"
"""The pattern of a name in the setting `hosts`."""
ORIGIN = r"^https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$"
"""The pattern of a site in the setting `cors_origins`, as browsers write it."""


class InvalidSettings(ModerationError):
    """A setting has a value that it cannot have."""

    code = "invalid_settings"


class Settings(SignInSettings):
    """The choices of whoever runs the project.

    Each is read from the environment variable ``MODERATION_<NAME>``, else from the TOML file that
    ``MODERATION_CONFIG`` names, else from the default here. No other file is read.
    """

    model_config = SettingsConfigDict(env_prefix="MODERATION_", extra="forbid")

    model: str = Field("encoder@2027.01", description="Model id, or the path of a model's folder.")
    policy: Path | None = Field(
        None, description="Policy file (TOML); the shipped policy if unset."
    )
    models: tuple[str, ...] = Field(
        (),
        max_length=8,
        description=(
            "Other models that a request may ask for by id: ids, or folders named after them. "
            "Each is loaded when it is first asked for, and then kept."
        ),
    )
    corpora: Path | None = Field(
        None, description="Folder of the public corpora; the user's cache folder if unset."
    )
    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the service listens on.")
    hosts: tuple[Annotated[str, Field(pattern=HOST_NAME)], ...] = Field(
        (),
        description=(
            "Names, without a port, by which the service is called besides its own address, for "
            "example behind a proxy; `*.example.org` stands for all names below it. Where no "
            "API key is required, requests for other names are refused, and so are those that a "
            "browser sends for a page of another site. `*` accepts every name, and with it DNS "
            "rebinding."
        ),
    )
    cors_origins: tuple[Annotated[str, Field(pattern=ORIGIN)], ...] = Field(
        (),
        description=(
            "Sites whose pages may call the service from a browser, for example "
            "`https://news.example`; none if empty. They send no cookies."
        ),
    )
    threads: int = Field(
        0,
        ge=0,
        le=256,
        description="Threads that judge one batch; 0 means one for each core, in the service one.",
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
        10,
        gt=0,
        description="Longest time that the batch run or the service may take to read a page.",
    )
    page_memory_mb: int = Field(
        1024, ge=64, description="Most memory that reading a page may take, in MB."
    )
    authentication: Literal["auto", "keys", "none"] = Field(
        "auto",
        description=(
            "Who may call: `keys` requires an API key, `none` lets everybody call, `auto` "
            "requires a key where other machines can reach the service."
        ),
    )
    database: str | None = Field(
        None,
        description=(
            "Database of API keys, corrections and the review desk: `sqlite:///PATH` or "
            "`postgresql+psycopg://USER@HOST/NAME`; the setting `desk` names it too. If both "
            "are unset, it is a file in the user's data folder."
        ),
    )
    keys_file: Path | None = Field(
        None,
        description=(
            "File in which earlier versions kept the hashes of API keys; `keys.json` in the "
            "user's data folder if unset. If it exists, it is imported into the database "
            "once. If no database is named, the database is a file beside it."
        ),
    )
    rate_limit: int = Field(
        6_000,
        ge=0,
        description=(
            "Requests a minute for each API key; a longer text counts as one request for each "
            "thousand characters begun. 0 sets no limit."
        ),
    )
    max_concurrency: int = Field(
        512,
        ge=1,
        description=(
            "Most requests that one process handles at the same time; others are answered with 503."
        ),
    )
    max_wait_ms: int = Field(
        50,
        ge=1,
        description=(
            "Longest time that a request may wait for the model, in ms; if it would be longer, "
            "the answer is 503."
        ),
    )
    coral_deadline_ms: int = Field(
        150,
        ge=10,
        le=10_000,
        description=(
            "Time within which Coral is answered, in ms. Keep it below Coral's own timeout, "
            "after which Coral publishes the comment."
        ),
    )
    batch_wait_ms: float = Field(
        2,
        ge=0,
        le=100,
        description=(
            "Longest time that a text waits to be judged together with others, in ms, while the "
            "model is busy."
        ),
    )
    batch_texts: int = Field(32, ge=1, description="Most texts that the model judges at once.")
    header_seconds: float = Field(
        15,
        gt=0,
        description="Longest time that a client gets to send a request's headers, from the moment "
        "it connects; afterwards the connection is closed.",
    )
    body_seconds: float = Field(
        30,
        gt=0,
        description=(
            "Longest time that a client gets to send a body (else 408) or to receive an answer, "
            "and one second more for each 4 KiB."
        ),
    )
    shutdown_seconds: int = Field(
        30,
        ge=1,
        description="Longest time that running requests get to finish when the service stops.",
    )
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], ...] = Field(
        (),
        description="Languages that comments are judged in (ISO 639 codes); if unset, those that "
        "the model knows. In others, the policy decides what happens to a comment, and the "
        "Perspective protocol refuses it.",
    )
    perspective_unjudged: Literal["leave_out", "refuse"] = Field(
        "leave_out",
        description="Attributes that the Perspective API had and that no model here judges: "
        "`leave_out` leaves them out of the reply, whose header `X-Unjudged-Attributes` names "
        "them; `refuse` refuses the request.",
    )
    corrections: Path | None = Field(
        None,
        description=(
            "File in which earlier versions kept suggested scores; `corrections.jsonl` in the "
            "user's data folder if unset. If it exists, it is imported into the database "
            "once."
        ),
    )
    desk: str | None = Field(
        None,
        description=(
            "Database of the review desk, named as in the setting `database`; if set, "
            "`moderation serve` serves the desk too. If unset, `moderation serve` has no desk; "
            "with `--desk` it has one in the database that `database` names."
        ),
    )
    desk_language: Literal["en", "fr"] = Field(
        "en",
        description="Language of the review desk's pages: `en`, English, or `fr`, French, a "
        "translation that nobody has reviewed yet.",
    )
    desk_retention_days: int | None = Field(
        None,
        ge=1,
        description=(
            "Days after which the desk erases the text and names of a comment, counted from its "
            "decision or, if undecided, from its arrival; if unset, the desk erases nothing by "
            "itself."
        ),
    )
    webhooks_private: bool = Field(
        default=False,
        description=(
            "Whether decisions may be sent to addresses of private networks and of this machine, "
            "for example to a site beside the service."
        ),
    )
    moderator_names: bool = Field(
        default=False,
        description=(
            "Whether sites are told the names of the moderators who decided, and not pseudonyms."
        ),
    )
    desk_spool: Path | None = Field(
        None,
        description=(
            "Folder for comments that the desk's database cannot take at once; if unset, one "
            "beside SQLite's file, or in the user's data folder."
        ),
    )
    desk_spool_mb: int = Field(256, ge=8, description="Largest size of that folder, in MB.")
    desk_train: Path | None = Field(
        None,
        description=(
            "Folder that has `train.py` and what it reads, such as a checkout of this project; if "
            "set, leads can start a training on the desk's page *Model*."
        ),
    )
    log_format: Literal["auto", "json", "line"] = Field(
        "auto",
        description=(
            "Form of the log: `json`, an object for each event, `line`, a line of text, or `auto`, "
            "lines of text on a terminal and objects elsewhere."
        ),
    )
    coral_secrets: tuple[Annotated[SecretStr, Field(min_length=16)], ...] = Field(
        (),
        max_length=8,
        description=(
            "Signing secrets of Coral's external moderation phases; while one is being "
            "replaced, the old and the new one."
        ),
    )
    coral_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")] | None = Field(
        None,
        description=(
            "Address of Coral, for the bridge of the review desk: its moderation queue comes to "
            "the desk, and decisions go back."
        ),
    )
    coral_token: SecretStr | None = Field(
        None, description="Personal access token of a moderator of Coral, for that bridge."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="Least severe message that is logged. The text of a comment is never logged.",
    )

    @field_validator("desk")
    @classmethod
    def _one_database(cls, desk: str | None, info: ValidationInfo) -> str | None:
        named = info.data.get("database")
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

    @field_serializer("coral_token", when_used="json")
    def _reveal_token(self, token: SecretStr | None) -> str | None:
        return token.get_secret_value() if token else None

    @field_serializer("coral_secrets", when_used="json")
    def _reveal(self, secrets: tuple[SecretStr, ...]) -> list[str]:
        # `serve` passes the settings as JSON to its own processes, which need the secrets.
        return [secret.get_secret_value() for secret in secrets]

    @property
    def asks_for_keys(self) -> bool:
        """True if a caller needs an API key."""
        if self.authentication == "auto":
            return not self.on_loopback
        return self.authentication == "keys"

    @property
    def on_loopback(self) -> bool:
        """True if the service can be reached from this machine only."""
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
    chosen = {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings(**chosen)  # type: ignore[arg-type]  # pydantic checks the values itself
    except (TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidSettings(
            f"The settings file cannot be read: {reason}.",
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
