"""The order by harm: a likely call to violence comes before a certain insult, and reach counts."""

import pytest

from moderation.desk import Desk
from moderation.desk.queue.harm import harm_of
from moderation.desk.types import Filters, Sort
from moderation.policy import HARM
from tests.desk.sending import sent, unread, verdict

INSULT = {"insult": 0.98, "toxicity": 0.98}
HUNT = {"threat": 0.93, "severe_toxicity": 0.9, "toxicity": 0.93}
HOSTILE = {"ethnic_hostility": 0.9, "toxicity": 0.9}


def order(desk: Desk, sort: Sort = Sort.HARM) -> list[str]:
    lines, more = [], None
    while True:
        page = desk.queue.lines(Filters(), sort, more, limit=2)
        lines += [line.excerpt for line in page.lines]
        more = page.more
        if more is None:
            return lines


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Give a desk with comments of different harm."""
    desk.intake.take(
        [
            sent("an insult", verdict=verdict(INSULT)),
            sent("a call to hunt", verdict=verdict(HUNT)),
            unread("in another language"),
            sent("contempt for a people", verdict=verdict(HOSTILE)),
            sent("mild", 0.3),
        ]
    )
    return desk


def test_harm_orders_otherwise_than_certainty(filled: Desk) -> None:
    assert order(filled) == [
        "a call to hunt",
        "contempt for a people",
        "an insult",
        "mild",
        "in another language",
    ]
    assert order(filled, Sort.WORST)[0] == "an insult"


def test_a_policy_weighs_otherwise_and_the_index_follows(filled: Desk) -> None:
    for weights, first in (({"insult": 1.0, "threat": 0.1}, "an insult"), (HARM, "a call to hunt")):
        filled.queue.weigh(weights)
        assert order(filled)[0] == first
        with filled.store.reading() as connection:
            table = "sqlite_master" if filled.store.sqlite else "pg_indexes"
            column = "name" if filled.store.sqlite else "indexname"
            query = f"SELECT count(*) FROM {table} WHERE {column} LIKE 'comments_by_harm%'"  # noqa: S608
            assert connection.exec_driver_sql(query.replace("%", "%%")).scalar_one() == 1


@pytest.mark.parametrize("score", [0.0, 5e-324, 1e-300, 1e-12])
def test_a_score_next_to_nothing_is_taken_in_beside_others(desk: Desk, score: float) -> None:
    tiny = dict.fromkeys(HARM, score)
    sends = [sent("next to nothing", verdict=verdict(tiny)), sent("bad", verdict=verdict(HOSTILE))]
    desk.queue.weigh(dict.fromkeys(HARM, 1e-300) | {"insult": 0.3})
    desk.intake.take(sends)
    assert len(order(desk)) == 2
    desk.queue.weigh(HARM)
    assert order(desk) == ["bad", "next to nothing"]


def test_what_many_readers_flag_comes_before_what_nobody_has_seen(desk: Desk) -> None:
    desk.intake.take(
        [
            sent("seen by nobody", verdict=verdict(HOSTILE)),
            sent("flagged by many", verdict=verdict({"ethnic_hostility": 0.8}), flags=9),
        ]
    )
    assert order(desk) == ["flagged by many", "seen by nobody"]


def test_the_greatest_product_is_the_harm_and_unjudged_comments_have_none() -> None:
    found = harm_of(INSULT | {"threat": 0.5}, HARM)
    assert found is not None
    assert (found.attribute, found.score, found.weight) == ("threat", 0.5, 1.0)
    assert found.harm == 0.5
    assert harm_of({}, HARM) is None
