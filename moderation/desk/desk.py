"""The `Desk`: one object with all parts of the review desk on one database."""

from dataclasses import dataclass
from typing import Self

from moderation.database.erasure import finish_vacuum
from moderation.database.store import Store
from moderation.desk.accounts.accounts import Accounts, Audit
from moderation.desk.accounts.assignments import Assignments
from moderation.desk.accounts.desk_settings import DeskSettings
from moderation.desk.accounts.identities import Identities
from moderation.desk.accounts.keys import DeskKeys
from moderation.desk.accounts.preferences import UserPreferences
from moderation.desk.accounts.resets import Resets
from moderation.desk.accounts.second_factor import SecondFactor
from moderation.desk.decisions.author_texts import AuthorTexts
from moderation.desk.decisions.bulk import Bulks
from moderation.desk.decisions.corrections import DeskCorrections
from moderation.desk.decisions.decisions import Decisions
from moderation.desk.decisions.disagreements import Disagreements
from moderation.desk.decisions.escalations import Escalations
from moderation.desk.decisions.export import Exports
from moderation.desk.decisions.peoples import Peoples
from moderation.desk.decisions.second_reviews import SecondReviews
from moderation.desk.decisions.statistics import Statistics
from moderation.desk.decisions.thresholds import Workbench
from moderation.desk.intake.intake import DeskIntake
from moderation.desk.intake.retention import Retention
from moderation.desk.intake.upload_store import Uploads
from moderation.desk.learning.labels import Labels
from moderation.desk.learning.models import LiveModels
from moderation.desk.learning.trainings import Trainings
from moderation.desk.queue.authors import Authors
from moderation.desk.queue.live import Live
from moderation.desk.queue.queue import Queues
from moderation.desk.site.webhooks import Webhooks
from moderation.service.key_store import KeyStore


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of the review desk.

    Parameters
    ----------
    accounts : Accounts
        Users, passwords and sessions.
    assignments : Assignments
        The sources and sections that moderators are assigned.
    queue : Queues
        The comments: the next one to decide on, lists, searches, related ones.
    live : Live
        News for open pages.
    authors : Authors
        The comments of one author.
    decisions : Decisions
        Decisions on single comments, and undoing them.
    escalations : Escalations
        Comments on which a lead was asked to decide.
    second_reviews : SecondReviews
        Decided comments that a second moderator judges again.
    disagreements : Disagreements
        The agreement of second reviews with the decisions, and settling disagreements.
    bulk : Bulks
        Decisions on many comments at once, by score range.
    workbench : Workbench
        Thresholds compared with the desk's own decisions, and writing the policy.
    models : LiveModels
        The model that is live, and its predecessors.
    trainings : Trainings
        The attempts to train a model.
    exports : Exports
        Decisions as CSV and JSON Lines.
    statistics : Statistics
        Decisions by moderator and day.
    labels : Labels
        Decisions as records of the labelled set.
    intake : DeskIntake
        New comments.
    uploads : Uploads
        Uploaded files, and what became of them.
    corrections : DeskCorrections
        The service's corrections, and the comments that they are about.
    keys : DeskKeys
        The service's API keys.
    retention : Retention
        Erasure of texts.
    webhooks : Webhooks
        The addresses to which sites have decisions sent.
    preferences : UserPreferences
        Each user's own preferences.
    settings : DeskSettings
        The settings that leads change.
    author_texts : AuthorTexts
        The texts that authors of rejected comments are sent.
    peoples : Peoples
        Peoples that were added as targets.
    identities : Identities
        The people who sign in at a provider.
    audit : Audit
        The audit log.
    store : Store
        The database.
    """

    accounts: Accounts
    assignments: Assignments
    queue: Queues
    live: Live
    authors: Authors
    decisions: Decisions
    escalations: Escalations
    second_reviews: SecondReviews
    disagreements: Disagreements
    bulk: Bulks
    workbench: Workbench
    models: LiveModels
    trainings: Trainings
    exports: Exports
    statistics: Statistics
    labels: Labels
    intake: DeskIntake
    uploads: Uploads
    corrections: DeskCorrections
    keys: DeskKeys
    retention: Retention
    webhooks: Webhooks
    resets: Resets
    second_factor: SecondFactor
    preferences: UserPreferences
    settings: DeskSettings
    author_texts: AuthorTexts
    peoples: Peoples
    identities: Identities
    audit: Audit
    store: Store

    @classmethod
    def open(cls, url: str, *, later: bool = False) -> Self:
        """Open the database, make its tables or bring them up to date, and return the desk.

        Parameters
        ----------
        url : str
            ``sqlite:///PATH`` or ``postgresql+psycopg://USER@HOST/NAME``.
        later : bool
            Whether a database that is away, busy or full is opened at its first use.

        Raises
        ------
        DatabaseError
            If it cannot be reached, or was made by a later version.
        """
        store = Store.open(url, later=later)
        finish_vacuum(store)
        return cls.on(store)

    @classmethod
    def on(cls, store: Store) -> Self:
        """Return the desk on an open database."""
        audit = Audit(store)
        queue = Queues(store)
        decisions = Decisions(store, audit)
        intake = DeskIntake(store, audit)
        return cls(
            accounts=Accounts(store, audit),
            assignments=Assignments(store, audit),
            queue=queue,
            live=Live(store, queue),
            authors=Authors(store),
            decisions=decisions,
            escalations=Escalations(store, audit),
            second_reviews=SecondReviews(store, audit),
            disagreements=Disagreements(store, audit, decisions),
            bulk=Bulks(store, audit),
            workbench=Workbench(store, audit),
            models=LiveModels(store, audit),
            trainings=Trainings(store, audit),
            exports=Exports(store, audit),
            statistics=Statistics(store, audit),
            labels=Labels(store, audit),
            intake=intake,
            uploads=Uploads(store, audit, intake),
            corrections=DeskCorrections(store, intake, audit),
            keys=DeskKeys(KeyStore(lambda: store)),
            retention=Retention(store, audit),
            webhooks=Webhooks(store, audit),
            resets=Resets(store, audit),
            second_factor=SecondFactor(store, audit),
            preferences=UserPreferences(store),
            settings=DeskSettings(store, audit),
            author_texts=AuthorTexts(store, audit),
            peoples=Peoples(store, audit),
            identities=Identities(store, audit),
            audit=audit,
            store=store,
        )

    def close(self) -> None:
        """Close the database."""
        self.store.close()
