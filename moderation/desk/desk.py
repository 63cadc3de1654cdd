"""The desk as one object."""

from dataclasses import dataclass
from typing import Self

from moderation.database.store import Store, finish
from moderation.desk.accounts.accounts import Accounts, Audit
from moderation.desk.accounts.keys import DeskKeys
from moderation.desk.decisions.bulk import Bulks
from moderation.desk.decisions.decisions import Decisions
from moderation.desk.decisions.export import Exports
from moderation.desk.decisions.thresholds import Workbench
from moderation.desk.intake.intake import DeskIntake
from moderation.desk.intake.retention import Retention
from moderation.desk.learning.labels import Labels
from moderation.desk.learning.models import LiveModels
from moderation.desk.queue.queue import Queues
from moderation.service.correction_store import CorrectionStore
from moderation.service.key_store import KeyStore


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that can be done at the desk, in parts.

    Parameters
    ----------
    accounts : Accounts
        Users, passwords, sessions.
    queue : Queues
        Comments: the next one, lists, searches, one with its surroundings.
    decisions : Decisions
        One at a time, and undoing them.
    bulk : Bulks
        Many at once, by score range.
    workbench : Workbench
        Thresholds against one's own decisions, and writing the policy.
    models : LiveModels
        Which model is live, and going back.
    exports : Exports
        Decisions as CSV and JSON Lines.
    labels : Labels
        Decisions as records of the labelled set.
    intake : DeskIntake
        Comments come in.
    corrections : CorrectionStore
        The service's corrections.
    keys : DeskKeys
        The service's API keys.
    retention : Retention
        Erasing texts.
    audit : Audit
        Who did what.
    store : Store
        The database.
    """

    accounts: Accounts
    queue: Queues
    decisions: Decisions
    bulk: Bulks
    workbench: Workbench
    models: LiveModels
    exports: Exports
    labels: Labels
    intake: DeskIntake
    corrections: CorrectionStore
    keys: DeskKeys
    retention: Retention
    audit: Audit
    store: Store

    @classmethod
    def open(cls, url: str, *, later: bool = False) -> Self:
        """Open the database, make or bring up to date its tables, and return the desk.

        Parameters
        ----------
        url : str
            ``sqlite:///PATH`` or ``postgresql+psycopg://USER@HOST/NAME``.
        later : bool
            Whether to return the desk too where the database is away, busy or full, which a
            service outlasts: each use of it tries again.

        Raises
        ------
        DatabaseError
            If it cannot be reached, or was made by a later version.
        """
        store = Store.open(url, later=later)
        finish(store)
        return cls.on(store)

    @classmethod
    def on(cls, store: Store) -> Self:
        """Return the desk on a database that is open."""
        audit = Audit(store)
        queue = Queues(store)
        decisions = Decisions(store, audit)
        return cls(
            accounts=Accounts(store, audit),
            queue=queue,
            decisions=decisions,
            bulk=Bulks(store, audit),
            workbench=Workbench(store, audit),
            models=LiveModels(store, audit),
            exports=Exports(store, audit),
            labels=Labels(store, audit),
            intake=DeskIntake(store, audit),
            corrections=CorrectionStore(lambda: store),
            keys=DeskKeys(KeyStore(lambda: store)),
            retention=Retention(store, audit),
            audit=audit,
            store=store,
        )

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()
