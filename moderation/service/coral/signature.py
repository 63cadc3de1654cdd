"""Coral's signatures: HMAC-SHA256 of the raw body under a secret that both sides know."""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from pydantic import SecretStr

from moderation.service.errors import Unauthorised

HEADER = "X-Coral-Signature"
MAX_SIGNATURES = 8
"""Most signatures of a request that are checked: Coral sends two while a secret is replaced."""
_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)


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
        raise _bad()


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
        raise _bad()


def _signatures(header: str) -> list[bytes]:
    matches = [_SIGNATURE.fullmatch(part.strip()) for part in header.split(",", MAX_SIGNATURES)]
    return [bytes.fromhex(match[1]) for match in matches[:MAX_SIGNATURES] if match]


def _bad() -> BadSignature:
    return BadSignature(
        "The body is not signed with a secret that is good here.",
        where=f"header {HEADER}",
        remedy="Put the signing secret that Coral shows for this phase into the setting "
        "`coral_secrets`.",
    )
