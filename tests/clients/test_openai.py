"""The real `openai` package, pointed at the service with `base_url` and nothing else."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import openai
import pytest
from openai.types import ModerationImageURLInputParam, ModerationTextInputParam

from moderation.models.base import Judgement
from moderation.moderator import Moderator
from moderation.service.api_keys import Scope
from moderation.taxonomy import OPENAI_CATEGORIES
from tests.service.fakes import FakeModel, client_of, fake_moderator
from tests.service.keys import create_key, url_in

IMAGE: ModerationImageURLInputParam = {
    "type": "image_url",
    "image_url": {"url": "https://news.example/a.png"},
}
HOSTILE = "they say hostileword here"


def of(http: httpx.Client, **options: object) -> openai.OpenAI:
    address = f"{str(http.base_url).rstrip('/')}/v1"
    given = {"base_url": address, "api_key": "any", "max_retries": 0} | options
    return openai.OpenAI(**given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ours(client: httpx.Client) -> Iterator[openai.OpenAI]:
    with of(client) as given:
        yield given


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with client_of() as given:
        yield given


def test_a_text_is_moderated(ours: openai.OpenAI) -> None:
    reply = ours.moderations.create(input=HOSTILE, model="omni-moderation-latest")
    (result,) = reply.results
    assert reply.id.startswith("modr-")
    assert reply.model == "fake@1"
    assert result.flagged
    assert result.categories.hate
    assert result.category_scores.hate == 0.9
    assert not result.categories.sexual
    assert result.category_applied_input_types.hate == ["text"]
    assert result.category_applied_input_types.sexual == []


def test_all_categories_that_the_package_knows_are_there(ours: openai.OpenAI) -> None:
    (result,) = ours.moderations.create(input="calm").results
    names = {category.name for category in OPENAI_CATEGORIES}
    for part in (
        result.categories,
        result.category_scores,
        result.category_applied_input_types,
    ):
        assert set(part.model_dump(by_alias=True)) == names
        assert None not in part.model_dump().values()


def test_a_list_gets_a_result_for_each_and_parts_one(ours: openai.OpenAI) -> None:
    reply = ours.moderations.create(input=["calm", HOSTILE])
    assert [result.flagged for result in reply.results] == [False, True]
    parts: list[ModerationTextInputParam] = [
        {"type": "text", "text": "calm"},
        {"type": "text", "text": HOSTILE},
    ]
    one = ours.moderations.create(input=parts)
    assert [result.flagged for result in one.results] == [True]


def test_a_blank_text_among_others_costs_only_its_own_result(ours: openai.OpenAI) -> None:
    texts = ["calm", "", HOSTILE, " \n"]
    results = ours.moderations.create(input=texts).results
    assert [result.flagged for result in results] == [False, False, True, False]
    assert [result.category_scores.hate for result in results] == [0.1, 0, 0.9, 0]
    assert [result.category_applied_input_types.hate for result in results] == [
        ["text"], [], ["text"], [],
    ]  # fmt: skip
    told = [(result.model_extra or {}).get("error") for result in results]
    assert [error and error["param"] for error in told] == [None, "input[1]", None, "input[3]"]


def test_bad_input_raises_what_the_package_raises_for_it(ours: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ours.moderations.create(input="")
    assert caught.value.param == "input"
    assert caught.value.type == "invalid_request_error"
    with pytest.raises(openai.BadRequestError, match="Images"):
        ours.moderations.create(input=[IMAGE])
    with pytest.raises(openai.BadRequestError) as unknown:
        ours.moderations.create(input="calm", model="gpt-9")
    assert unknown.value.param == "model"
    assert unknown.value.code == "unknown_model"


def test_what_is_not_served_is_not_found(ours: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        ours.embeddings.create(input="calm", model="any")


def test_keys_are_asked_for_and_limited_as_the_package_expects(tmp_path: Path) -> None:
    url = url_in(tmp_path)
    allowed, _ = create_key(url, "a newsroom", [Scope.SCORE], rate=2)
    other, _ = create_key(url, "an operator", [Scope.ADMIN])
    with client_of(authentication="keys", database=url) as http:
        unknown = of(http, api_key="not a key")
        with unknown as ours, pytest.raises(openai.AuthenticationError) as bad:
            ours.moderations.create(input="calm")
        assert bad.value.code == "invalid_api_key"
        with of(http, api_key=other) as ours, pytest.raises(openai.PermissionDeniedError):
            ours.moderations.create(input="calm")
        with of(http, api_key=allowed) as ours:
            for _ in range(2):
                ours.moderations.create(input="calm")
            with pytest.raises(openai.RateLimitError) as many:
                ours.moderations.create(input="calm")
        assert many.value.code == "rate_limit_exceeded"
        assert int(many.value.response.headers["retry-after"]) > 0


def test_a_failing_model_is_a_server_error() -> None:
    class Failing(FakeModel):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            if "fail" in texts:
                raise RuntimeError("on purpose")
            return super().judge(texts)

    with (
        client_of(lambda: fake_moderator(Failing())) as http,
        of(http) as ours,
        pytest.raises(openai.InternalServerError) as caught,
    ):
        ours.moderations.create(input="fail")
    assert caught.value.status_code == 500
    assert "on purpose" not in str(caught.value)


def test_the_package_tries_again_while_the_model_loads() -> None:
    go_on = threading.Event()

    def load() -> Moderator:
        go_on.wait(60)
        return fake_moderator()

    with client_of(load, wait=False) as http:
        with of(http) as ours, pytest.raises(openai.InternalServerError) as caught:
            ours.moderations.create(input="calm")
        assert caught.value.status_code == 503
        threading.Timer(0.5, go_on.set).start()
        with of(http, max_retries=5) as ours:
            assert ours.moderations.create(input="calm").model == "fake@1"
