"""API keys of the service, which administrators create and revoke at the desk."""

import hashlib
from collections.abc import Sequence

from moderation.database.tables import COMMAND
from moderation.desk.accounts.accounts import check_role
from moderation.desk.errors import NoSuchThing, OutOfDate
from moderation.desk.types import Role, User
from moderation.errors import InvalidInput
from moderation.service.api_keys import ID_CHARACTERS, ApiKey, Scope
from moderation.service.key_store import KeyIdTaken, KeyStore


class DeskKeys:
    """The API keys of the service; only administrators change them.

    Parameters
    ----------
    store : KeyStore
        The service's store of keys, which adds each change to the audit log in its transaction.
    """

    def __init__(self, store: KeyStore) -> None:
        self.store = store

    def all(self) -> list[ApiKey]:
        """Return all keys, revoked ones included, oldest first."""
        return self.store.all()

    def create(
        self,
        by: User | None,
        name: str,
        scopes: Sequence[Scope],
        rate: int | None = None,
        *,
        token: str = "",
    ) -> tuple[str, ApiKey]:
        """Create a key, and keep its hash; admins only.

        Parameters
        ----------
        by : User or None
        name : str
        scopes : sequence of Scope
        rate : int, optional
            The limit of requests a minute; the one of the settings if None, none if 0.
        token : str
            The token of the form, of which each creates one key only; empty without a form.

        Returns
        -------
        str
            The key itself, which cannot be shown again.
        ApiKey
            The record of it.

        Raises
        ------
        NotAllowed
        OutOfDate
            If the form has created a key already.
        """
        check_role(by, Role.ADMIN)
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest() if token else ""
        try:
            return self.store.create(
                name, scopes, rate, by=_name(by), key_id=digest[:ID_CHARACTERS]
            )
        except KeyIdTaken:
            if not token:
                raise
            raise OutOfDate("This form has made a key before.", remedy="Reload the page.") from None

    def revoke(self, by: User | None, key_id: str) -> ApiKey:
        """Revoke a key, and keep the record of it; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        check_role(by, Role.ADMIN)
        try:
            return self.store.revoke(key_id, by=_name(by))
        except InvalidInput as error:
            raise NoSuchThing(error.message, where=error.where) from None


def _name(by: User | None) -> str:
    return by.name if by else COMMAND
