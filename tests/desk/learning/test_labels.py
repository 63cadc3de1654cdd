"""Decisions become records of the labelled set, without personal data."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.database.location import existing_url
from moderation.desk import Desk
from moderation.desk.errors import NotAllowed
from moderation.desk.learning.labels import LeftOut, summary
from moderation.desk.learning.masking import known_names, mask
from moderation.desk.types import Filters, Outcome, RejectionReason, Ruling, User
from moderation.errors import DatabaseError
from moderation.labels.records import Example
from moderation.taxonomy import Label
from moderation.text.near_duplicates import THRESHOLD, drop_leaks
from moderation.verdict import Span
from tests.desk.sending import sent, unread, verdict

APPROVE = Ruling(Outcome.APPROVE)


def exported(desk: Desk, lead: User) -> list[Example]:
    lines = list(desk.labels.export(lead))
    return [Example.model_validate(json.loads(line)) for line in lines]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 012 345 678 now", "call 000000 now"),
        ("call +855-12-345-678", "call 000000"),
        ("write to bo.x@mail.example, please", "write to name@example.org, please"),
        ("see https://a.example/x?y=1 now", "see https://example.org now"),
        ("www.b.example", "https://example.org"),
        ("ask @sokha_99", "ask @name"),
        ("he lives at 12 Green Hill Road", "he lives at 1 Example Street"),
        ("village 7, street 271", "Street 1, Street 1"),
        ("Mr. Sok Dara said so", "Mr. Name said so"),
        ("Ana Lee is a liar", "Name is a liar"),
        ("in 2024 it cost 1,000,000 riel", "in 2024 it cost 1,000,000 riel"),
        ("the road is closed", "the road is closed"),
    ],
)  # fmt: skip
def test_addresses_numbers_and_names_are_masked(text: str, masked: str) -> None:
    assert mask(text, known_names(["Ana Lee", "Bo"])).text == masked


@given(
    st.lists(
        st.sampled_from(
            ["you fool", "012 345 678", "a@b.example", "Ana Lee", " ", "។", "@bob", "road 5", "🙂"]
        ),
        max_size=12,
    ),
    st.data(),
)
def test_a_run_that_is_not_masked_is_found_where_it_moved(
    parts: list[str], data: st.DataObject
) -> None:
    text = " ".join(parts)
    masked = mask(text, known_names(["Ana Lee"]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    left, right = masked.move(start, end)
    assert 0 <= left <= right <= len(masked.text)
    if start < end and all(edit.end <= start or edit.start >= end for edit in masked.edits):
        assert masked.text[left:right] == text[start:end]


def test_a_decision_becomes_a_valid_record_with_its_provenance(
    desk: Desk, ana: User, lead: User
) -> None:
    text = "Mr Sok Dara, you filthy pig, call 012 345 678"
    (number,) = desk.intake.take([sent(text)])
    start = text.index("you")
    ruling = Ruling(
        Outcome.REJECT,
        RejectionReason.INSULT,
        attributes={"profanity": 1.0},
        spans=(Span(start, start + 14, "inflammatory", 1.0),),
    )
    decision = desk.decisions.decide(ana, number, ruling)
    (record,) = exported(desk, lead)
    assert record.text == "Mr Name, you filthy pig, call 000000"
    assert record.label is Label.INFLAMMATORY
    assert record.attributes["insult"] == record.attributes["profanity"] == 1.0
    assert record.attributes["threat"] is None
    (run,) = record.evidence
    assert record.text[run.start : run.end] == "you filthy pig"
    assert f"decision {decision.id} of" in record.origin
    assert "fake@1" in record.origin


def test_hostility_is_exported_with_the_people_it_attacks_or_not_at_all(
    desk: Desk, ana: User, lead: User
) -> None:
    hostile = verdict({"ethnic_hostility": 0.9}, targets=("Thai",))
    first, second = sorted(
        desk.intake.take([sent("Drive them all out now", verdict=hostile), sent("Those people")])
    )
    texts = {desk.queue.get(number).text: number for number in (first, second)}
    ruling = Ruling(Outcome.REJECT, RejectionReason.ETHNIC_HOSTILITY)
    for number in texts.values():
        desk.decisions.decide(ana, number, ruling)
    (record,) = exported(desk, lead)
    assert record.targets == ("Thai",)
    assert record.text == "Drive them all out now"


def test_what_says_nothing_new_or_nothing_at_all_is_left_out(
    desk: Desk, ana: User, lead: User
) -> None:
    base = "the minister should answer the question that he was asked on Monday about the dam"
    desk.intake.take([sent(base), sent(f"{base} !!"), sent("buy cheap watches"), sent("at once")])
    texts = {line.excerpt: line.id for line in desk.queue.lines(Filters()).lines}
    desk.decisions.decide(ana, texts[base], APPROVE)
    desk.decisions.decide(ana, texts[f"{base} !!"], APPROVE)
    desk.decisions.decide(
        ana, texts["buy cheap watches"], Ruling(Outcome.REJECT, RejectionReason.SPAM)
    )
    bulk = desk.bulk.apply(lead, Filters(), max(texts.values()), Outcome.APPROVE)
    assert bulk.count == 1
    assert [record.text for record in exported(desk, lead)] == [f"{base} !!"]


def test_what_a_person_marked_as_any_harm_is_the_evidence(
    desk: Desk, ana: User, lead: User
) -> None:
    text = "The dam is late again. you filthy pig. The road is late too."
    (number,) = desk.intake.take([sent(text)])
    start = text.index("you")
    marked = (Span(start, start + 14, "insult", 1.0),)
    desk.decisions.decide(ana, number, Ruling(Outcome.REJECT, RejectionReason.INSULT, spans=marked))
    (record,) = exported(desk, lead)
    (run,) = record.evidence
    assert text[run.start : run.end] == "you filthy pig"
    assert run.attribute == "inflammatory"


def test_of_texts_that_repeat_the_newest_decision_holds(desk: Desk, ana: User, lead: User) -> None:
    base = "the minister should answer the question that he was asked on Monday about the dam"
    texts = [base, "it rains again on the market", f"{base} !!"]
    numbers = [number for text in texts for number in desk.intake.take([sent(text)])]
    desk.decisions.decide(ana, numbers[0], Ruling(Outcome.REJECT, RejectionReason.INSULT))
    for number in numbers[1:]:
        desk.decisions.decide(ana, number, APPROVE)
    records = exported(desk, lead)
    assert [record.text for record in records] == texts[1:]
    assert [record.label for record in records] == [Label.CIVIL, Label.CIVIL]


SAME = "the road is closed until Monday morning"


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (f"{SAME} they say", f"{SAME} they said", True),
        (SAME, f"{SAME} now", True),
        # Shared runs of two words alone once made these near-duplicates, but for training.
        (SAME, SAME.replace("morning", "noon"), False),
        ("calm down you fool", "calm down you fools", False),
        # Beyond their first 5,000 characters these were once not compared, but for training.
        (f"{'so it goes ' * 500}{SAME}", f"{'so it goes ' * 500}he answered at last", False),
        (SAME, "it rains again on the market by the river", False),
    ],
)
def test_the_desk_and_training_agree_on_what_is_a_near_duplicate(
    desk: Desk, ana: User, lead: User, one: str, other: str, *, near: bool
) -> None:
    first, second = (number for text in (one, other) for number in desk.intake.take([sent(text)]))
    for number in (first, second):
        desk.decisions.decide(ana, number, APPROVE)
    related = {each.line.id: each.share for each in desk.queue.similar(desk.queue.get(first))}
    assert (related.get(second, 0) >= THRESHOLD) == near
    assert (len(exported(desk, lead)) == 1) == near
    assert (drop_leaks([Held(one)], [Held(other)]) == []) == near


class Held(NamedTuple):
    """A text that teaches, or that measures."""

    text: str


def test_what_teaches_nothing_is_counted_with_its_reason(desk: Desk, ana: User, lead: User) -> None:
    texts = ["buy cheap watches now", "drive those people out", "calm", "gone", "at once"]
    sells, hostile, calm, gone, _ = (
        number for text in texts for number in desk.intake.take([sent(text, author=text)])
    )
    desk.decisions.decide(ana, sells, Ruling(Outcome.REJECT, RejectionReason.SPAM))
    desk.decisions.decide(ana, hostile, Ruling(Outcome.REJECT, RejectionReason.ETHNIC_HOSTILITY))
    for number in (calm, gone):
        desk.decisions.decide(ana, number, APPROVE)
    desk.retention.erase_author(None, "gone")
    desk.bulk.apply(lead, Filters(), 10_000, Outcome.APPROVE)
    left_out = LeftOut()
    assert len(list(desk.labels.export(lead, left_out))) == 1
    assert summary(left_out) == (
        "1 have no text any more; 1 reject as hostile to a people and name none; "
        "1 reject for what is no label; 1 were made in bulk"
    )


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "typo.db"
    for named in (str(file), f"sqlite:///{file}"):
        with pytest.raises(DatabaseError, match="no such database"):
            existing_url(named)
    assert not file.exists()
    file.touch()
    assert existing_url(str(file)) == f"sqlite:///{file}"
    assert existing_url("postgresql://desk@host/name") == "postgresql://desk@host/name"


def test_only_leads_export(desk: Desk, ana: User) -> None:
    with pytest.raises(NotAllowed):
        desk.labels.export(ana)


def test_a_comment_in_a_language_that_the_model_does_not_know_teaches_nothing(
    desk: Desk, ana: User, lead: User
) -> None:
    for number in desk.intake.take([unread("Die Brücke ist zu"), sent("The bridge is closed")]):
        desk.decisions.decide(ana, number, APPROVE)
    assert [example.text for example in exported(desk, lead)] == ["The bridge is closed"]
    left_out = LeftOut()
    list(desk.labels.labelled_decisions(left_out))
    assert summary(left_out) == "1 are on comments in a language that the model does not know"


def test_a_comment_that_was_not_judged_in_time_teaches(desk: Desk, ana: User, lead: User) -> None:
    (number,) = desk.intake.take([unread("The bridge is closed", None)])
    desk.decisions.decide(ana, number, APPROVE)
    assert [example.label for example in exported(desk, lead)] == [Label.CIVIL]
