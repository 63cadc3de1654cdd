"""Every setting, from the environment and from a file, documented in this one table."""

import os
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from moderation.errors import ModerationError

CONFIG_VARIABLE = "MODERATION_CONFIG"
DEFAULT_CONFIG = Path("moderation.toml")


class InvalidSettings(ModerationError):
    """A setting has a value that it cannot have."""

    code = "invalid_settings"


class Settings(BaseSettings):
    """What a person who runs the project may choose.

    Each is read from the environment variable ``MODERATION_<NAME>``, else from the TOML file that
    ``MODERATION_CONFIG`` names (``moderation.toml`` in the working folder when it does not), else
    from the default here.
    """

    model_config = SettingsConfigDict(env_prefix="MODERATION_", extra="forbid")

    model: str = Field("cascade@2026.12", description="Model id, or the path of a model's folder.")
    policy: Path | None = Field(None, description="Policy file (TOML); the shipped one if unset.")
    corpora: Path | None = Field(
        None, description="Folder of the public corpora; the user's cache folder if unset."
    )
    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the service listens on.")
    threads: int = Field(
        0, ge=0, le=256, description="Threads that judge one batch; 0 for one a core."
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that serve requests.")
    max_text_chars: int = Field(
        50_000, ge=1, description="Longest text the service takes, in characters."
    )
    max_texts: int = Field(1_000, ge=1, description="Most texts in one request.")
    max_body_bytes: int = Field(4 << 20, ge=1, description="Largest request body, in bytes.")
    max_page_bytes: int = Field(
        20 << 20, ge=1, description="Largest page file the batch run reads, in bytes."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe message that is logged. No comment's text ever is."
    )

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
        file = Path(named) if named else DEFAULT_CONFIG
        if named and not file.is_file():
            raise InvalidSettings(
                "No such settings file.",
                where=str(file),
                remedy=f"Correct {CONFIG_VARIABLE} or create the file.",
            )
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

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
