"""Whatever is done at the desk, in whatever order, nothing is lost and nothing is made twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from moderation.database.tables import comments, decisions
from moderation.desk import Desk
from moderation.desk.errors import AlreadyDecided, AlreadyUndone, Held, NoSuchThing
from moderation.desk.types import (
    Decision,
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    User,
)
from tests.desk.conftest import person
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)


class Working(RuleBasedStateMachine):
    """Whatever moderators do, in whatever order, the database agrees with a plain model of it."""

    desk: Desk
    users: list[User]
    names = count()

    @initialize()
    def begin(self) -> None:
        """Two people, and a community of the run’s own."""
        run = next(self.names)
        self.users = [
            person(self.desk, f"one {run}", Role.MODERATOR),
            person(self.desk, f"lead {run}", Role.LEAD),
        ]
        self.waiting: set[int] = set()
        self.decided: dict[int, int] = {}
        self.held: dict[int, int] = {}
        self.erased: set[int] = set()
        self.community = f"run {run}"
        self.filters = Filters(community=self.community)

    @rule(number=st.integers(1, 3), score=st.floats(0, 1))
    def come(self, number: int, score: float) -> None:
        """Comments come in."""
        texts = [f"{next(self.names)}" for _ in range(number)]
        given = [sent(text, score, community=self.community) for text in texts]
        self.waiting |= set(self.desk.intake.take(given))

    @rule(who=st.integers(0, 1))
    def work(self, who: int) -> None:
        """Somebody takes the next comment and decides."""
        comment = self.desk.queue.next(self.users[who], self.filters)
        others = {number for number, holder in self.held.items() if holder != who}
        if comment is None:
            assert self.waiting <= others
            return
        assert comment.id in self.waiting - others
        own = set(self.held) - others
        assert comment.id in own or not own
        self._decided(comment.id, self.desk.decisions.decide(self.users[who], comment.id, REJECT))

    @rule(who=st.integers(0, 1), data=st.data())
    def look(self, who: int, data: st.DataObject) -> None:
        """Somebody opens a comment, and lets go of the one before; or another has it."""
        if not self.waiting:
            return
        number = data.draw(st.sampled_from(sorted(self.waiting)))
        if self.held.get(number, who) != who:
            for act in (self.desk.queue.hold, partial(self._decide, APPROVE)):
                with pytest.raises(Held):
                    act(self.users[who], number)
            return
        assert self.desk.queue.hold(self.users[who], number).line.held_by == self.users[who].name
        self.held = {one: holder for one, holder in self.held.items() if holder != who}
        self.held[number] = who

    @rule(who=st.integers(0, 1))
    def let_go(self, who: int) -> None:
        """Somebody puts aside what they have."""
        self._let_go(who)

    def _let_go(self, who: int) -> None:
        for number in [one for one, holder in self.held.items() if holder == who]:
            self.desk.queue.release(self.users[who], number)
            del self.held[number]

    @rule(data=st.data())
    def both(self, data: st.DataObject) -> None:
        """Two decide the same comment at the same moment; one is first."""
        free = sorted(self.waiting - set(self.held))
        if not free:
            return
        number = data.draw(st.sampled_from(free))

        def decide(user: User) -> Decision | None:
            try:
                return self._decide(APPROVE, user, number)
            except AlreadyDecided:
                return None

        with ThreadPoolExecutor(2) as pool:
            made = [one for one in pool.map(decide, self.users) if one]
        (decision,) = made
        self._decided(number, decision)

    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        """Erase a comment, decided or not."""
        there = sorted((self.waiting | set(self.decided)) - self.erased)
        if not there:
            return
        number = data.draw(st.sampled_from(there))
        self.desk.retention.erase(None, number)
        self.erased.add(number)
        self.waiting.discard(number)
        self.held.pop(number, None)

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """Take a decision back, as a lead; not where the comment has been erased."""
        if not self.decided:
            return
        number = data.draw(st.sampled_from(sorted(self.decided)))
        if number in self.erased:
            with pytest.raises(AlreadyUndone):
                self.desk.decisions.undo(self.users[1], self.decided[number])
            return
        self.desk.decisions.undo(self.users[1], self.decided.pop(number))
        self.desk.queue.release(self.users[1], number)
        self.waiting.add(number)

    @rule(data=st.data())
    def decide_again(self, data: st.DataObject) -> None:
        """Decide what is decided or erased, and be refused."""
        gone = sorted(self.erased | set(self.decided))
        if not gone:
            return
        number = data.draw(st.sampled_from(gone))
        with pytest.raises(NoSuchThing if number in self.erased else AlreadyDecided):
            self._decide(APPROVE, self.users[0], number)

    def _decide(self, ruling: Ruling, user: User, number: int) -> Decision:
        return self.desk.decisions.decide(user, number, ruling)

    def _decided(self, number: int, made: Decision) -> None:
        self.waiting.remove(number)
        self.held.pop(number, None)
        self.decided[number] = made.id

    @rule(high=st.floats(0, 1))
    def at_once(self, high: float) -> None:
        """Many are decided at once, and that is taken back."""
        self._let_go(1)  # who decides what is their own lets go of it, too
        low = replace(self.filters, attribute="toxicity", high=high)
        preview = self.desk.bulk.preview(self.users[1], low)
        bulk = self.desk.bulk.apply(
            self.users[1], low, preview.newest, Outcome.APPROVE, seen=preview.seen
        )
        assert bulk.count == preview.count
        if bulk.count:
            assert self.desk.bulk.undo(self.users[1], bulk.id) == bulk.count

    @invariant()
    def agrees(self) -> None:
        """Compare the queues and the decisions that hold with the model."""
        for queue, numbers in ((Queue.REVIEW, self.waiting), (Queue.DECIDED, set(self.decided))):
            lines = self.desk.queue.lines(Filters(queue, community=self.community), limit=200).lines
            assert {line.id for line in lines} == numbers
        with self.desk.store.reading() as connection:
            holding = connection.execute(
                sa.select(decisions.c.comment_id, decisions.c.id)
                .join(comments, comments.c.id == decisions.c.comment_id)
                .where(decisions.c.undone.is_(None), comments.c.community == self.community)
            ).all()
        assert {row.comment_id: row.id for row in holding} == self.decided
        lines = self.desk.queue.lines(self.filters, limit=200).lines
        names = {number: self.users[who].name for number, who in self.held.items()}
        assert {line.id: line.held_by for line in lines if line.held_by} == names


def test_whatever_moderators_do_no_decision_is_lost_or_made_twice(desk: Desk) -> None:
    class Here(Working):
        pass

    Here.desk = desk
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
