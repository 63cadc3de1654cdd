"""Types for signing in at a provider: its requests, the people that it knows, and their roles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from moderation.desk.types.admin import Role
from moderation.settings import Settings


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request to the provider to sign somebody in: its address, and what the answer must match.

    Parameters
    ----------
    address : str
        That of the page of the provider.
    state, nonce, verifier : str
        Secrets that are good once: in the answer, in the ID token, and for the exchange of the
        code.
    redirect : str
        The desk's address to which the person comes back.
    """

    address: str
    state: str
    nonce: str
    verifier: str
    redirect: str


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A sign-in at the provider that somebody has begun.

    Parameters
    ----------
    request : AuthorizationRequest
    next_path : str
        The page of the desk to which it leads.
    kept : mapping of str to str
        The form that the person had filled in when a session ended.
    """

    request: AuthorizationRequest
    next_path: str
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the provider knows them.

    Parameters
    ----------
    issuer, subject : str
        Together they name one person for ever; names and addresses do not.
    name, email : str
        For people to read; the address may be blank.
    groups : tuple of str
        The values of the claim in the setting `oidc_role_claim`.
    """

    issuer: str
    subject: str
    name: str
    email: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """A person of a provider who has signed in, and the user who is linked, None if nobody is."""

    id: int
    issuer: str
    subject: str
    name: str
    email: str
    seen: datetime
    user_id: int | None


@dataclass(frozen=True, slots=True)
class RoleRules:
    """The roles of people who sign in at the provider.

    Parameters
    ----------
    by_group : mapping of str to Role
    default : Role or None
        The role of people whom no group gives one.
    creates : bool
        Whether people without an account get one.
    """

    by_group: Mapping[str, Role] = field(default_factory=dict)
    default: Role | None = None
    creates: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take the rules from the settings."""
        default = settings.oidc_default_role
        return cls(
            {group: Role(role) for group, role in settings.oidc_roles.items()},
            Role(default) if default else None,
            settings.oidc_create_users,
        )

    @property
    def decide(self) -> bool:
        """True if the provider's groups decide on roles, and not the desk's admins."""
        return bool(self.by_group)

    def role(self, groups: Iterable[str]) -> Role | None:
        """Return the highest role of the groups, else the default."""
        order = list(Role)
        given = [self.by_group[group] for group in groups if group in self.by_group]
        return max(given, key=order.index) if given else self.default
