"""No visit is left behind that nobody can end."""

from collections.abc import Callable

import sqlalchemy as sa

from moderation.database.tables import sessions
from moderation.desk import Desk
from moderation.desk.types import Role
from tests.desk.web.people import PASSWORD, Person

Visit = Callable[[Role], Person]


def visits(desk: Desk) -> int:
    with desk.store.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(sessions)) or 0


def test_a_new_password_that_is_refused_leaves_no_second_visit(visit: Visit, desk: Desk) -> None:
    person = visit(Role.MODERATOR)
    assert person.send("/password", old=PASSWORD, new="short").status_code == 422
    assert person.send("/password", old="wrong", new="long enough, surely").status_code == 401
    assert visits(desk) == 1


def test_signing_in_again_ends_the_visit_before(visit: Visit, desk: Desk) -> None:
    person = visit(Role.MODERATOR)
    before = dict(person.client.cookies)
    assert person.sign_in(Role.READER).status_code == 303
    assert visits(desk) == 1
    person.client.cookies.update(before)
    assert person.get("/queues/review").status_code == 303
