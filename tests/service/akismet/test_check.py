"""`comment-check` holds what the policy does not allow, and nothing else."""

from collections.abc import Sequence
from urllib.parse import quote

import httpx
import pytest

from moderation.errors import NotReady
from moderation.moderator import Moderator
from moderation.policy import AkismetPolicy, Policy, WordLists
from moderation.service.app import create_app
from moderation.service.intake import Submission
from moderation.settings import Settings
from tests.service.akismet.asking import BLOG, CALM, HOSTILE, answer, ask, check
from tests.service.fakes import FakeModel, client_of, fake_moderator, is_ready, running, wait_until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Desk:
    """Stands for the review desk."""

    def __init__(self) -> None:
        self.kept: list[Submission] = []

    def take(self, comments: Sequence[Submission], /) -> None:
        """Keep comments."""
        self.kept += comments


def test_a_comment_is_held_where_the_policy_does_not_allow_it(client: httpx.Client) -> None:
    assert check(client, CALM) == "false"
    assert check(client, HOSTILE) == "true"
    assert check(client, CALM) == "false"


def test_each_answer_has_an_id_without_which_wordpress_heeds_none(client: httpx.Client) -> None:
    ids = {ask(client, "comment-check").headers["x-akismet-guid"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("content", ["", " \n", "<p></p>", "\0"])
def test_what_has_no_text_is_not_held(client: httpx.Client, content: str) -> None:
    assert check(client, content) == "false"


@pytest.mark.parametrize(
    "content",
    [
        "they say <b>hostile</b>word here",
        "they say hostile\0word here",
        '<a href="https://news.example">hostileword</a>',
        "<x hostileword y",
        "GIF89a hostileword",
    ],
)
def test_no_markup_hides_a_word(client: httpx.Client, content: str) -> None:
    assert check(client, content) == "true"
    assert check(client, content.replace("hostile", "kind")) == "false"


def test_a_comment_is_read_in_the_encoding_that_the_site_names() -> None:
    policy = Policy(name="mine", words=WordLists(review=("thé",)))
    with client_of(lambda: Moderator(FakeModel(), policy)) as listed:
        for charset in ("utf-8", "iso-8859-15", "cp1251", "unknown", "hex"):
            known = charset in {"utf-8", "iso-8859-15"}
            raw = quote("du thé", encoding=charset if known else "latin-1")
            body = f"comment_content={raw}&blog_charset={charset}"
            reply = listed.post("/1.1/comment-check", content=body, headers=FORM)
            assert answer(reply) == ("false" if charset == "cp1251" else "true"), charset
        header = {"Content-Type": f"{FORM['Content-Type']}; charset=iso-8859-15"}
        body = f"comment_content={quote('du thé', encoding='latin-1')}"
        assert answer(listed.post("/1.1/comment-check", content=body, headers=header)) == "true"


def test_an_administrators_comment_is_never_held(client: httpx.Client) -> None:
    assert check(client, HOSTILE, user_role="administrator") == "false"
    assert check(client, HOSTILE, user_role="editor,administrator") == "false"
    assert check(client, HOSTILE, user_role="subscriber") == "true"
    assert check(client, HOSTILE, comment_author="administrator") == "true"


@pytest.mark.parametrize("author", ["akismet-guaranteed-spam", "viagra-test-123"])
def test_a_site_can_try_its_setting_up_with_the_authors_of_the_protocol(
    client: httpx.Client, author: str
) -> None:
    assert check(client, CALM, comment_author=author) == "true"
    assert check(client, CALM, comment_author=f"{author}s") == "false"


def test_a_blocked_comment_is_discarded_only_if_the_newsroom_says_so() -> None:
    for discard in (False, True):
        policy = Policy(
            name="mine",
            block={"ethnic_hostility": 0.8},
            review={"toxicity": 0.05},
            akismet=AkismetPolicy(discard=discard),
        )
        with client_of(lambda policy=policy: Moderator(FakeModel(), policy)) as client:  # type: ignore[misc]
            blocked, reviewed = ask(client, "comment-check", HOSTILE), ask(client, "comment-check")
        assert (blocked.text, reviewed.text) == ("true", "true")
        assert blocked.headers.get("x-akismet-pro-tip") == ("discard" if discard else None)
        assert "x-akismet-pro-tip" not in reviewed.headers


def test_what_is_held_waits_at_the_desk_with_its_context() -> None:
    desk = Desk()
    app = create_app(Settings(max_text_chars=100, log_level="error"), fake_moderator)
    app.state.intake = desk
    with running(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
        wait_until(lambda: is_ready(client))
        context = {
            "permalink": f"{BLOG}/a",
            "comment_author": "A. Reader",
            "comment_date_gmt": "2026-05-01T10:00:00",
        }
        check(client, CALM, **context)
        check(client, HOSTILE, is_test="true", **context)
        check(client, HOSTILE, user_role="administrator")
        assert desk.kept == []
        check(client, HOSTILE, is_test="0", **context)
        (kept,) = desk.kept
        assert (kept.text, kept.source, kept.page) == (HOSTILE, "akismet", f"{BLOG}/a")
        assert (kept.author, kept.community) == ("A. Reader", BLOG)
        assert kept.time is not None
        assert kept.time.isoformat() == "2026-05-01T10:00:00+00:00"
        long = "calm " * 40
        assert check(client, long) == "true"
        assert desk.kept[1].text == long
        assert desk.kept[1].verdict.reasons == ("length",)


def test_each_error_is_told_in_plain_text() -> None:
    with client_of(max_body_bytes=2_000_000) as client:
        many = "&".join(["a=b"] * 3_000)
        for reply, status in (
            (client.post("/1.1/comment-check", json={"comment_content": CALM}), 415),
            (client.post("/1.1/comment-check", content=many, headers=FORM), 422),
            (client.post("/1.1/comment-check", headers=FORM | {"Content-Encoding": "gzip"}), 415),
            (ask(client, "comment-check", "x" * 1_100_000), 413),
            (ask(client, "comment-check", "x" * 2_100_000), 413),
            (client.get("/1.1/comment-check"), 405),
            (ask(client, "key-sites"), 404),
        ):
            assert reply.status_code == status
            assert reply.headers["content-type"] == "text/plain; charset=utf-8"
            assert reply.text not in {"true", "false", "valid", "invalid", ""}
            assert reply.headers["x-akismet-debug-help"].startswith(reply.text)


def test_a_service_without_a_model_holds_nothing_and_lets_nothing_through() -> None:
    def never() -> Moderator:
        raise NotReady("There is no model.")

    with client_of(never, wait=False) as client:
        reply = ask(client, "comment-check")
    assert reply.status_code == 503
    assert "retry-after" in reply.headers
    assert reply.text not in {"true", "false"}
