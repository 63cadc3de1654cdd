"""Peoples that leads add at the desk, to be named as targets besides those in the table.

Models do not find them by themselves: a person names them.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from moderation.database.desk_tables import peoples
from moderation.database.store import Store
from moderation.database.tables import now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.types import People, Role, User
from moderation.errors import InvalidInput
from moderation.text.peoples import PEOPLES, fold_name

MAX_NAME, MAX_FORMS = 60, 20
SEPARATOR = "|"
"""May stand in no name: a form of the desk joins names with it."""


class Peoples:
    """The peoples that may be named as targets at a desk."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def added(self) -> list[People]:
        """Return the peoples that were added here, in the order of their names."""
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(peoples).order_by(peoples.c.folded))
            return [People(row.name, tuple(row.forms)) for row in rows]

    def add(self, user: User, name: str, forms: Sequence[str] = ()) -> People:
        """Add a people; leads only.

        Parameters
        ----------
        user : User
        name : str
        forms : sequence of str
            Other names by which the people is found.

        Raises
        ------
        NotAllowed
        InvalidInput
            If a name breaks a rule, or stands for a people that is known already.
        """
        check_role(user, Role.LEAD)
        name = _checked(name)
        forms = tuple(dict.fromkeys(_checked(form) for form in forms if form.strip()))
        if len(forms) > MAX_FORMS:
            raise InvalidInput(
                "A group of people has at most %(most)s other names.",
                where="people",
                values={"most": MAX_FORMS},
            )
        people = People(name, forms)
        if fold_name(name) in _known():
            raise _already(name)

        def act(connection: sa.Connection) -> People:
            added = connection.execute(
                self._store.insert(peoples)
                .values(
                    name=name,
                    folded=fold_name(name),
                    forms=list(forms),
                    user_id=user.id,
                    made=now(),
                )
                .on_conflict_do_nothing()
                .returning(peoples.c.id)
            ).one_or_none()
            if added is None:
                raise _already(name)
            self._audit.add(connection, user, "people.add", f"people {name}")
            return people

        return self._store.write(act)


def added_peoples(connection: sa.Connection, names: Collection[str]) -> set[str]:
    """Return those of some names that are peoples added at the desk."""
    others = [name for name in names if name not in PEOPLES]
    if not others:
        return set()
    return set(connection.scalars(sa.select(peoples.c.name).where(peoples.c.name.in_(others))))


def _known() -> set[str]:
    return {fold_name(name) for name in PEOPLES} | {
        fold_name(form) for forms in PEOPLES.values() for form in forms
    }


def _already(name: str) -> InvalidInput:
    return InvalidInput("This group of people is already in the list.", where=name)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or SEPARATOR in name:
        raise InvalidInput(
            "The name of a group of people has 1 to %(most)s printable characters.",
            where="people",
            values={"most": MAX_NAME},
        )
    return name
