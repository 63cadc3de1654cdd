"""Uploaded files in the database: stored whole, taken in part by part, and listed afterwards.

A file is in the database before its upload is answered, where each instance of the service finds
it. How far it has been taken in is written in the transaction that adds the comments, so that a
process which goes on after another was killed neither leaves one out nor adds one twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.erasure import mark_for_vacuum
from moderation.database.store import Store
from moderation.database.tables import now, users
from moderation.database.upload_tables import upload_parts, uploads
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import NoSuchThing, OutOfDate
from moderation.desk.intake.intake import DeskIntake, is_held
from moderation.desk.intake.records import key_of, rows_of, without_erased
from moderation.desk.intake.uploads import UploadedComment, check_upload, iter_upload
from moderation.desk.types import Role, Submission, User
from moderation.desk.types.uploads import Upload, UploadState
from moderation.errors import InvalidInput
from moderation.text.validate import clean_text

PART_BYTES = 1 << 20
MAX_NAME = 200
MAX_OPEN = 20
"""Files that may wait at a time."""
MAX_FAULTS = 1_000
"""Rows that are not sound whose errors are kept; the others are counted."""
MAX_TRIES = 5
"""Beginnings without any progress after which a file is given up."""

_OPEN = uploads.c.ended.is_(None)


class FileContent(NamedTuple):
    """The content of a file: its different comments, how often each is in it, and its faults."""

    comments: tuple[tuple[UploadedComment, int], ...]
    faulty: int
    faults: tuple[InvalidInput, ...]

    @property
    def total(self) -> int:
        """The number of all its comments."""
        return sum(times for _, times in self.comments)


class Begun(NamedTuple):
    """An upload that is being taken in, from a position in its `FileContent` on."""

    id: int
    name: str
    sheet: str
    position: int


def read_file(name: str, content: bytes, sheet: str = "") -> FileContent:
    """Return the comments of a file; equal ones are one, with the highest number of flags.

    Raises
    ------
    InvalidInput
        If the file as a whole cannot be read.
    """
    found: dict[tuple[str | None, ...], tuple[UploadedComment, int]] = {}
    faults: list[InvalidInput] = []
    faulty = 0
    for each in iter_upload(name, content, sheet):
        if isinstance(each, InvalidInput):
            faulty += 1
            if len(faults) < MAX_FAULTS:
                faults.append(each)
            continue
        same = (each.external_id, each.page, each.author, each.text)
        first, times = found.get(same, (each, 0))
        found[same] = first._replace(flags=max(first.flags, each.flags)), times + 1
    return FileContent(tuple(found.values()), faulty, tuple(faults))


class Uploads:
    """The uploaded files. People see their own; leads see all."""

    def __init__(self, store: Store, audit: Audit, intake: DeskIntake) -> None:
        self._store = store
        self._audit = audit
        self._intake = intake

    def add(self, user: User, name: str, content: bytes, sheet: str = "") -> int:
        """Store a file, which a job takes in later, and return its number; moderators only.

        Raises
        ------
        NotAllowed
        InvalidInput
            If it can be seen at once that it holds no comments, or too many files wait.
        """
        check_role(user, Role.MODERATOR)
        check_upload(name, content)
        row = {
            "user_id": user.id,
            "name": clean_text(name)[-MAX_NAME:],
            "sheet": clean_text(sheet.strip())[:MAX_NAME],
            "state": UploadState.WAITING.value,
            "made": now(),
            "faults": [],
            **dict.fromkeys(
                ("tries", "done", "position", "taken", "allowed", "known", "faulty"), 0
            ),
        }
        starts = range(0, len(content), PART_BYTES)

        def act(connection: sa.Connection) -> int:
            waiting = sa.select(sa.func.count()).select_from(uploads).where(_OPEN)
            if connection.execute(waiting).scalar_one() >= MAX_OPEN:
                raise InvalidInput(
                    "Too many files are waiting to be taken in.",
                    where="file",
                    remedy="Wait until some are done, or cancel one.",
                )
            added = connection.execute(uploads.insert().values(row).returning(uploads.c.id))
            number: int = added.scalar_one()
            for part, start in enumerate(starts):
                values = {"upload_id": number, "part": part}
                connection.execute(
                    upload_parts.insert().values(
                        values | {"content": content[start : start + PART_BYTES]}
                    )
                )
            self._audit.add(connection, user, "upload", f"upload {number}")
            return number

        return self._store.write(act)

    def latest(self, user: User, limit: int = 20) -> list[Upload]:
        """Return the latest uploads that somebody may see, latest first, without their faults."""
        columns = [column for column in uploads.c if column is not uploads.c.faults]
        chosen = _visible(sa.select(*columns, users.c.name.label("by")), user)
        with self._store.reading() as connection:
            rows = connection.execute(chosen.order_by(uploads.c.id.desc()).limit(limit))
            return [_upload(row) for row in rows]

    def get(self, user: User, number: int) -> Upload:
        """Return an upload with its faults.

        Raises
        ------
        NoSuchThing
            If there is none, or it is not for this person to see.
        """
        chosen = _visible(sa.select(uploads, users.c.name.label("by")), user)
        with self._store.reading() as connection:
            row = connection.execute(chosen.where(uploads.c.id == number)).one_or_none()
        if row is None:
            raise NoSuchThing("There is no such upload.", where=f"upload {number}")
        return _upload(row, row.faults)

    def cancel(self, user: User, number: int) -> None:
        """Take in no more of a file; what has been added stays. Moderators only.

        Raises
        ------
        NotAllowed, NoSuchThing
        OutOfDate
            If it has ended already.
        """
        check_role(user, Role.MODERATOR)
        self.get(user, number)

        def act(connection: sa.Connection) -> None:
            if not self._end(connection, number, UploadState.CANCELLED):
                raise OutOfDate("This upload has already ended.")
            self._audit.add(connection, user, "upload.cancel", f"upload {number}")

        self._store.write(act)

    def begin_next(self) -> Begun | None:
        """Begin, or go on with, the first file that waits; return it, None if none does."""

        def act(connection: sa.Connection) -> Begun | None:
            first = sa.select(uploads).where(_OPEN).order_by(uploads.c.id).limit(1)
            row = connection.execute(first.with_for_update()).one_or_none()
            if row is None:
                return None
            if row.tries >= MAX_TRIES:
                self._fail(
                    connection,
                    row.id,
                    InvalidInput(
                        "The file could not be taken in, in several attempts.",
                        where="file",
                        remedy="The service’s log says why.",
                    ),
                )
                return None
            self._set(
                connection, row.id, state=UploadState.RUNNING.value, tries=uploads.c.tries + 1
            )
            return Begun(row.id, row.name, row.sheet, row.position)

        return self._store.write(act)

    def content(self, number: int) -> bytes:
        """Return the content of a file that is being taken in."""
        parts = sa.select(upload_parts.c.content).where(upload_parts.c.upload_id == number)
        with self._store.reading() as connection:
            return b"".join(connection.scalars(parts.order_by(upload_parts.c.part)))

    def record(self, number: int, content: FileContent) -> None:
        """Record how many comments a file holds, and which of its rows are not sound."""
        values = {
            "total": content.total,
            "faulty": content.faulty,
            "faults": [_to_record(fault) for fault in content.faults],
        }
        self._store.write(
            lambda connection: self._set(connection, number, **values), idempotent=True
        )

    def keep(self, number: int, position: int, judged: Sequence[tuple[Submission, int]]) -> bool:
        """Add the comments of a file from a position on, unless that was done.

        Parameters
        ----------
        number : int
        position : int
        judged : sequence of (Submission, int)
            With the number of times that each is in the file.

        Returns
        -------
        bool
            Whether to go on; False if the upload has been cancelled, or another process goes on.
        """

        def act(connection: sa.Connection) -> bool:
            row = connection.execute(
                sa.select(uploads).where(uploads.c.id == number, _OPEN).with_for_update()
            ).one_or_none()
            if row is None or row.position != position:
                return False
            held = [(submission, times) for submission, times in judged if is_held(submission)]
            # Erased on request since the file arrived, by an id, or by the author's name.
            left = without_erased(connection, [(submission, row.made) for submission, _ in held])
            stays = {key_of(submission) for submission, _ in left}
            rows = {key_of(each): rows_of(each, times, row.made) for each, times in held}
            new = self._intake.keep(
                {key: rows[key] for key in sorted(rows) if key in stays}, connection
            )
            everything, of_held = (sum(times for _, times in each) for each in (judged, held))
            self._set(
                connection,
                number,
                position=position + len(judged),
                tries=0,
                done=uploads.c.done + everything,
                taken=uploads.c.taken + len(new),
                allowed=uploads.c.allowed + everything - of_held,
                known=uploads.c.known + of_held - len(new),
            )
            return True

        return self._store.write(act)

    def finish(self, number: int) -> None:
        """Record that all of a file has been taken in, and delete its content."""

        def act(connection: sa.Connection) -> None:
            if self._end(connection, number, UploadState.DONE):
                row = connection.execute(
                    sa.select(uploads, users.c.name.label("by"))
                    .join(users, users.c.id == uploads.c.user_id)
                    .where(uploads.c.id == number)
                ).one()
                self._audit.add(
                    connection,
                    User(row.user_id, row.by, Role.MODERATOR),
                    "upload.done",
                    f"upload {number}",
                    taken=row.taken,
                    known=row.known,
                )

        self._store.write(act, idempotent=True)

    def fail(self, number: int, error: InvalidInput) -> None:
        """Record why a file cannot be taken in, and delete its content."""
        self._store.write(lambda connection: self._fail(connection, number, error), idempotent=True)

    def _fail(self, connection: sa.Connection, number: int, error: InvalidInput) -> None:
        if self._end(connection, number, UploadState.FAILED):
            self._set(connection, number, failure=_to_record(error))

    def _end(self, connection: sa.Connection, number: int, state: UploadState) -> bool:
        """End an upload and delete its content; return False if it has ended already."""
        ended = connection.scalar(
            uploads.update()
            .where(uploads.c.id == number, _OPEN)
            .values(state=state.value, ended=now())
            .returning(uploads.c.id)
        )
        if ended is None:
            return False
        connection.execute(upload_parts.delete().where(upload_parts.c.upload_id == number))
        mark_for_vacuum(self._store, connection)
        return True

    def _set(self, connection: sa.Connection, number: int, **values: object) -> None:
        connection.execute(uploads.update().where(uploads.c.id == number).values(values))


def erase_uploads(connection: sa.Connection, before: datetime) -> int:
    """Delete what is known of uploads from before a time; return their number."""
    old = sa.select(uploads.c.id).where(uploads.c.made < before)
    connection.execute(upload_parts.delete().where(upload_parts.c.upload_id.in_(old)))
    return connection.execute(uploads.delete().where(uploads.c.made < before)).rowcount


def _visible(query: sa.Select[Any], user: User) -> sa.Select[Any]:
    query = query.join(users, users.c.id == uploads.c.user_id)
    return query if user.role.may(Role.LEAD) else query.where(uploads.c.user_id == user.id)


def _upload(row: Any, faults: Sequence[Mapping[str, Any]] = ()) -> Upload:
    return Upload(
        id=row.id,
        by=row.by,
        name=row.name,
        sheet=row.sheet,
        state=UploadState(row.state),
        made=row.made,
        ended=row.ended,
        total=row.total,
        done=row.done,
        taken=row.taken,
        allowed=row.allowed,
        known=row.known,
        faulty=row.faulty,
        faults=tuple(map(_error, faults)),
        failure=_error(row.failure) if row.failure else None,
    )


def _to_record(error: InvalidInput) -> dict[str, Any]:
    """Return an error for JSON: its sentences without their values, which a page translates."""
    return {
        "message": error.template,
        "where": error.where,
        "remedy": error.remedy_template,
        "values": {
            name: value if isinstance(value, int | float) else clean_text(str(value))
            for name, value in error.values.items()
        },
    }


def _error(record: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        record["message"],
        where=record["where"],
        remedy=record["remedy"],
        values=record["values"],
    )
