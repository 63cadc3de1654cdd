"""By which name the service was called, and from whose page: what a browser sends for others.

Any page that a person opens may send requests to the service in that person's browser. Two headers
tell: `Origin` (or `Sec-Fetch-Site`) names the page's site, and `Host` the name that the browser
called, which is a stranger's where that stranger's name has been made to lead here (DNS rebinding).
"""

import logging
import socket
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as ASGIScope

from moderation.service.http.errors import ForeignOrigin, UnknownHost
from moderation.service.http.protocol_errors import answer
from moderation.settings import Settings

log = logging.getLogger(__name__)

ANY = "*"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNCHECKED = frozenset({"/healthz", "/readyz", "/coral/moderation"})
"""The paths that tell nothing, and the one that takes nothing without a signature."""
OWN = frozenset({b"same-origin", b"none"})
"""The browser's own word in `Sec-Fetch-Site`, which no page can send."""
LOCAL = "localhost"
SAID_NAMES = 256
"""Names whose answer is remembered."""


class Hosts:
    """The names under which the service is called.

    These are the loopback's, the one the service listens on, and those in the setting `hosts`.
    Where it listens on all addresses, any address is one of its own, and so is the machine's name:
    neither is a name that a stranger could make lead here.

    Parameters
    ----------
    named : iterable of str
        Names; ``*.example.org`` stands for those below it, ``*`` for all.
    listening : str
        The address the service listens on.
    """

    def __init__(self, named: Iterable[str], listening: str) -> None:
        names = [name.lower() for name in named]
        self._any = ANY in names
        self._below = tuple(name[1:] for name in names if name.startswith("*."))
        self._named = frozenset(names)
        self._own = {LOCAL, _bare(listening.lower())}
        address = _address(listening)
        self._everywhere = address is not None and address.is_unspecified
        if self._everywhere:
            self._own.add(socket.gethostname().lower())
        self.knows = lru_cache(SAID_NAMES)(self._knows)

    @classmethod
    def of(cls, settings: Settings) -> "Hosts":
        """Take the names from the settings."""
        return cls(settings.hosts, settings.host)

    def names(self, host: str) -> bool:
        """Tell whether the setting `hosts` has the name in `host`, ``*`` apart."""
        name = _name(host)
        return name in self._named or name.endswith(self._below)

    def _knows(self, host: bytes) -> bool:
        """Tell whether the name in a header `Host` is one of the service's own."""
        said = host.decode("latin-1")
        if self._any or self.names(said):
            return True
        name = _bare(_name(said))
        if name in self._own or name.endswith(f".{LOCAL}"):
            return True
        address = _address(name)
        return address is not None and (address.is_loopback or self._everywhere)


class OwnSite:
    """ASGI middleware for a service that asks nobody for a key.

    It refuses what a browser sends for a page of another site, and every request under a name that
    is not the service's own: the browser's place in the network would stand for the page's. Where a
    key is asked for, no page has one by being there, and this is not needed.

    Parameters
    ----------
    app : ASGI application
    hosts : Hosts
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self.hosts = hosts
        self.warned = False

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] not in UNCHECKED:
            headers: dict[bytes, bytes] = dict(scope["headers"])
            host = headers.get(b"host")
            if host is not None and not self.hosts.knows(host):
                self._warn()
                await answer(scope, UnknownHost())(scope, receive, send)
                return
            if scope["method"] not in SAFE_METHODS and not _is_own(headers, self.hosts):
                await answer(scope, ForeignOrigin())(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _warn(self) -> None:
        """Tell the operator, once: whoever calls by a name may not see why it is refused."""
        if not self.warned:
            self.warned = True
            log.warning("a request was refused for its header Host: see the setting `hosts`")


def check_origin(scope: ASGIScope, hosts: Hosts) -> None:
    """Refuse what a browser sends for a page of another site, whatever the method.

    Every browser of today says so in one of two headers. A program that sends neither has no cookie
    and no place in the network that a page could borrow.

    Raises
    ------
    ForeignOrigin
    """
    if not _is_own(dict(scope["headers"]), hosts):
        raise ForeignOrigin


def _is_own(headers: Mapping[bytes, bytes], hosts: Hosts) -> bool:
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if origin is None:
        return site is None or site in OWN
    said = origin.partition(b"://")[2]  # nothing in "null"
    return site in OWN or (
        said != b"" and (said == headers.get(b"host") or hosts.names(said.decode("latin-1")))
    )


def _name(host: str) -> str:
    """Return the name in ``name[:port]``, an IPv6 address with its brackets."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


def _bare(name: str) -> str:
    return name.removeprefix("[").removesuffix("]")


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
