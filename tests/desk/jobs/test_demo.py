"""The demonstration adds what is missing, and takes nobody's account."""

import pytest

from moderation.desk import Desk
from moderation.desk.errors import WrongPassword
from moderation.desk.jobs.demo import fill
from moderation.desk.types import Filters, Role
from moderation.verdict import Verdict
from tests.desk.conftest import PASSWORD, person
from tests.desk.sending import verdict


def judge(texts: list[str]) -> list[Verdict]:
    """Hold everything."""
    return [verdict() for _ in texts]


def test_a_second_time_it_says_how_many_wait_and_gives_a_new_password(desk: Desk) -> None:
    first = fill(desk, judge)
    second = fill(desk, judge)
    assert first.waiting == second.waiting == desk.queue.count(Filters()).number > 0
    assert first.name == second.name == "demo"
    assert desk.accounts.sign_in(second.name, second.password).user.role is Role.LEAD
    with pytest.raises(WrongPassword):
        desk.accounts.sign_in(first.name, first.password)


@pytest.mark.parametrize("name", ["demo", "Demo"])
def test_somebody_of_that_name_keeps_name_and_password(desk: Desk, name: str) -> None:
    person(desk, name, Role.READER)
    made = [fill(desk, judge) for _ in range(2)]
    assert desk.accounts.sign_in(name, PASSWORD).user.role is Role.READER
    assert [one.name for one in made] == ["demo2", "demo2"]
    assert desk.accounts.sign_in("demo2", made[1].password).user.role is Role.LEAD
