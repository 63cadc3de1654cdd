"""The settings for signing in to the review desk at a provider of OpenID Connect."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_serializer, field_validator
from pydantic_settings import BaseSettings

RoleName = Literal["reader", "moderator", "lead", "admin"]
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SignInSettings(BaseSettings):
    """The part of the settings that is about signing in at a provider."""

    oidc_issuer: str | None = Field(
        None,
        description=(
            "Issuer of a provider of OpenID Connect, as its discovery document names it, for "
            "example `https://login.example`; if set, people can sign in to the review desk there."
        ),
    )
    oidc_client_id: str | None = Field(
        None,
        validate_default=True,
        description="Id under which the desk is registered with that provider.",
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="Secret of that registration; unset for a public client."
    )
    oidc_name: str | None = Field(
        None,
        max_length=60,
        description=(
            "Name of the provider on the page to sign in, for example `Example News account`; the "
            "issuer's host if unset."
        ),
    )
    oidc_scopes: tuple[str, ...] = Field(
        ("openid", "profile", "email"), description="Scopes that the desk requests there."
    )
    oidc_role_claim: str = Field(
        "groups",
        min_length=1,
        description=(
            "Claim that lists a person's groups or roles; dots lead into objects, as in "
            "`realm_access.roles`."
        ),
    )
    oidc_roles: dict[str, RoleName] = Field(
        {},
        description=(
            "Roles at the desk by value of that claim; the highest one counts, at each sign-in. If "
            "empty, admins choose the roles of linked people at the desk."
        ),
    )
    oidc_default_role: RoleName | None = Field(
        None,
        description=(
            "Role of people to whom `oidc_roles` gives none. If unset, these people are refused "
            "if `oidc_roles` is set, and get no account if it is empty."
        ),
    )
    oidc_create_users: bool = Field(
        default=False,
        description=(
            "Whether people whom the desk does not know get an account when they sign in at the "
            "provider; if not, an admin or their own password links them to an account."
        ),
    )
    oidc_passwords: Literal["everyone", "admins", "nobody"] = Field(
        "everyone",
        description="Who may sign in with a password where there is a provider.",
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _secure_issuer(cls, issuer: str | None) -> str | None:
        if issuer and not is_secure(issuer):
            raise ValueError("An issuer is an address that begins with https://")
        return issuer or None

    @field_validator("oidc_client_id")
    @classmethod
    def _registered(cls, client_id: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("oidc_issuer") and not client_id:
            raise ValueError("The setting oidc_issuer needs it")
        return client_id

    @field_validator("oidc_scopes")
    @classmethod
    def _with_openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("The scope openid is missing")
        return scopes

    @field_serializer("oidc_client_secret", when_used="json")
    def _reveal_client_secret(self, secret: SecretStr | None) -> str | None:
        return secret.get_secret_value() if secret else None


def is_secure(address: str) -> bool:
    """Tell whether nobody between can change what an address answers: TLS, or this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
