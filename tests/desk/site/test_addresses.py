"""Webhooks reach the public internet, and nothing inside a newsroom's network."""

import asyncio
import socket
from typing import Any

import httpcore
import pytest

from moderation.desk.site.addresses import PublicNetwork, check_url, is_public
from moderation.desk.site.errors import AddressRefused


@pytest.mark.parametrize(
    "url",
    ["https://paper.example/hook", "https://paper.example:8443/a?b=c", "https://93.184.215.14/"],
)
def test_a_public_https_address_is_taken(url: str) -> None:
    assert check_url(url, private=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://paper.example/hook",
        "ftp://paper.example",
        "https://",
        "paper.example",
        "https://user:secret@paper.example/",
        "https://paper.example/#part",
        "https://[::1",
        "https://paper.example:99999/",
        "https://pa per.example/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://192.168.0.9/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://paper.example/" + "a" * 2_000,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, private=False)


def test_a_setting_permits_private_addresses_and_http_on_this_machine_alone() -> None:
    for url in ("https://10.1.2.3/", "http://127.0.0.1:8080/hook", "http://localhost/hook"):
        assert check_url(url, private=True) == url
    with pytest.raises(AddressRefused):
        check_url("http://10.1.2.3/", private=True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("2002:0a00:0001::", False),
    ],
)
def test_shared_multicast_and_wrapped_private_addresses_are_not_public(
    address: str, public: bool
) -> None:
    assert is_public(address) is public


def test_a_name_that_leads_to_a_private_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def lookup(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]

    async def call() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "getaddrinfo", lookup)
        await PublicNetwork(private=False).connect_tcp("paper.example", 443, timeout=5)

    with pytest.raises(httpcore.ConnectError, match="private"):
        asyncio.run(call())
