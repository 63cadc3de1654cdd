"""A caller chooses the model and the attributes."""

from pathlib import Path

import httpx
import pytest

from moderation.taxonomy import ATTRIBUTE_NAMES, OPENAI_CATEGORIES
from tests.service.fakes import client_of, is_error, score, wait_until

TEXT = "they say hostileword here"


def test_only_the_attributes_that_are_asked_for_are_told(client: httpx.Client) -> None:
    asked = ["threat", "ethnic_hostility"]
    (verdict,) = score(client, {"text": TEXT, "attributes": asked}).json()["verdicts"]
    assert set(verdict["scores"]) == set(asked)
    assert {span["attribute"] for span in verdict["spans"]} == {"ethnic_hostility"}
    (other,) = score(client, {"text": TEXT, "attributes": ["news"]}).json()["verdicts"]
    assert list(other["scores"]) == ["news"]
    assert other["spans"] == []
    assert (other["label"], other["action"]) == ("ethnic_hostility", "review")


@pytest.mark.parametrize(
    "attributes", [[], ["rudeness"], ["news", "news"], "news", {"news": 1}, [3], [["news"]], 3]
)
def test_attributes_that_do_not_exist_are_refused(client: httpx.Client, attributes: object) -> None:
    reply = score(client, {"text": TEXT, "attributes": attributes})
    assert is_error(reply, 422, "invalid_input")
    assert reply.json()["error"]["where"] == "attributes"


def test_the_default_model_may_be_named(client: httpx.Client) -> None:
    for model in ("fake@1", None):
        (verdict,) = score(client, {"text": TEXT, "model": model}).json()["verdicts"]
        assert verdict["model"] == "fake@1"


def test_a_listed_model_is_loaded_when_first_asked_for(tiny_model: Path) -> None:
    with client_of(models=(str(tiny_model),)) as client:
        assert client.get("/v1/attributes").json()["models"] == ["fake@1", "tiny@1"]

        def ask() -> httpx.Response:
            return score(client, {"text": TEXT, "model": "tiny@1"})

        first = ask()
        assert first.is_success or is_error(first, 503, "not_ready")
        wait_until(lambda: ask().is_success)
        assert ask().json()["verdicts"][0]["model"] == "tiny@1"
        assert score(client, {"text": TEXT}).json()["verdicts"][0]["model"] == "fake@1"
        page = client.post(
            "/v1/pages",
            params={"model": "tiny@1"},
            content=b"The council met on Tuesday, officials said.",
            headers={"Content-Type": "text/plain"},
        )
        assert {each["verdict"]["model"] for each in page.json()["passages"]} == {"tiny@1"}
        assert 'moderation_request_seconds_count{protocol="native",tier="tiny"}' in (
            client.get("/metrics").text
        )


@pytest.mark.parametrize("model", ["other@1", "", "../models", "/", "tiny@1"])
def test_no_other_model_can_be_asked_for(client: httpx.Client, model: str) -> None:
    reply = score(client, {"text": TEXT, "model": model})
    assert is_error(reply, 422, "unknown_model")
    assert "fake@1" in reply.json()["error"]["remedy"]


def test_a_model_that_cannot_be_loaded_harms_no_other(tmp_path: Path) -> None:
    with client_of(models=(str(tmp_path / "absent@1"),)) as client:
        wait_until(
            lambda: "could not be loaded" in score(client, {"text": TEXT, "model": "absent@1"}).text
        )
        assert str(tmp_path) not in score(client, {"text": TEXT, "model": "absent@1"}).text
        assert score(client, {"text": TEXT}).is_success


def test_every_attribute_is_listed_with_its_names_elsewhere(client: httpx.Client) -> None:
    reply = client.get("/v1/attributes").json()
    listed = {each["name"]: each for each in reply["attributes"]}
    assert list(listed) == list(ATTRIBUTE_NAMES)
    assert "TOXICITY" in listed["toxicity"]["perspective"]
    assert listed["ethnic_hostility"]["openai"] == ["hate", "hate/threatening"]
    assert listed["ethnic_hostility"]["coral"] == "HATE_SPEECH"
    known = {category.name for category in OPENAI_CATEGORIES}
    assert all(set(each["openai"]) <= known for each in listed.values())
    assert "civil" in reply["labels"]
