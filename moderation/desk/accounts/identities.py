"""People who sign in at a provider: their sign-ins, and the accounts that are linked to them.

An account is bound to the issuer and the subject of an ID token. A name or an e-mail address never
opens one: at the provider they may be another person's tomorrow.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from moderation.database.sign_in_tables import identities, sign_ins
from moderation.database.store import Store
from moderation.database.tables import now, users
from moderation.desk.accounts.accounts import (
    MAX_NAME,
    NOBODY,
    Audit,
    add_user,
    check_role,
    find_user,
    lock_admins,
)
from moderation.desk.accounts.login import begin_session, end_sessions, user_of
from moderation.desk.accounts.throttling import network_of, remember_device, token_hash
from moderation.desk.errors import Crowded, NoSuchThing, NotLinked, ProviderRefused, SignInOver
from moderation.desk.types import (
    AuthorizationRequest,
    Identity,
    KnownIdentity,
    PendingSignIn,
    Role,
    RoleRules,
    Session,
    User,
)
from moderation.errors import InvalidInput

LIFETIME = timedelta(minutes=10)
"""The time in which a sign-in at the provider must come to its end."""
MAX_PENDING, MAX_PENDING_OF_NETWORK = 2_000, 60
"""Sign-ins that are kept, in all and of one network address."""
MAX_STRANGERS = 100
"""People without an account who are kept for the admins, the latest ones."""


class Identities:
    """The sign-ins at a provider, and the people who are known from there."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def begin(self, pending: PendingSignIn, browser: str, address: str) -> None:
        """Keep a sign-in until the person comes back from the provider.

        Parameters
        ----------
        pending : PendingSignIn
        browser : str
            A secret that only this browser has.
        address : str
            Its network address.

        Raises
        ------
        Crowded
            If very many have begun from that address and not come back.
        """
        network = network_of(address)

        def act(connection: sa.Connection) -> None:
            _drop_old(connection)
            own = sa.select(sa.func.count()).select_from(sign_ins)
            own = own.where(sign_ins.c.network == network, sign_ins.c.used.is_(None))
            number = connection.scalar(own) or 0
            if number == MAX_PENDING_OF_NETWORK - 1:
                # Only this one has an entry, however many follow.
                self._audit.add(connection, NOBODY, "sign in.wait", "a name that nobody has")
            if number >= MAX_PENDING_OF_NETWORK:
                raise Crowded(60, "Too many people are signing in at once.")
            request = pending.request
            connection.execute(
                sign_ins.insert().values(
                    state=token_hash(request.state),
                    browser=token_hash(browser),
                    network=network,
                    nonce=request.nonce,
                    verifier=request.verifier,
                    redirect=request.redirect,
                    next_path=pending.next_path,
                    kept=dict(pending.kept),
                    made=now(),
                )
            )

        self._store.write(act)

    def take(self, state: str, browser: str) -> PendingSignIn:
        """Return a sign-in whose person has come back, and use it up.

        Raises
        ------
        SignInOver
            If there is none of this browser, or it was used, or is too old.
        """

        def act(connection: sa.Connection) -> PendingSignIn:
            this = sign_ins.update().where(*_of(state, browser), sign_ins.c.used.is_(None))
            row = connection.execute(this.values(used=now()).returning(sign_ins)).one_or_none()
            if row is None:
                raise SignInOver
            return _pending_of(row, state)

        return self._store.write(act)

    def hold(self, state: str, identity: Identity) -> None:
        """Keep the person of a sign-in until an account is linked."""
        self._store.write(
            lambda connection: connection.execute(
                sign_ins.update()
                .where(sign_ins.c.state == token_hash(state))
                .values(identity=asdict(identity))
            ),
            idempotent=True,
        )

    def held(self, state: str, browser: str) -> tuple[PendingSignIn, Identity]:
        """Return a sign-in for which an account is to be linked, and its person.

        Raises
        ------
        SignInOver
        """
        with self._store.reading() as connection:
            this = sa.select(sign_ins).where(*_of(state, browser), sign_ins.c.identity.is_not(None))
            row = connection.execute(this).one_or_none()
        if row is None:
            raise SignInOver
        known = {**row.identity, "groups": tuple(row.identity["groups"])}
        return _pending_of(row, state), Identity(**known)

    def kept(self, state: str, browser: str, user: User) -> PendingSignIn:
        """Return a sign-in of a user that has come to its end, for the form that it kept.

        Raises
        ------
        SignInOver
        """
        with self._store.reading() as connection:
            this = sa.select(sign_ins).where(*_of(state, browser), sign_ins.c.user_id == user.id)
            row = connection.execute(this).one_or_none()
        if row is None:
            raise SignInOver
        return _pending_of(row, state)

    def sign_in(
        self,
        identity: Identity,
        rules: RoleRules,
        provider: str,
        *,
        state: str = "",
        device: str = "",
    ) -> Session:
        """Begin a session for a person whom the provider has signed in.

        Parameters
        ----------
        identity : Identity
        rules : RoleRules
        provider : str
            The provider's name, for messages.
        state : str
            That of the sign-in.
        device : str
            The `Session.device` of an earlier session of this browser.

        Raises
        ------
        ProviderRefused
            If the account is disabled, or the provider's groups give no role.
        NotLinked
            If no account is linked, and none may be made.
        """
        role = rules.role(identity.groups)
        if rules.decide and role is None:
            raise ProviderRefused(provider, "none of your groups has a role at this desk")
        linked = self._store.write(
            lambda connection: self._record(connection, identity), idempotent=True
        )

        def act(connection: sa.Connection) -> Session:
            row = connection.execute(_user_of(identity)).one_or_none()
            if row is None:
                row = self._create(connection, identity, role if rules.creates else None)
            elif row.disabled:
                raise ProviderRefused(provider, "your account at this desk is disabled")
            elif rules.decide and role is not None and row.role != role.value:
                row = self._change_role(connection, row, role)
            user = user_of(row)
            host = urlsplit(identity.issuer).netloc
            self._audit.add(connection, user, "sign in", f"user {user.name}", provider=host)
            token = remember_device(self._store, connection, device, user)
            connection.execute(
                sign_ins.update()
                .where(sign_ins.c.state == token_hash(state))
                .values(user_id=user.id, identity=None)
            )
            return replace(begin_session(connection, user), device=token)

        if linked is None and not (rules.creates and role is not None):
            raise NotLinked("No account at this desk is linked to you yet.")
        return self._store.write(act)

    def link(self, by: User | None, identity_id: int, name: str) -> User:
        """Link a person who has signed in at the provider to a user; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        InvalidInput
            If either is linked already.
        """
        check_role(by, Role.ADMIN)

        def act(connection: sa.Connection) -> User:
            this = sa.select(identities).where(identities.c.id == identity_id)
            row = connection.execute(this).one_or_none()
            if row is None:
                raise NoSuchThing("There is no such person.")
            return self._bind(connection, by, row, find_user(connection, name), name)

        return self._store.write(act)

    def link_own(self, user: User, identity: Identity) -> None:
        """Link a person to the user whose password the same person knows.

        Raises
        ------
        InvalidInput
            If either is linked already.
        """

        def act(connection: sa.Connection) -> None:
            self._record(connection, identity)
            row = connection.execute(sa.select(identities).where(*_is(identity))).one()
            self._bind(connection, user, row, find_user(connection, user.name), user.name)

        self._store.write(act)

    def unlink(self, by: User | None, name: str) -> User:
        """End all links of a user, and the user's sessions; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        check_role(by, Role.ADMIN)

        def act(connection: sa.Connection) -> User:
            row = find_user(connection, name)
            if row is None:
                raise NoSuchThing("There is no user with this name.", where=name)
            user = user_of(row)
            this = identities.update().where(identities.c.user_id == user.id)
            if connection.execute(this.values(user_id=None)).rowcount:
                end_sessions(connection, user)
                self._audit.add(connection, by, "user.unlink", f"user {user.name}")
            return user

        return self._store.write(act, idempotent=True)

    def all(self) -> list[KnownIdentity]:
        """Return all people who are known from a provider, the latest first."""
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(identities).order_by(identities.c.seen.desc()))
            return [
                KnownIdentity(
                    row.id, row.issuer, row.subject, row.name, row.email, row.seen, row.user_id
                )
                for row in rows
            ]

    def _record(self, connection: sa.Connection, identity: Identity) -> int | None:
        """Note that a person has signed in; return the number of the linked user."""
        shown = {"name": identity.name, "email": identity.email, "seen": now()}
        user_id: int | None = connection.scalar(
            self._store.insert(identities)
            .values(issuer=identity.issuer, subject=identity.subject, **shown)
            .on_conflict_do_update(index_elements=["issuer", "subject"], set_=shown)
            .returning(identities.c.user_id)
        )
        if user_id is None:
            strangers = sa.select(identities.c.id).where(identities.c.user_id.is_(None))
            latest = strangers.order_by(identities.c.seen.desc()).limit(MAX_STRANGERS)
            unlinked = identities.c.user_id.is_(None) & identities.c.id.not_in(latest)
            connection.execute(identities.delete().where(unlinked))
        return user_id

    def _create(self, connection: sa.Connection, identity: Identity, role: Role | None) -> Any:
        """Make an account for a person, under a name that nobody else has; return its row."""
        name = " ".join(identity.name.split())[:MAX_NAME]
        if role is None or not name.isprintable() or name.startswith("("):
            raise NotLinked("No account at this desk is linked to you yet.")
        values = {"name": name, "role": role.value, "password": ""}
        row = add_user(self._store, connection, values)
        if row is None:
            # Perhaps the same person's; whose it is, its password or an admin tells.
            raise NotLinked(
                "There is already a user with this name, and it is not linked to you yet."
            )
        host = urlsplit(identity.issuer).netloc
        self._audit.add(
            connection, name, "user.add", f"user {name}", role=role.value, provider=host
        )
        connection.execute(identities.update().where(*_is(identity)).values(user_id=row.id))
        return row

    def _change_role(self, connection: sa.Connection, row: Any, role: Role) -> Any:
        """Give a user the role of their groups, unless no admin were left; return the row."""
        admins = lock_admins(connection)
        if row.id in admins and len(admins) == 1 and role is not Role.ADMIN:
            return row
        this = users.update().where(users.c.id == row.id).values(role=role.value)
        changed = connection.execute(this.returning(users)).one()
        end_sessions(connection, user_of(row))
        self._audit.add(connection, row.name, "user.change", f"user {row.name}", role=role.value)
        return changed

    def _bind(
        self, connection: sa.Connection, by: User | None, identity: Any, row: Any, name: str
    ) -> User:
        if row is None:
            raise NoSuchThing("There is no user with this name.", where=name)
        taken = sa.select(identities.c.id).where(
            identities.c.user_id == row.id, identities.c.issuer == identity.issuer
        )
        if identity.user_id is not None or connection.scalar(taken) is not None:
            raise InvalidInput(
                "This user or this person is linked already.",
                where=name,
                remedy="Ask an administrator to end that link first.",
            )
        this = identities.update().where(identities.c.id == identity.id)
        connection.execute(this.values(user_id=row.id))
        host = urlsplit(identity.issuer).netloc
        self._audit.add(connection, by, "user.link", f"user {row.name}", provider=host)
        return user_of(row)


def new_browser() -> str:
    """Return a secret by which a browser is known while somebody signs in."""
    return secrets.token_urlsafe(32)


def _drop_old(connection: sa.Connection) -> None:
    """Delete the sign-ins whose time is over, and the oldest where there are very many."""
    latest = sa.select(sign_ins.c.made).order_by(sign_ins.c.made.desc())
    first = connection.scalar(latest.offset(MAX_PENDING - 1).limit(1))
    oldest = max(now() - LIFETIME, first) if first else now() - LIFETIME
    connection.execute(sign_ins.delete().where(sign_ins.c.made < oldest))


def _of(state: str, browser: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions for the sign-in of a state, begun in a browser not long ago."""
    return (
        sign_ins.c.state == token_hash(state),
        sign_ins.c.browser == token_hash(browser),
        sign_ins.c.made >= now() - LIFETIME,
    )


def _is(identity: Identity) -> tuple[sa.ColumnElement[bool], ...]:
    return identities.c.issuer == identity.issuer, identities.c.subject == identity.subject


def _user_of(identity: Identity) -> sa.Select[Any]:
    linked = sa.select(users).join(identities, identities.c.user_id == users.c.id)
    return linked.where(*_is(identity))


def _pending_of(row: Any, state: str) -> PendingSignIn:
    kept: Mapping[str, str] = row.kept
    request = AuthorizationRequest("", state, row.nonce, row.verifier, row.redirect)
    return PendingSignIn(request, row.next_path, kept)
