"""Texts to the authors of rejected comments, from the newsroom's templates."""

from dataclasses import replace
from typing import Any

import pytest

from moderation.desk import Desk
from moderation.desk.decisions.author_texts import MAX_AUTHOR_TEXT
from moderation.desk.errors import InvalidRuling, NotAllowed
from moderation.desk.types import (
    DeskOptions,
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Ruling,
    User,
)
from moderation.errors import InvalidInput
from tests.desk.sending import sent

REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
RULES = "https://paper.example/rules"


def comment(desk: Desk, **about: Any) -> int:
    (number,) = desk.intake.take([sent("a text", source="the-paper", **about)])
    return number


def test_a_reason_has_its_own_text_or_that_for_all_others(desk: Desk, lead: User) -> None:
    desk.settings.save(lead, DeskOptions(site_name="The Paper", rules=RULES))
    templates = {"": "{site}: {rules}", "insult": "No insults under “{headline}”, please."}
    desk.author_texts.save(lead, templates)
    assert desk.author_texts.templates() == templates
    titled = desk.queue.get(comment(desk, external_id="1", title="The {rules} ferry", page="p"))
    texts = desk.author_texts.filled(titled)
    assert set(texts) == set(RejectionReason)
    assert texts[RejectionReason.SPAM] == f"The Paper: {RULES}"
    # A headline is no template.
    assert texts[RejectionReason.INSULT] == "No insults under “The {rules} ferry”, please."


def test_without_a_headline_or_a_name_the_page_and_the_source_stand_in(
    desk: Desk, lead: User
) -> None:
    desk.author_texts.save(lead, {"spam": "{headline} at {site}"})
    paged = desk.queue.get(comment(desk, external_id="1", page="https://paper.example/1"))
    assert desk.author_texts.filled(paged) == {
        RejectionReason.SPAM: "https://paper.example/1 at the-paper"
    }


def test_a_comment_whose_site_is_not_told_has_no_texts(desk: Desk, lead: User) -> None:
    desk.author_texts.save(lead, {"": "Dear author"})
    assert desk.author_texts.filled(desk.queue.get(comment(desk))) == {}


def test_a_blank_template_is_removed(desk: Desk, lead: User) -> None:
    desk.author_texts.save(lead, {"": "Dear author", "spam": "No advertisements"})
    desk.author_texts.save(lead, {"": " ", "spam": "No advertisements "})
    assert desk.author_texts.templates() == {"spam": "No advertisements"}


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ({"": "Dear {author}"}, "{author} is no placeholder"),
        ({"spam": "See {rules}"}, "the address of the rules is not set"),
        ({"spam": "x" * (MAX_AUTHOR_TEXT + 1)}, "at most 2000 characters"),
        ({"spam": "a\0b"}, "a character that no text can have"),
        ({"rudeness": "x"}, "no such reason"),
    ],
)
def test_a_wrong_template_is_refused_and_changes_none(
    desk: Desk, lead: User, templates: dict[str, str], message: str
) -> None:
    desk.author_texts.save(lead, {"": "Dear author"})
    with pytest.raises(InvalidInput) as caught:
        desk.author_texts.save(lead, templates)
    assert message in str(caught.value)
    assert desk.author_texts.templates() == {"": "Dear author"}


def test_only_leads_change_templates(desk: Desk, ana: User) -> None:
    with pytest.raises(NotAllowed):
        desk.author_texts.save(ana, {"": "Dear author"})


@pytest.mark.parametrize(
    "rules", ["paper.example", "javascript:alert(1)", "https://a b", "x" * 600]
)
def test_the_rules_need_an_address(desk: Desk, lead: User, rules: str) -> None:
    with pytest.raises(InvalidInput):
        desk.settings.save(lead, DeskOptions(rules=rules))


@pytest.mark.parametrize(
    "ruling",
    [
        Ruling(Outcome.APPROVE, author_text="Thank you"),
        replace(REJECT, author_text="x" * (MAX_AUTHOR_TEXT + 1)),
        replace(REJECT, author_text="a\0b"),
    ],
)
def test_a_wrong_text_is_refused(desk: Desk, ana: User, ruling: Ruling) -> None:
    number = comment(desk, external_id="1")
    with pytest.raises(InvalidRuling) as caught:
        desk.decisions.decide(ana, number, ruling)
    assert caught.value.where == "author_text"
    assert desk.queue.get(number).decisions == ()


def test_the_text_is_kept_with_the_decision_and_exported(desk: Desk, ana: User, lead: User) -> None:
    number = comment(desk, external_id="1")
    ruling = replace(REJECT, author_text="Please stay kind.", token="form-1")  # noqa: S106  # a form
    assert desk.decisions.decide(ana, number, ruling).ruling == ruling
    # The same form, sent again, makes no second decision; another text is another form.
    desk.decisions.decide(ana, number, ruling)
    decision = desk.queue.get(number).line.decision
    assert decision
    assert decision.ruling == ruling
    (line,) = desk.exports.jsonl(lead, Filters(Queue.DECIDED))
    assert '"author_text": "Please stay kind."' in line
