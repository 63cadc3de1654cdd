"""Whatever is done at the desk, in whatever order, nothing is lost and nothing is made twice."""

from dataclasses import replace
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

from moderation.desk import Desk
from moderation.desk.errors import DeskError
from moderation.desk.store.tables import comments, decisions
from moderation.desk.words import Filters, Outcome, Queue, Reason, Role, Ruling, User
from tests.desk.conftest import person
from tests.desk.sending import sent

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, Reason.INSULT)


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
        if comment is None:
            return
        assert comment.id in self.waiting
        made = self.desk.decisions.decide(self.users[who], comment.id, REJECT)
        self.waiting.remove(comment.id)
        self.decided[comment.id] = made.id

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """Take a decision back, as a lead."""
        if not self.decided:
            return
        number = data.draw(st.sampled_from(sorted(self.decided)))
        self.desk.decisions.undo(self.users[1], self.decided.pop(number))
        self.desk.queue.release(self.users[1], number)
        self.waiting.add(number)

    @rule(data=st.data())
    def decide_again(self, data: st.DataObject) -> None:
        """Decide again, and be refused."""
        if not self.decided:
            return
        number = data.draw(st.sampled_from(sorted(self.decided)))
        with pytest.raises(DeskError):
            self.desk.decisions.decide(self.users[0], number, APPROVE)

    @rule(high=st.floats(0, 1))
    def at_once(self, high: float) -> None:
        """Many are decided at once, and that is taken back."""
        low = replace(self.filters, attribute="toxicity", high=high)
        preview = self.desk.bulk.preview(self.users[1], low)
        bulk = self.desk.bulk.apply(self.users[1], low, preview.newest, Outcome.APPROVE)
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


def test_whatever_moderators_do_no_decision_is_lost_or_made_twice(desk: Desk) -> None:
    class Here(Working):
        pass

    Here.desk = desk
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
