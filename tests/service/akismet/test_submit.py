"""A moderator's spam or no spam becomes a correction, unless it may not be stored."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from moderation.database.store import Store
from moderation.database.tables import corrections
from moderation.service.correction_store import CorrectionStore
from tests.service.akismet.asking import BLOG, HOSTILE, THANKS, answer, ask
from tests.service.fakes import client_of
from tests.service.keys import url_in


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Give a database, as another process than the service sees it."""
    store = Store.open(url_in(tmp_path_factory.mktemp("data")))
    yield store
    store.close()


@pytest.fixture(scope="module")
def stored(database: Store) -> CorrectionStore:
    return CorrectionStore(lambda: database)


@pytest.fixture(scope="module")
def storing(database: Store) -> Iterator[httpx.Client]:
    """Give a client of a service that stores in `database`."""
    with client_of(database=str(database.engine.url), max_text_chars=100) as client:
        yield client


@pytest.fixture(autouse=True)
def _nothing_before(database: Store) -> None:
    database.write(lambda connection: connection.execute(corrections.delete()))


def test_a_moderators_word_is_stored_as_a_correction(
    storing: httpx.Client, stored: CorrectionStore
) -> None:
    assert answer(ask(storing, "submit-spam", "<p>A &amp; <b>bad</b> one</p>")) == THANKS
    assert answer(ask(storing, "submit-ham", HOSTILE)) == THANKS
    first, second = stored.read()
    assert (first.text, first.scores) == ("A & bad one", {"toxicity": 1})
    assert (second.text, second.scores) == (HOSTILE, {"toxicity": 0})
    assert {each.source for each in (first, second)} == {"akismet"}
    assert {each.community for each in (first, second)} == {BLOG}


def test_nothing_is_stored_that_may_not_be(storing: httpx.Client, stored: CorrectionStore) -> None:
    form = {"comment_content": HOSTILE}
    header = {"X-Do-Not-Store": "1"}
    assert answer(storing.post("/1.1/submit-ham", data=form, headers=header)) == THANKS
    assert answer(ask(storing, "submit-ham", HOSTILE, is_test="1")) == THANKS
    assert answer(ask(storing, "submit-spam", " ")) == THANKS
    assert stored.read() == []
    assert answer(ask(storing, "submit-ham", HOSTILE, is_test="0")) == THANKS
    assert len(stored.read()) == 1


def test_a_comment_that_is_too_long_is_not_acknowledged(
    storing: httpx.Client, stored: CorrectionStore
) -> None:
    refused = ask(storing, "submit-spam", "x" * 101)
    assert refused.status_code == 413
    assert "100 characters" in refused.headers["x-akismet-debug-help"]
    assert answer(ask(storing, "submit-spam", "x" * 100)) == THANKS
    assert len(stored.read()) == 1


def test_what_cannot_be_stored_is_not_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with client_of(database=url_in(tmp_path / "file" / "below")) as client:
        reply = ask(client, "submit-spam", HOSTILE)
        assert reply.status_code == 503
        assert reply.text != THANKS
        assert answer(ask(client, "comment-check", HOSTILE)) == "true"
