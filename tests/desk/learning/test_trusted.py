"""Corrections of trusted keys teach a little, and those of others nothing."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from rich.console import Console

from moderation.desk import Desk
from moderation.desk.jobs.retrain import retrain
from moderation.desk.learning import trusted
from moderation.desk.learning.labels import LeftOut
from moderation.desk.learning.trusted import trusted_corrections
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, User
from moderation.labels.records import Example
from moderation.service.api_keys import Scope
from moderation.service.intake import Correction
from moderation.verdict import Action
from tests.desk.sending import sent, unread, verdict

WORDS = ("ferry", "mill", "pier", "bank", "hall", "gate", "shop", "lane", "farm", "dam")
MANY = 1_000


def key(desk: Desk, *scopes: Scope) -> str:
    return desk.keys.store.create("a site", scopes or (Scope.SUGGEST, Scope.TEACH))[1].id


def text_of(number: int) -> str:
    return " ".join(f"{word}{number * 7 + place}" for place, word in enumerate(WORDS))


def correct(desk: Desk, key_id: str | None, number: int, **scores: float) -> None:
    comment = sent(text_of(number), verdict=verdict(action=Action.ALLOW))
    given = scores or {"insult": 1.0}
    desk.corrections.add(
        Correction(comment.text, given, "perspective", key=key_id, comment=comment)
    )


def taught(desk: Desk, most: int = MANY) -> tuple[list[Example], LeftOut]:
    left_out = LeftOut()
    decided = list(desk.labels.labelled_decisions())
    return trusted_corrections(desk.store, decided, most, left_out), left_out


def test_only_keys_that_may_teach_do(desk: Desk) -> None:
    good, revoked = key(desk), key(desk)
    for number, key_id in enumerate((good, key(desk, Scope.SUGGEST), revoked, None)):
        correct(desk, key_id, number)
    desk.keys.revoke(None, revoked)
    (example,), left_out = taught(desk)
    assert example.text.split()[0] == "ferry0"
    assert (example.label, example.attributes["insult"]) == ("inflammatory", 1.0)
    assert good in example.origin
    assert example.split == "train"
    assert not left_out
    Example.model_validate(example.model_dump())


def test_what_says_too_little_teaches_nothing(desk: Desk) -> None:
    teacher = key(desk)
    for number, scores in enumerate(
        (
            {"toxicity": 1.0},  # may be spam
            {"insult": 0.0},  # says nothing of threats
            {"ethnic_hostility": 1.0},  # names nobody
            {"toxicity": 0.0},
            {"inflammatory": 0.0, "ethnic_hostility": 0.1},
            {"news": 1.0},
        )
    ):
        correct(desk, teacher, number, **scores)
    held = unread("Ein Satz in einer Sprache, die das Modell nicht kennt.")
    desk.corrections.add(
        Correction(held.text, {"insult": 1.0}, "akismet", key=teacher, comment=held)
    )
    examples, left_out = taught(desk)
    assert sorted(example.label for example in examples) == ["civil", "civil", "news"]
    assert left_out.total() == 4


def test_what_people_decided_or_dismissed_is_not_taught_otherwise(desk: Desk, ana: User) -> None:
    teacher = key(desk)
    for number in range(3):
        correct(desk, teacher, number)
    waiting = desk.queue.lines(Filters(Queue.CORRECTED)).lines
    first, second, third = (line.id for line in waiting)
    desk.decisions.decide(ana, first, Ruling(Outcome.APPROVE))
    (received,) = desk.queue.get(second).corrections
    desk.corrections.dismiss(ana, second, received.id)
    (example,), left_out = taught(desk)
    assert example.text == desk.queue.get(third).text
    # A site that objects again to what was decided is not believed either.
    comment = desk.queue.get(first)
    again = Correction(comment.text or "", {"threat": 1.0}, "perspective", key=teacher)
    desk.corrections.add(again)
    (example,), left_out = taught(desk)
    assert dict(left_out) == {"nearly repeat a later or a confirmed one": 1}


def test_a_site_that_floods_teaches_no_more_than_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trusted, "MOST_OF_DAY", 4)
    flooding, modest = key(desk), key(desk)
    for number in range(9):
        correct(desk, flooding, number)
    for number in range(9, 12):
        correct(desk, modest, number)
    examples, left_out = taught(desk)
    assert sum(modest in example.origin for example in examples) == 3
    assert sum(flooding in example.origin for example in examples) == 4
    assert left_out.total() == 5
    assert len(taught(desk, most=2)[0]) == 2


def test_training_learns_from_them_and_never_from_more_than_there_are_decisions(
    desk: Desk, ana: User, tiny_model: Path
) -> None:
    teacher = key(desk)
    for number in range(6):
        correct(desk, teacher, number)
    numbers = desk.intake.take([sent(text_of(number)) for number in range(20, 25)])
    for number in numbers:
        ruling = Ruling(Outcome.REJECT, RejectionReason.INSULT)
        desk.decisions.decide(ana, number, ruling)
    learnt: list[Example] = []

    def train(examples: Sequence[Example], suffix: str, champion: object) -> NoReturn:
        learnt.extend(examples)
        raise KeyboardInterrupt

    told = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        retrain(desk, train, str(tiny_model), Console(file=told, width=200))
    assert sum("decision" in example.origin for example in learnt) == 4
    assert sum("correction" in example.origin for example in learnt) == 4
    assert "4 corrections of trusted keys to learn from." in told.getvalue()
    assert "2 are more than there are decisions" in told.getvalue()
