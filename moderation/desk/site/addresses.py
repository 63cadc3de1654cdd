"""Addresses of webhooks: which may be called, so that none leads into the newsroom's own network.

A name is resolved when it is called, and the connection goes to the address that was checked: a
name that leads elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore

from moderation.desk.site.errors import AddressRefused

MAX_URL = 2_000
REMEDY = "Give an https:// address that other machines can reach."


class PrivateAddress(httpcore.ConnectError):
    """A host's name leads to a private address."""


def check_url(url: str, *, private: bool) -> str:
    """Return the address of a webhook.

    Parameters
    ----------
    url : str
    private : bool
        Whether addresses of private networks, and of this machine, are permitted.

    Raises
    ------
    AddressRefused
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused("This is not the address of a page.", where="url", remedy=REMEDY)
    if parts.username is not None or parts.fragment:
        raise AddressRefused(
            "The address has a user or a fragment, which are not sent.", where="url", remedy=REMEDY
        )
    is_private = _is_private_literal(host)
    if is_private and not private:
        raise AddressRefused(
            "The address is one of a private network.",
            where="url",
            remedy=f"{REMEDY} The setting `webhooks_private` permits private ones.",
        )
    loopback = is_private and _is_loopback(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise AddressRefused(
            "The address does not begin with https://.", where="url", remedy=REMEDY
        )
    return url


def _is_private_literal(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(host)
    except ValueError:
        return False  # a name, which is resolved when it is called


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return True  # localhost


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    Raises
    ------
    ValueError
        If it is none.
    """
    ip = ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if mapped is not None:
        return is_public(str(mapped))
    return ip.is_global and not ip.is_multicast


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """A network in which names that lead to private addresses cannot be reached.

    Parameters
    ----------
    private : bool
        Whether they can be reached all the same.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first public address of a host.

        Raises
        ------
        PrivateAddress
        httpcore.ConnectError
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except OSError:
            raise httpcore.ConnectError("the name cannot be resolved") from None
        addresses = [str(entry[4][0]) for entry in found]
        permitted = [each for each in addresses if self._private or is_public(each)]
        if not permitted:
            raise PrivateAddress("the name leads to a private network")
        return await self._network.connect_tcp(
            permitted[0], port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Refuse: no webhook is a file."""
        raise httpcore.ConnectError("not a network address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)
