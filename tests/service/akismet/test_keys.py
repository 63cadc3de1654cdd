"""Keys come in a form, in the host's name or in a header, and a bad one is called invalid."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from moderation.service.api_keys import Scope
from tests.service.akismet.asking import BLOG, CALM, THANKS, answer, ask, check
from tests.service.fakes import client_of, wait_until
from tests.service.keys import create_key, revoke_key, url_in

LABEL = re.compile(r"[a-z0-9_]{1,63}")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database of keys."""
    return url_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def guarded(url: str) -> Iterator[httpx.Client]:
    """Give a client of a service that asks for keys."""
    with client_of(authentication="keys", database=url) as client:
        yield client


@pytest.fixture
def key(url: str, guarded: httpx.Client) -> str:
    """Return a key that may score and suggest, once the service knows it."""
    secret, _ = create_key(url, "a site", [Scope.SCORE, Scope.SUGGEST])
    wait_until(lambda: verify(guarded, key=secret) == "valid")
    return secret


def verify(client: httpx.Client, **fields: str) -> str:
    return answer(client.post("/1.1/verify-key", data={"blog": BLOG} | fields))


def test_a_key_fits_into_a_hosts_name_whose_case_gets_lost(key: str) -> None:
    assert LABEL.fullmatch(key)


def test_a_key_may_come_in_each_of_its_places(guarded: httpx.Client, key: str) -> None:
    form = {"comment_content": CALM}
    path = "/1.1/comment-check"
    assert check(guarded, api_key=key) == "false"
    body = f"api_key={key}&comment_content={CALM}"  # as the first field, and the last above
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    assert answer(guarded.post(path, content=body, headers=form_type)) == "false"
    for headers in (
        {"Host": f"{key}.rest.akismet.com"},
        {"Host": f"{key}.moderation.example:8000"},
        {"Authorization": f"Bearer {key}"},
        {"X-API-Key": key},
    ):
        assert answer(guarded.post(path, data=form, headers=headers)) == "false"
        assert answer(guarded.post("/1.1/submit-ham", data=form, headers=headers)) == THANKS
    assert answer(guarded.post(path, data=form, params={"key": key})) == "false"


def test_without_a_good_key_the_answer_is_invalid_and_says_why(
    guarded: httpx.Client, key: str
) -> None:
    for method in ("comment-check", "submit-spam", "submit-ham"):
        for given in ("", "none", key[:-1], key.upper()):
            reply = ask(guarded, method, api_key=given)
            assert answer(reply) == "invalid"
            assert "API key" in reply.headers["x-akismet-debug-help"]
            assert given not in reply.headers["x-akismet-debug-help"] or not given
        host = {"Host": f"{key[:-1]}.rest.akismet.com"}
        form = {"comment_content": CALM, "api_key": key}
        assert answer(guarded.post(f"/1.1/{method}", data=form, headers=host)) == "invalid"


def test_the_key_that_is_asked_about_is_verified(guarded: httpx.Client, key: str, url: str) -> None:
    """Newer sites send the key in use beside the one that they ask about."""
    assert verify(guarded, key=key) == verify(guarded, api_key=key) == "valid"
    assert verify(guarded, key=key, api_key="none") == "valid"
    assert verify(guarded, key="none", api_key=key) == "invalid"
    assert verify(guarded) == verify(guarded, key="none") == "invalid"
    gone, record = create_key(url, "gone", [Scope.SCORE])
    wait_until(lambda: verify(guarded, key=gone) == "valid")
    revoke_key(url, record.id)
    wait_until(lambda: verify(guarded, key=gone) == "invalid")


def test_a_key_is_good_for_its_scopes_only(guarded: httpx.Client, url: str) -> None:
    score, _ = create_key(url, "score", [Scope.SCORE])
    admin, _ = create_key(url, "admin", [Scope.ADMIN])
    wait_until(lambda: verify(guarded, key=score) == "valid")
    assert check(guarded, api_key=score) == "false"
    refused = ask(guarded, "submit-spam", api_key=score)
    assert answer(refused) == "invalid"
    assert "suggest" in refused.headers["x-akismet-debug-help"]
    assert verify(guarded, key=admin) == "invalid"
    assert check(guarded, api_key=admin) == "invalid"


def test_a_key_over_its_rate_is_told_when_to_come_again(tmp_path: Path) -> None:
    url = url_in(tmp_path)
    secret, _ = create_key(url, "often", [Scope.SCORE], rate=3)
    with client_of(authentication="keys", database=url) as client:
        assert check(client, "x" * 1_500, api_key=secret) == "false"
        assert check(client, api_key=secret) == "false"
        refused = ask(client, "comment-check", api_key=secret)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert refused.text not in {"true", "false", "invalid"}


def test_where_nobody_is_asked_every_key_is_valid(client: httpx.Client) -> None:
    assert verify(client, key="anything") == verify(client) == "valid"
    assert check(client, api_key="anything") == "false"
