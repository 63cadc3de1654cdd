"""A provider of OpenID Connect: the authorization code flow with PKCE, and the ID token's check.

Sources: https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636, RFC 9207. Authlib makes
the requests and checks the claims; httpcore, which the desk has anyway, sends them.
"""

import json
import ssl
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpcore
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from moderation import __version__
from moderation.desk.errors import ProviderFailed, ProviderRefused
from moderation.desk.types import AuthorizationRequest, Identity
from moderation.settings import Settings
from moderation.sign_in_settings import is_secure

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    "Ed25519",
)  # fmt: skip
"""The signatures that are accepted: never `none`, nor one that the client's secret could make."""
TIMEOUT_SECONDS = 5.0
MAX_SECONDS = 10.0
"""The limit for one answer, however slowly it comes."""
MAX_ANSWER = 1 << 20
METADATA_SECONDS, KEYS_SECONDS = 3600.0, 60.0
"""The life of what the provider says of itself, and the time between two requests for its keys."""
LEEWAY_SECONDS = 60
"""The difference of the clocks that is tolerated."""
TOKEN_LENGTH = 48
MAX_REASON = 60
"""Most characters of an outside system's code for an error."""
SECRET_METHODS = ("client_secret_basic", "client_secret_post")


class Provider:
    """The provider in the settings.

    Parameters
    ----------
    settings : Settings
        With `oidc_issuer` and `oidc_client_id`.
    """

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer or ""
        self.name = settings.oidc_name or urlsplit(self.issuer).hostname or self.issuer
        self._client_id = settings.oidc_client_id or ""
        secret = settings.oidc_client_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._scopes = " ".join(settings.oidc_scopes)
        self._claim = settings.oidc_role_claim if settings.oidc_roles else ""
        context = httpcore.default_ssl_context()
        # A newsroom's own authority is known to its machines.
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        # People sign in seldom: a connection that is kept would be stale by then.
        self._pool = httpcore.ConnectionPool(ssl_context=context, max_keepalive_connections=0)
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_until = 0.0
        self._keys: KeySet | None = None
        self._keys_until = 0.0

    def authorize(self, redirect: str) -> AuthorizationRequest:
        """Return a new request to sign somebody in.

        Parameters
        ----------
        redirect : str
            The address of the desk to which the provider sends the person back.

        Raises
        ------
        ProviderFailed
        """
        state, nonce, verifier = (generate_token(TOKEN_LENGTH) for _ in range(3))
        address = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            self._client_id,
            "code",
            redirect_uri=redirect,
            scope=self._scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return AuthorizationRequest(address, state, nonce, verifier, redirect)

    def identify(self, request: AuthorizationRequest, answer: Mapping[str, str]) -> Identity:
        """Return the person of an answer to a request.

        Parameters
        ----------
        request : AuthorizationRequest
        answer : mapping of str to str
            The query string with which the person came back; its state was compared already.

        Raises
        ------
        ProviderFailed, ProviderRefused
        """
        if answer.get("iss", self.issuer) != self.issuer:
            raise self._refused("issuer")
        if "error" in answer or not answer.get("code"):
            raise self._refused(_code_of(answer.get("error", "no code")))
        token = self._exchange(request, answer["code"])
        claims = self._check(str(token.get("id_token", "")), request.nonce, token)
        groups = _values(claims, self._claim) if self._claim else ()
        if groups is None and "userinfo_endpoint" in self._metadata and token.get("access_token"):
            more = self._userinfo(str(token["access_token"]), claims["sub"])
            claims = {**more, **claims}
            groups = _values(claims, self._claim)
        named = ("preferred_username", "name", "email", "sub")
        name = next(text for each in named if (text := str(claims.get(each) or "").strip()))
        email = str(claims.get("email") or "")
        return Identity(self.issuer, claims["sub"], name, email, groups or ())

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _exchange(self, request: AuthorizationRequest, code: str) -> dict[str, Any]:
        """Return the tokens for a code."""
        address = self._endpoint("token_endpoint")
        offered = self._metadata.get("token_endpoint_auth_methods_supported") or SECRET_METHODS
        method = next((each for each in SECRET_METHODS if each in offered), SECRET_METHODS[0])
        auth = ClientAuth(self._client_id, self._secret, method if self._secret else "none")
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=request.redirect,
            code=code,
            code_verifier=request.verifier,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        address, headers, body = auth.prepare("POST", address, headers, body)
        status, token = self._fetch("POST", address, headers, body)
        if status != HTTPStatus.OK:
            raise self._refused(_code_of(token.get("error", f"status {status}")))
        return token

    def _check(self, id_token: str, nonce: str, token: Mapping[str, Any]) -> dict[str, Any]:
        """Return the claims of an ID token that holds."""
        offered = self._metadata.get("id_token_signing_alg_values_supported") or ALGORITHMS
        algorithms = [each for each in ALGORITHMS if each in offered]
        try:
            try:
                decoded = jwt.decode(id_token, self._key_set(), algorithms)
            except (JoseError, ValueError):
                # The provider may have changed its keys.
                decoded = jwt.decode(id_token, self._key_set(renew=True), algorithms)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {
                    "nonce": nonce,
                    "client_id": self._client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except JoseError as error:
            raise self._refused(_code_of(f"ID token, {error.error}")) from None
        except (ValueError, TypeError, KeyError):
            raise self._refused("ID token") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise self._refused("ID token, sub")
        return dict(claims)

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        status, claims = self._fetch("GET", self._endpoint("userinfo_endpoint"), headers)
        if status != HTTPStatus.OK or claims.get("sub") != subject:
            raise self._refused("userinfo")
        return claims

    def _endpoint(self, name: str) -> str:
        address = self._discovered().get(name)
        if not isinstance(address, str) or not is_secure(address):
            raise self._failed(f"discovery, {name}")
        return address

    def _discovered(self) -> dict[str, Any]:
        """Return the discovery document, an earlier one while the provider does not answer."""
        with self._lock:
            if time.monotonic() < self._metadata_until:
                return self._metadata
            try:
                status, found = self._fetch("GET", get_well_known_url(self.issuer, external=True))
                if status != HTTPStatus.OK:
                    raise self._failed(f"discovery, status {status}")
                if found.get("issuer") != self.issuer:
                    raise self._failed("discovery, issuer")
            except ProviderFailed:
                if not self._metadata:
                    raise
                found = self._metadata
            self._metadata, self._metadata_until = found, time.monotonic() + METADATA_SECONDS
            return found

    def _key_set(self, *, renew: bool = False) -> KeySet:
        """Return the provider's keys, requested again once a minute at most."""
        address = self._endpoint("jwks_uri")
        with self._lock:
            due = time.monotonic() >= self._keys_until
            if self._keys is None or (renew and due):
                status, found = self._fetch("GET", address)
                if status != HTTPStatus.OK:
                    raise self._failed(f"keys, status {status}")
                try:
                    self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # it checks
                except (JoseError, ValueError, KeyError, TypeError):
                    raise self._failed("keys") from None
                self._keys_until = time.monotonic() + KEYS_SECONDS
            return self._keys

    def _fetch(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Return the status of an answer, and the object in it; no redirection is followed.

        Raises
        ------
        ProviderFailed
        """
        sent = {"Accept": "application/json", "User-Agent": f"moderation/{__version__}"}
        sent.update(headers or {})
        limits = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
        deadline, content = time.monotonic() + MAX_SECONDS, b""
        try:
            with self._pool.stream(
                method,
                address,
                headers=list(sent.items()),
                content=body.encode() or None,
                extensions={"timeout": limits},
            ) as response:
                for part in response.iter_stream():
                    content += part
                    if len(content) > MAX_ANSWER or time.monotonic() > deadline:
                        raise self._failed("it sends too much or too slowly")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise self._failed(f"it cannot be reached, {type(error).__name__}") from None
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            if response.status == HTTPStatus.OK:
                raise self._failed("it sends no JSON")
            found = {}
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise self._failed(f"status {response.status}")
        return response.status, found

    def _failed(self, reason: str) -> ProviderFailed:
        return ProviderFailed(self.name, reason)

    def _refused(self, reason: str) -> ProviderRefused:
        return ProviderRefused(self.name, reason)


def _values(claims: Mapping[str, Any], path: str) -> tuple[str, ...] | None:
    """Return the values of a claim, whose whole name or whose path with dots it is; None without.

    Names of claims may hold dots themselves, as those that are addresses do.
    """
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str))


def _code_of(reason: object) -> str:
    """Return a short code that an outside system gave, if it is one."""
    text = str(reason)
    plain = text.replace("_", "").replace(" ", "").replace(",", "")
    return text if len(text) <= MAX_REASON and plain.isascii() and plain.isalnum() else "unknown"
