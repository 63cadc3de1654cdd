"""A reader of the events who goes on from the last one misses none, whoever decides meanwhile."""

import threading

from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.site.comments import SiteComments
from moderation.desk.types import Outcome, Ruling, User
from tests.desk.site.test_comments import of_site

PEOPLE, EACH = 4, 15


def test_no_event_is_skipped_or_repeated_while_many_people_decide(desk: Desk, ana: User) -> None:
    events = Events(desk.store)
    site = SiteComments(desk.store, events)
    numbers = [site.put(of_site("a text", str(place))).number for place in range(PEOPLE * EACH)]
    ended = threading.Event()
    seen: list[str] = []

    def decide(share: list[int]) -> None:
        for place, number in enumerate(share):
            made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
            if place % 3 == 0:
                desk.decisions.undo(ana, made.id)

    def read() -> None:
        after = 0
        while not ended.is_set() or events.after(after, 1):
            for event in events.after(after, 7):
                seen.append(f"{event.external_id} {event.kind}")
                after = event.sequence

    reader = threading.Thread(target=read)
    deciders = [
        threading.Thread(target=decide, args=(numbers[start::PEOPLE],)) for start in range(PEOPLE)
    ]
    for thread in (reader, *deciders):
        thread.start()
    for thread in deciders:
        thread.join()
    ended.set()
    reader.join()
    assert len(seen) == len(set(seen)) == PEOPLE * (EACH + EACH // 3)
    assert sorted(seen) == sorted(
        f"{event.external_id} {event.kind}" for event in events.after(0, 1_000)
    )
