"""A moderator at work in a process of its own; a test runs and kills this with ``python -m``.

Arguments: the database's URL, the moderator's name. Each comment's number is printed once its
decision has been acknowledged.
"""

import sys

from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Ruling

if __name__ == "__main__":
    desk = Desk.open(sys.argv[1])
    user = next(user for user in desk.accounts.users() if user.name == sys.argv[2])
    while comment := desk.queue.next(user, Filters()):
        desk.decisions.decide(user, comment.id, Ruling(Outcome.APPROVE))
        print(comment.id, flush=True)  # noqa: T201  # the test reads it
