"""Settings of the desk that leads change on its pages, in contrast to those of the service."""

from collections.abc import Mapping

import sqlalchemy as sa

from moderation.database.desk_tables import desk_settings
from moderation.database.store import Store
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.types import DeskOptions, Role, User
from moderation.errors import InvalidInput
from moderation.text.validate import clean_text

MAX_IN_A_ROW = 100
MAX_SITE_NAME, MAX_ADDRESS = 100, 500


class DeskSettings:
    """The settings of the desk."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def get(self) -> DeskOptions:
        """Return the settings; what nobody has set has its default."""
        with self._store.reading() as connection:
            return read_options(connection)

    def save(self, user: User, options: DeskOptions) -> None:
        """Keep the settings; leads only.

        Raises
        ------
        NotAllowed
        InvalidInput
            If a value is out of range; it names the field.
        """
        check_role(user, Role.LEAD)
        values = _checked(options)

        def act(connection: sa.Connection) -> None:
            for name, value in values.items():
                connection.execute(
                    self._store.insert(desk_settings)
                    .values(name=name, value=value)
                    .on_conflict_do_update(index_elements=["name"], set_={"value": value})
                )
            self._audit.add(
                connection, user, "settings.change", "settings", count=options.severe_in_a_row
            )

        self._store.write(act, idempotent=True)


def read_options(connection: sa.Connection) -> DeskOptions:
    """Return the desk's settings."""
    rows = connection.execute(sa.select(desk_settings.c.name, desk_settings.c.value))
    kept = {row.name: row.value for row in rows}
    default = DeskOptions()
    return DeskOptions(
        severe_in_a_row=kept.get("severe_in_a_row", default.severe_in_a_row),
        site_name=kept.get("site_name", default.site_name),
        rules=kept.get("rules", default.rules),
    )


def _checked(options: DeskOptions) -> Mapping[str, str | int]:
    if not 0 <= options.severe_in_a_row <= MAX_IN_A_ROW:
        raise InvalidInput(
            "The number of severe comments in a row is 0 to %(most)s.",
            where="severe_in_a_row",
            values={"most": MAX_IN_A_ROW},
        )
    site_name = " ".join(clean_text(options.site_name, "").split())
    if len(site_name) > MAX_SITE_NAME:
        raise InvalidInput(
            "The name of the site has at most %(most)s characters.",
            where="site_name",
            values={"most": MAX_SITE_NAME},
        )
    rules = options.rules.strip()
    is_address = rules.startswith(("https://", "http://")) and rules.isprintable()
    if rules and (not is_address or " " in rules or len(rules) > MAX_ADDRESS):
        raise InvalidInput(
            "The address of the rules begins with https:// and has no blanks.", where="rules"
        )
    return {
        "severe_in_a_row": options.severe_in_a_row,
        "site_name": site_name,
        "rules": rules,
    }
