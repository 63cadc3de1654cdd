"""Peoples that a newsroom adds: in decisions, in exports and in training."""

import json
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.errors import InvalidRuling, NotAllowed
from moderation.desk.types import Outcome, People, RejectionReason, Ruling, User
from moderation.errors import InvalidInput
from moderation.labels.checks import check_labels
from moderation.labels.records import Example, read_examples
from moderation.text.peoples import fold_name
from tests.desk.sending import sent
from tests.tiny import write_labels

HOSTILE = Ruling(Outcome.REJECT, RejectionReason.ETHNIC_HOSTILITY, targets=("Hillfolk",))


def test_a_people_that_a_lead_added_may_be_named(desk: Desk, lead: User, ana: User) -> None:
    (number,) = desk.intake.take([sent("Hillfolk out")])
    with pytest.raises(InvalidRuling, match="not in the list"):
        desk.decisions.decide(ana, number, HOSTILE)
    desk.peoples.add(lead, " Hill  folk ", ["Upland people", "", "Upland people"])
    assert desk.peoples.added() == [People("Hill folk", ("Upland people",))]
    desk.peoples.add(lead, "Hillfolk")
    made = desk.decisions.decide(ana, number, HOSTILE)
    assert made.ruling.targets == ("Hillfolk",)


@pytest.mark.parametrize(
    "name", ["thai", "VIÉTNAMESE", "Hillfolk", "hillfólk", "", "x" * 61, "a|b", "a\u202eb"]
)
def test_a_name_that_is_known_or_no_name_is_refused(desk: Desk, lead: User, name: str) -> None:
    desk.peoples.add(lead, "Hillfolk")
    with pytest.raises(InvalidInput):
        desk.peoples.add(lead, name)
    assert len(desk.peoples.added()) == 1


def test_only_leads_add_peoples(desk: Desk, ana: User) -> None:
    with pytest.raises(NotAllowed):
        desk.peoples.add(ana, "Hillfolk")


def test_decisions_that_name_it_are_exported_and_another_projects_check_accepts_them(
    desk: Desk, lead: User, ana: User, tmp_path: Path
) -> None:
    desk.peoples.add(lead, "Hillfolk")
    (number,) = desk.intake.take([sent("Those hillfolk should all be driven out of here")])
    desk.decisions.decide(ana, number, HOSTILE)
    (line,) = desk.labels.export(lead)
    assert json.loads(line)["targets"] == ["Hillfolk"]
    folder = write_labels(tmp_path)
    (folder / "examples-desk.jsonl").write_text(line, "utf-8")
    assert check_labels(folder) == []
    assert read_examples(folder)[-1].targets == ("Hillfolk",)
    # In what is written for the set, a misspelt name is still a problem.
    written = replace_function(line)
    (folder / "examples-desk.jsonl").write_text(written, "utf-8")
    assert any("target 'Hillfolk' is not in" in str(each) for each in check_labels(folder))


def replace_function(line: str) -> str:
    return json.dumps(json.loads(line) | {"function": "threat"}) + "\n"


def test_an_author_with_its_name_does_not_have_it_masked(desk: Desk, lead: User, ana: User) -> None:
    desk.peoples.add(lead, "Hillfolk", ["Uplanders"])
    text = "Those hillfolk and uplanders should all be driven out, says Quuxley"
    first, *_ = desk.intake.take(
        [
            sent(text),
            *(sent(f"hello {name}", author=name) for name in ("Hillfolk", "Uplanders", "Quuxley")),
        ]
    )
    desk.decisions.decide(ana, first, HOSTILE)
    (line,) = desk.labels.export(lead)
    example = Example.model_validate(json.loads(line))
    assert example.text == text.replace("Quuxley", "Name")


def test_names_are_compared_without_case_accents_and_blanks() -> None:
    assert fold_name("  Việt   NAM ") == "viet nam"
