"""Moderators are assigned sources and sections, and their queues show comments of these."""

import pytest

from moderation.desk import Desk
from moderation.desk.errors import NoSuchThing, NotAllowed
from moderation.desk.types import Filters, Queue, Role, Section, SectionField, User
from moderation.errors import InvalidInput
from tests.desk.sending import sent

SPORT = Section(SectionField.COMMUNITY, "sport")
PAPER = Section(SectionField.SOURCE, "paper")
POLITICS = Section(SectionField.PAGE, "https://news.example/politics/")


@pytest.fixture
def numbers(desk: Desk) -> dict[str, int]:
    """Return a comment of each kind by its name."""
    kinds = {
        "sport": sent("on sport", 0.9, community="sport"),
        "paper": sent("of the paper", 0.8, source="paper"),
        "politics": sent("on politics", 0.7, page="https://news.example/politics/7"),
        "other": sent("on POLITICS", 0.6, page="https://news.example/POLITICS/7"),
    }
    return {name: desk.intake.take([each])[0] for name, each in kinds.items()}


@pytest.mark.parametrize(
    ("sections", "names"),
    [
        ((), {"sport", "paper", "politics", "other"}),
        ((SPORT,), {"sport"}),
        ((PAPER, POLITICS), {"paper", "politics"}),
        ((Section(SectionField.PAGE, "https://news.example/"),), {"politics", "other"}),
        ((Section(SectionField.COMMUNITY, "100%"),), set()),
    ],
)
def test_list_count_search_and_the_next_comment_are_of_the_sections(
    desk: Desk,
    ana: User,
    numbers: dict[str, int],
    sections: tuple[Section, ...],
    names: set[str],
) -> None:
    wanted = {numbers[name] for name in names}
    filters = Filters(sections=sections)
    assert {line.id for line in desk.queue.lines(filters).lines} == wanted
    assert desk.queue.count(filters).number == len(wanted)
    assert desk.queue.counts(sections)[Queue.REVIEW].number == len(wanted)
    found = desk.queue.lines(Filters(sections=sections, words="politics")).lines
    assert {line.id for line in found} == wanted & {numbers["politics"], numbers["other"]}
    given: set[int] = set()
    while comment := desk.queue.next(ana, filters, skip=tuple(given)):
        given.add(comment.id)
    assert given == wanted


def test_a_lead_assigns_and_takes_away_and_the_log_says_so(
    desk: Desk, ana: User, bo: User, lead: User, admin: User
) -> None:
    for section in (SPORT, PAPER, SPORT):
        desk.assignments.assign(lead, "ana", section)
    assert set(desk.assignments.of(ana)) == {SPORT, PAPER}
    assert desk.assignments.of(bo) == ()
    assert desk.assignments.all(lead) == {"Ana": [SPORT, PAPER], "Bo": []}
    desk.assignments.remove(admin, "Ana", PAPER)
    assert desk.assignments.of(ana) == (SPORT,)
    entries = [
        (entry.act, entry.by, entry.subject, dict(entry.details))
        for entry in reversed(desk.audit.read(admin))
        if entry.act.startswith("section")
    ]
    assert entries == [
        ("section.assign", "Lin", "user Ana", {"community": "sport"}),
        ("section.assign", "Lin", "user Ana", {"source": "paper"}),
        ("section.remove", "Adi", "user Ana", {"source": "paper"}),
    ]


def test_only_leads_assign_and_only_to_moderators(
    desk: Desk, ana: User, lead: User, reader: User
) -> None:
    with pytest.raises(NotAllowed):
        desk.assignments.assign(ana, "Ana", SPORT)
    with pytest.raises(NotAllowed):
        desk.assignments.all(ana)
    for name in ("Lin", reader.name, "nobody"):
        with pytest.raises(NoSuchThing):
            desk.assignments.assign(lead, name, SPORT)
    with pytest.raises(InvalidInput):
        desk.assignments.assign(lead, "Ana", Section(SectionField.PAGE, "  "))
    assert desk.assignments.of(ana) == ()


def test_whoever_becomes_a_lead_sees_everything(
    desk: Desk, ana: User, lead: User, admin: User
) -> None:
    desk.assignments.assign(lead, "Ana", SPORT)
    assert desk.assignments.of(desk.accounts.change(admin, "Ana", role=Role.LEAD)) == ()


def test_the_switch_is_kept_with_the_session(desk: Desk, ana: User) -> None:
    session = desk.accounts.sign_in(ana.name, "a long password")
    assert not desk.accounts.session(session.token).all_sections
    desk.assignments.show_all(session, everything=True)
    assert desk.accounts.session(session.token).all_sections
    other = desk.accounts.sign_in(ana.name, "a long password")
    assert not desk.accounts.session(other.token).all_sections
    desk.assignments.show_all(session, everything=False)
    assert not desk.accounts.session(session.token).all_sections
