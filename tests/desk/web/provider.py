"""A provider of OpenID Connect of our own: discovery, keys, sign-in page, tokens, userinfo."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.service.fakes import wait_until

CLIENT, SECRET = "desk", "a secret of the desk"
METHOD = "S256"


def to_json(value: object) -> bytes:
    """Return JSON."""
    return bytes(JSONResponse(value).body)


def new_key(kind: str = "RSA") -> Any:
    """Return a new pair of keys."""
    if kind == "EC":
        return ECKey.generate_key("P-256", auto_kid=True)
    return RSAKey.generate_key(2048, auto_kid=True)


@cache
def first_key() -> Any:
    """Return the pair of keys with which each provider begins."""
    return new_key()


@dataclass
class FakeProvider:
    """The provider: who signs in there next, and what is wrong with its answers."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "1001", "name": "Sok Dara"})
    claims: dict[str, Any] = field(default_factory=dict)
    """Changes of the ID token; None leaves a claim out."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    """The error with which it sends people back."""
    alg: str = "RS256"
    key: Any = None
    """The key that signs, where it is another than the one that is published."""
    keys: list[Any] = field(default_factory=lambda: [first_key()])
    broken: str = ""
    """The path that answers with status 500."""
    document: dict[str, Any] = field(default_factory=dict)
    """Changes of the discovery document."""
    asked: dict[str, Any] = field(default_factory=dict)
    """The open requests, by code."""
    seen: list[str] = field(default_factory=list)
    """The paths that were requested."""

    def app(self) -> Starlette:
        """Return its application."""
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/keys", self._keys),
            Route("/me", self._me),
        ]
        return Starlette(routes=routes)

    def answer(self, address: str) -> str:
        """Return the address to which a person who signs in is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == METHOD
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.asked)}"
        self.asked[code] = {**asked, "person": self.person}
        given = {"error": self.error} if self.error else {"code": code}
        return f"{asked['redirect_uri']}?{urlencode({**given, 'state': asked['state']})}"

    def _reply(self, request: Request, content: dict[str, Any], status: int = 200) -> Response:
        self.seen.append(request.url.path)
        if self.broken == request.url.path:
            return HTMLResponse("<h1>Out of order</h1>", 500)
        return JSONResponse(content, status)

    async def _discovery(self, request: Request) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
        return self._reply(request, {**document, **self.document})

    async def _authorize(self, request: Request) -> Response:
        return RedirectResponse(self.answer(str(request.url)), 303)

    async def _keys(self, request: Request) -> Response:
        return self._reply(request, dict(KeySet(self.keys).as_dict(private=False)))

    async def _token(self, request: Request) -> Response:
        form = dict(await request.form())
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = request.headers.get("authorization") == f"Basic {basic}"
        asked = self.asked.pop(str(form.get("code")), None)
        verifier = str(form.get("code_verifier", "")).encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=")
        if (
            not known
            or asked is None
            or challenge.decode() != asked["code_challenge"]
            or form.get("redirect_uri") != asked["redirect_uri"]
        ):
            return self._reply(request, {"error": "invalid_grant"}, 400)
        return self._reply(
            request,
            {
                "access_token": "an access token",
                "token_type": "Bearer",
                "id_token": self._id_token(asked),
            },
        )

    async def _me(self, request: Request) -> Response:
        known = request.headers.get("authorization") == "Bearer an access token"
        return self._reply(request, self.userinfo, 200 if known else 401)

    def _id_token(self, asked: dict[str, Any]) -> str:
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "nonce": asked["nonce"],
            **asked["person"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.key or self.keys[-1]
        header = {"alg": self.alg, "kid": self.keys[-1].kid}
        if self.alg == "none":
            parts = [
                base64.urlsafe_b64encode(to_json(part)).rstrip(b"=") for part in (header, claims)
            ]
            return b".".join([*parts, b""]).decode()
        return jwt.encode(header, claims, key, algorithms=[self.alg])


@contextmanager
def provider_at_work() -> Iterator[FakeProvider]:
    """Serve a provider on a free port of the loopback."""
    fake = FakeProvider()
    config = uvicorn.Config(fake.app(), port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        fake.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield fake
    finally:
        server.should_exit = True
        thread.join()
