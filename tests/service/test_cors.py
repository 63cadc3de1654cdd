"""Pages of the sites in the setting `cors_origins` may call from a browser; those of others not."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import ValidationError

from moderation.service.api_keys import Scope
from moderation.settings import Settings
from tests.service.fakes import client_of
from tests.service.keys import create_key, url_in
from tests.service.perspective.asking import ANALYZE

SITE = "https://news.example"
OTHERS = [
    "https://evil.example",
    "https://news.example.evil.example",
    "http://news.example",
    "null",
]
BODY = {"comment": {"text": "calm"}, "requestedAttributes": {"TOXICITY": {}, "SPAM": {}}}
ALLOWED = "access-control-allow-origin"


@pytest.fixture(scope="module")
def open_to_site() -> Iterator[httpx.Client]:
    """Give a client of a service that asks for no keys and serves one site's pages."""
    with client_of(cors_origins=(SITE, "http://localhost:3000")) as client:
        yield client


def ask_first(client: httpx.Client, origin: str) -> httpx.Response:
    """Ask, as a browser does before a page's request, whether it may be sent."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-goog-api-key",
    }
    return client.options(ANALYZE, headers=headers)


def test_a_page_of_the_site_may_call_and_reads_the_reply(open_to_site: httpx.Client) -> None:
    asked = ask_first(open_to_site, SITE)
    assert asked.status_code == 200
    assert asked.headers[ALLOWED] == SITE
    assert "x-goog-api-key" in asked.headers["access-control-allow-headers"]
    headers = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
    reply = open_to_site.post(ANALYZE, json=BODY, headers=headers)
    assert reply.status_code == 200
    assert reply.headers[ALLOWED] == SITE
    assert "Origin" in reply.headers["vary"]
    assert "X-Unjudged-Attributes" in reply.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in reply.headers


def test_an_error_can_be_read_too(open_to_site: httpx.Client) -> None:
    reply = open_to_site.post(ANALYZE, json={}, headers={"Origin": SITE})
    assert (reply.status_code, reply.headers[ALLOWED]) == (400, SITE)


@pytest.mark.parametrize("origin", OTHERS)
def test_pages_of_other_sites_may_not(open_to_site: httpx.Client, origin: str) -> None:
    assert ask_first(open_to_site, origin).status_code == 400
    reply = open_to_site.post(ANALYZE, json=BODY, headers={"Origin": origin})
    assert reply.status_code == 403
    assert ALLOWED not in reply.headers


def test_without_the_setting_no_page_of_another_site_may(client: httpx.Client) -> None:
    assert ALLOWED not in ask_first(client, SITE).headers
    reply = client.post(ANALYZE, json=BODY, headers={"Origin": SITE})
    assert reply.status_code == 403
    assert ALLOWED not in reply.headers


def test_a_page_needs_a_key_where_keys_are_asked_for(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    url = url_in(tmp_path_factory.mktemp("keys"))
    secret, _ = create_key(url, "page", [Scope.SCORE])
    with client_of(authentication="keys", database=url, cors_origins=(SITE,)) as client:
        assert ask_first(client, SITE).headers[ALLOWED] == SITE
        refused = client.post(ANALYZE, json=BODY, headers={"Origin": SITE})
        assert (refused.status_code, refused.headers[ALLOWED]) == (403, SITE)
        headers = {"Origin": SITE, "x-goog-api-key": secret}
        assert client.post(ANALYZE, json=BODY, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin", ["*", "news.example", "https://news.example/", "https://*.a.b", ""]
)
def test_the_setting_takes_origins_as_browsers_write_them(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_origins=(origin,))
    assert Settings(cors_origins=("https://a-b.example:8443", "http://[::1]:3000"))
