"""The Python package akismet, which sends its key in the form."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from akismet import AkismetArguments, APIKeyError, CheckResponse, Config, RequestError, SyncClient

from moderation.moderator import Moderator
from moderation.policy import AkismetPolicy, Policy
from moderation.service.api_keys import Scope
from moderation.service.correction_store import CorrectionStore
from tests.service.akismet.asking import BLOG, CALM, HOSTILE
from tests.service.fakes import FakeModel, client_of
from tests.service.keys import create_key, url_in

READER = "192.0.2.7"


class AtHome(httpx.HTTPTransport):
    """Leads what the package sends to the address that it has built in to another service.

    Parameters
    ----------
    address : URL
    """

    def __init__(self, address: httpx.URL) -> None:
        super().__init__()
        self._address = address

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request elsewhere."""
        assert request.url.host == "rest.akismet.com"
        request.url = self._address.copy_with(path=request.url.path)
        request.headers["Host"] = request.url.netloc.decode()
        return super().handle_request(request)


@contextmanager
def of(http: httpx.Client, key: str = "any") -> Iterator[SyncClient]:
    """Give the package's client of a live service; its key is verified first."""
    with (
        httpx.Client(transport=AtHome(http.base_url), timeout=30) as client,
        SyncClient(Config(key, BLOG), client) as akismet,
    ):
        yield akismet


@pytest.fixture(scope="module")
def akismet(live: httpx.Client) -> Iterator[SyncClient]:
    with of(live) as client:
        yield client


def test_a_comment_is_checked(akismet: SyncClient) -> None:
    context: AkismetArguments = {"comment_type": "comment", "comment_author": "A. Reader"}
    calm: AkismetArguments = {"comment_content": CALM, **context}
    hostile: AkismetArguments = {"comment_content": HOSTILE, **context}
    assert akismet.comment_check(READER, **calm) is CheckResponse.HAM
    assert akismet.comment_check(READER, **hostile) is CheckResponse.SPAM
    staff = akismet.comment_check(READER, comment_content=HOSTILE, user_role="administrator")
    assert staff is CheckResponse.HAM


def test_what_moderators_say_becomes_a_correction(
    akismet: SyncClient, corrections: CorrectionStore
) -> None:
    assert akismet.submit_spam(READER, comment_content="a bad one")
    assert akismet.submit_ham(READER, comment_content="a good one")
    assert akismet.submit_ham(READER, comment_content="a test", is_test=True)
    scores = {each.text: each.scores for each in corrections.read() if each.source == "akismet"}
    assert scores == {"a bad one": {"toxicity": 1}, "a good one": {"toxicity": 0}}


def test_a_blocked_comment_is_discarded_where_the_policy_says_so() -> None:
    policy = Policy(
        name="mine", block={"ethnic_hostility": 0.8}, akismet=AkismetPolicy(discard=True)
    )
    with client_of(lambda: Moderator(FakeModel(), policy)) as http, of(http) as akismet:
        assert akismet.comment_check(READER, comment_content=HOSTILE) is CheckResponse.DISCARD
        assert akismet.comment_check(READER, comment_content=CALM) is CheckResponse.HAM


def test_keys_are_asked_for_and_limited_as_the_package_expects(tmp_path: Path) -> None:
    url = url_in(tmp_path)
    allowed, _ = create_key(url, "a site", [Scope.SCORE], rate=3)
    with client_of(authentication="keys", database=url) as http:
        with pytest.raises(APIKeyError), of(http, "none"):
            pass
        with of(http, allowed) as akismet:
            assert akismet.verify_key("none", BLOG) is False
            assert akismet.comment_check(READER, comment_content=HOSTILE) is CheckResponse.SPAM
            with pytest.raises(APIKeyError):
                akismet.submit_spam(READER, comment_content=HOSTILE)
            akismet.comment_check(READER, comment_content=CALM)
            with pytest.raises(RequestError, match="429"):
                akismet.comment_check(READER, comment_content=CALM)


def test_a_comment_that_is_too_long_is_held(akismet: SyncClient) -> None:
    long = "calm " * 20_000
    assert akismet.comment_check(READER, comment_content=long) is CheckResponse.SPAM
