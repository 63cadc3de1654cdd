"""No page that a person happens to open borrows that person's place in the network."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from moderation.service.api_keys import Scope
from moderation.service.security import SIGNATURE_HEADER, Hosts, sign
from moderation.settings import Settings
from tests.service.fakes import client_of, is_error
from tests.service.keys import create_key, url_in

SECRET = "a-signing-secret-of-coral"  # noqa: S105
JSON = {"Content-Type": "application/json"}
BODY = b'{"text": "calm"}'
EVIL = "https://evil.example"
FOREIGN: list[dict[str, str]] = [
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://["},
    {"Origin": ""},
    {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
POSTS: dict[str, tuple[bytes, str]] = {
    "/v1/score": (BODY, "application/json"),
    "/v1/score?key=any": (BODY, "application/json"),
    "/v1/pages": (b"calm", "text/plain"),
    "/v1/moderations": (b'{"input": "calm"}', "application/json"),
    "/v1alpha1/comments:analyze": (
        b'{"comment": {"text": "calm"}, "requestedAttributes": {"TOXICITY": {}}}',
        "application/json",
    ),
    "/v1alpha1/comments:suggestscore": (
        b'{"comment": {"text": "x"}, "doNotStore": true, "attributeScores": {"TOXICITY": %s}}'
        % b'{"summaryScore": {"value": 0}}',
        "application/json",
    ),
}


@pytest.fixture(scope="module")
def own(client: httpx.Client) -> str:
    """Return the service's own host and port."""
    return client.base_url.netloc.decode()


def post(client: httpx.Client, path: str, headers: dict[str, str]) -> httpx.Response:
    content, kind = POSTS[path]
    return client.post(path, content=content, headers={"Content-Type": kind} | headers)


@pytest.mark.parametrize("path", POSTS)
def test_what_a_page_of_another_site_posts_is_refused_in_the_shape_of_its_protocol(
    client: httpx.Client, path: str
) -> None:
    for headers in FOREIGN:
        reply = post(client, path, headers)
        assert reply.status_code == 403, headers
        assert "`hosts`" in reply.json()["error"]["message"]
        assert "evil" not in reply.text
        # A program, which says nothing of a page, is answered beside it.
        assert post(client, path, {}).status_code == 200


def test_the_shape_of_a_foreign_post_is_the_native_one(client: httpx.Client) -> None:
    assert is_error(post(client, "/v1/score", FOREIGN[0]), 403, "foreign_origin")
    assert is_error(client.delete("/nothing", headers=FOREIGN[0]), 403, "foreign_origin")
    told = post(client, "/v1alpha1/comments:analyze", FOREIGN[0]).json()["error"]
    assert told["status"] == "PERMISSION_DENIED"


def test_the_services_own_page_may_post(client: httpx.Client, own: str) -> None:
    for headers in (
        {"Origin": f"http://{own}"},
        {"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": f"https://{own}"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert post(client, "/v1/score", headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
def test_a_strangers_name_that_leads_here_is_told_nothing(client: httpx.Client, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    for path in ("/", "/v1/model", "/metrics", "/openapi.json", "/docs", "/nothing"):
        reply = client.get(path, headers=headers)
        assert is_error(reply, 403, "unknown_host")
        assert "evil" not in reply.text
    assert is_error(post(client, "/v1/score", headers), 403, "unknown_host")
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers=headers).status_code == 200
    assert client.get("/v1/model").status_code == 200


def test_the_operator_is_told_once_that_a_name_is_not_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with client_of() as client:
        for _ in range(3):
            client.get("/v1/model", headers={"Host": "evil.example"})
    (told,) = [each.getMessage() for each in caplog.records if "Host" in each.getMessage()]
    assert "`hosts`" in told
    assert "evil" not in told


def test_names_in_the_setting_are_taken_for_host_and_origin() -> None:
    with client_of(hosts=("moderation.example.org", "*.news.example")) as client:
        for name in ("moderation.example.org", "a.news.example:8443", "A.b.News.Example."):
            assert client.get("/v1/model", headers={"Host": name}).status_code == 200
        for name in ("news.example", "xnews.example", "moderation.example.org.evil.example"):
            assert client.get("/v1/model", headers={"Host": name}).status_code == 403
        from_proxy = {"Host": "127.0.0.1:8000", "Origin": "https://moderation.example.org"}
        assert post(client, "/v1/score", from_proxy).status_code == 200
        assert post(client, "/v1/score", FOREIGN[0]).status_code == 403


def test_a_star_takes_any_name_and_no_foreign_page() -> None:
    with client_of(hosts=("*",)) as client:
        assert client.get("/v1/model", headers={"Host": "any.example"}).status_code == 200
        assert post(client, "/v1/score", FOREIGN[0]).status_code == 403


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[httpx.Client]:
    """Give a client, with a good key, of a service that asks for keys."""
    secret, _ = create_key(url_in(tmp_path), "mine", [Scope.SCORE])
    with client_of(authentication="keys", database=url_in(tmp_path)) as client:
        client.headers["X-API-Key"] = secret
        yield client


def test_a_key_is_the_proof_whatever_name_the_proxy_was_called_by(keyed: httpx.Client) -> None:
    headers = {"Host": "moderation.example.org", "Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    assert post(keyed, "/v1/score", headers).status_code == 200
    del keyed.headers["X-API-Key"]
    assert is_error(post(keyed, "/v1/score", headers), 401, "unauthorised")


def test_corals_signature_is_the_proof_too() -> None:
    body = json.dumps({"comment": {"body": "calm"}}).encode()
    with client_of(coral_secrets=(SECRET,)) as client:
        headers = JSON | {"Host": "moderation.example.org", "Origin": EVIL}
        signed = headers | {SIGNATURE_HEADER: sign(body, SECRET)}
        assert client.post("/coral/moderation", content=body, headers=signed).status_code == 204
        refused = client.post("/coral/moderation", content=body, headers=headers)
        assert is_error(refused, 401, "bad_signature")


@pytest.mark.parametrize(
    ("listening", "known", "unknown"),
    [
        (
            "127.0.0.1",
            ("localhost", "LOCALHOST:80", "a.localhost", "127.0.0.1:8000", "127.9.9.9", "[::1]:80"),
            ("192.0.2.7", "localhost.example", "127.0.0.1.example", "", "[", "[::2]"),
        ),
        ("::1", ("[::1]:8000", "localhost"), ("[2001:db8::1]", "evil.example")),
        ("192.0.2.7", ("192.0.2.7:8000", "localhost"), ("192.0.2.8", "evil.example")),
        ("desk.lan", ("desk.lan:8000", "Desk.lan."), ("lan", "x.desk.lan", "192.0.2.8")),
        ("0.0.0.0", ("192.0.2.7:8000", "[2001:db8::1]"), ("evil.example", "192.0.2.7.example")),  # noqa: S104
    ],
)
def test_the_address_it_listens_on_is_the_services_own_name(
    listening: str, known: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    hosts = Hosts((), listening)
    assert [name for name in known if not hosts.knows(name.encode())] == []
    assert [name for name in unknown if hosts.knows(name.encode())] == []


@pytest.mark.parametrize("name", ["", "a b", "a:80", "http://a", "*a", "a.*", "a/b", "*."])
def test_what_is_no_name_is_refused_as_a_setting(name: str) -> None:
    with pytest.raises(ValueError, match="hosts"):
        Settings(hosts=(name,))


@pytest.mark.parametrize("name", ["*", "*.a.example", "moderation", "a-b.example", "[::1]"])
def test_names_wildcards_and_addresses_are_settings(name: str) -> None:
    assert Settings(hosts=(name,)).hosts == (name,)
