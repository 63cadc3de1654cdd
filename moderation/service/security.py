"""Protection against others: security headers, the service's own host names, signed bodies.

`middleware` adds the headers to every response, and compares the names with those that a request
gives in `Host` and `Origin`. Coral signs the bodies that it sends: HMAC-SHA256 of the raw body
under a secret that both sides know.
"""

import hmac
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import ClassVar

from pydantic import SecretStr

from moderation.service.errors import Unauthorised
from moderation.settings import Settings

CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}
SIGNATURE_HEADER = "X-Coral-Signature"
MAX_SIGNATURES = 8
"""Most signatures of a request that are checked: Coral sends two while a secret is replaced."""
_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)


def content_policy(**changes: str) -> str:
    """Return a Content-Security-Policy: the service's own, with changes.

    Parameters
    ----------
    **changes
        By directive, with underscores for hyphens: ``form_action="'self'"``.
    """
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in (CONTENT_POLICY | changed).items())


SECURITY_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The security headers of every response."""
DESK_HEADERS = {
    # Pages with forms, and with scripts that ask the desk alone, and make no markup of text.
    "Content-Security-Policy": content_policy(form_action="'self'", trusted_types="'none'"),
    # Addresses hold what somebody searched for.
    "Referrer-Policy": "same-origin",
}
"""The headers in which the desk's pages differ; they have the others too."""

ANY = "*"
LOCAL = "localhost"
REMEMBERED_NAMES = 256


class Hosts:
    """The names under which the service is called.

    These are the loopback's, the one the service listens on, and those in the setting `hosts`.
    Where it listens on all addresses, any address is one of its own, and so is the machine's name:
    neither is a name that a stranger could make lead here.

    Parameters
    ----------
    names : iterable of str
        Names; ``*.example.org`` stands for those below it, ``*`` for all.
    listening : str
        The address the service listens on.
    """

    def __init__(self, names: Iterable[str], listening: str) -> None:
        names = [name.lower() for name in names]
        self._any = ANY in names
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        self._names = frozenset(names)
        self._own = {LOCAL, _without_brackets(listening.lower())}
        address = host_address(listening)
        self._everywhere = address is not None and address.is_unspecified
        if self._everywhere:
            self._own.add(socket.gethostname().lower())
        self.knows = lru_cache(REMEMBERED_NAMES)(self._knows)

    @classmethod
    def of(cls, settings: Settings) -> "Hosts":
        """Take the names from the settings."""
        return cls(settings.hosts, settings.host)

    def lists(self, host: str) -> bool:
        """Tell whether the setting `hosts` has the name in `host`, ``*`` apart."""
        name = _name(host)
        return name in self._names or name.endswith(self._suffixes)

    def _knows(self, host: bytes) -> bool:
        """Tell whether the name in a header `Host` is one of the service's own."""
        decoded = host.decode("latin-1")
        if self._any or self.lists(decoded):
            return True
        name = _without_brackets(_name(decoded))
        if name in self._own or name.endswith(f".{LOCAL}"):
            return True
        address = host_address(name)
        return address is not None and (address.is_loopback or self._everywhere)


def _name(host: str) -> str:
    """Return the name in ``name[:port]``, an IPv6 address with its brackets."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


def _without_brackets(name: str) -> str:
    return name.removeprefix("[").removesuffix("]")


def host_address(name: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host's name is, None where it is a name in words."""
    try:
        return ip_address(name)
    except ValueError:
        return None


class BadSignature(Unauthorised):
    """A request is not signed with one of the settings' secrets."""

    code = "bad_signature"
    headers: ClassVar[Mapping[str, str]] = {}


def sign(raw: bytes, secret: str) -> str:
    """Return the signature of a body, in the form of the header."""
    return f"sha256={hmac.digest(secret.encode(), raw, 'sha256').hex()}"


def expect_signature(header: str, secrets: Sequence[SecretStr]) -> None:
    """Refuse a request, before its body is awaited, whose signature no body could match.

    Parameters
    ----------
    header : str
        As in `check_signature`.
    secrets : sequence of SecretStr

    Raises
    ------
    BadSignature
        If there is no secret, or nothing in the header has the form of a signature.
    """
    if not secrets or not _signatures(header):
        raise _bad_signature()


def check_signature(raw: bytes, header: str, secrets: Iterable[SecretStr]) -> None:
    """Refuse a body that is not signed under one of the secrets.

    The time this takes reveals neither the right part of a signature nor the secret that matched.

    Parameters
    ----------
    raw : bytes
        The body as received.
    header : str
        ``sha256=<hex>``, or several of them with commas between.
    secrets : iterable of SecretStr

    Raises
    ------
    BadSignature
    """
    signatures = _signatures(header)
    good = False
    for secret in secrets:
        expected = hmac.digest(secret.get_secret_value().encode(), raw, "sha256")
        for signature in signatures:
            good |= hmac.compare_digest(expected, signature)
    if not good:
        raise _bad_signature()


def _signatures(header: str) -> list[bytes]:
    matches = [_SIGNATURE.fullmatch(part.strip()) for part in header.split(",", MAX_SIGNATURES)]
    return [bytes.fromhex(match[1]) for match in matches[:MAX_SIGNATURES] if match]


def _bad_signature() -> BadSignature:
    return BadSignature(
        "The body is not signed with a secret that is good here.",
        where=f"header {SIGNATURE_HEADER}",
        remedy="Put the signing secret that Coral shows for this phase into the setting "
        "`coral_secrets`.",
    )
