"""The npm package akismet-api, which sends its key as a part of the host's name."""

from pathlib import Path

import pytest

from moderation.service.api_keys import Scope
from tests.clients.npm import install, run
from tests.service.akismet.asking import CALM, HOSTILE, THANKS
from tests.service.fakes import client_of
from tests.service.keys import create_key, url_in

PACKAGE, SCRIPT = "akismet-api@6.0.0", "akismet.js"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the package is installed."""
    return install(tmp_path_factory.mktemp("npm"), SCRIPT, PACKAGE)


def test_comments_are_checked_and_reported(modules: Path, address: str) -> None:
    results = run(
        modules,
        SCRIPT,
        address,
        [
            ["verifyKey", "any", {}],
            ["checkSpam", "any", {"content": CALM}],
            ["checkSpam", "any", {"content": HOSTILE}],
            ["checkSpam", "any", {"content": HOSTILE, "role": "administrator"}],
            ["submitSpam", "any", {"content": HOSTILE}],
            ["submitHam", "any", {"content": CALM}],
        ],
    )
    assert [result.get("reply") for result in results] == [
        True, False, True, False, THANKS, THANKS,
    ]  # fmt: skip


def test_a_key_outlives_a_hosts_name_and_a_bad_one_is_called_invalid(
    modules: Path, tmp_path: Path
) -> None:
    url = url_in(tmp_path)
    secret, _ = create_key(url, "a site", [Scope.SCORE])
    with client_of(authentication="keys", database=url) as client:
        good, bad, verified, refused = run(
            modules,
            SCRIPT,
            str(client.base_url).rstrip("/"),
            [
                ["checkSpam", secret, {"content": HOSTILE}],
                ["checkSpam", secret[:-1], {"content": HOSTILE}],
                ["verifyKey", secret, {}],
                ["verifyKey", secret[:-1], {}],
            ],
        )
    assert good == {"reply": True}
    assert bad == {"message": "Invalid API key"}
    assert (verified, refused) == ({"reply": True}, {"reply": False})
