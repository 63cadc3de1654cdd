"""The work of a lead: bulk decisions, thresholds, the live model, exports and imports."""

import csv
import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import MIN_DECISIONS, policy_path
from moderation.desk.jobs.live_model import Watch
from moderation.desk.types import Filters, Queue, Role
from moderation.policy import Policy
from moderation.settings import Settings
from tests.desk.web.people import (
    Person,
    bring,
    comment,
    comments,
    decide_on,
    site_of,
    words_of,
)
from tests.service.fakes import HOSTILE, wait_until

Visit = Callable[[Role], Person]
LEAD_ONLY = (
    "/bulk",
    "/export/decisions.csv",
    "/export/decisions.jsonl",
    "/export/labels.jsonl",
    "/statistics",
    "/export/statistics.csv",
)


@pytest.mark.parametrize("path", LEAD_ONLY)
def test_moderators_may_not_do_what_leads_do(visit: Visit, path: str) -> None:
    assert visit(Role.MODERATOR).get(path).status_code == 403
    assert visit(Role.LEAD).get(path).status_code == 200


def test_the_histogram_counts_and_the_preview_says_what_would_happen(
    visit: Visit, desk: Desk
) -> None:
    desk.intake.take(comments(20))
    page = visit(Role.LEAD).see("/bulk?queue=review&low=0&high=0.3")
    bars = [int(title.text.rpartition(" ")[2]) for title in page.xpath("//title[../self::rect]")]
    assert sum(bars) == 20
    assert "6 comments would be decided" in words_of(page)
    assert desk.queue.count(Filters(Queue.DECIDED)).number == 0


def test_many_at_once_are_decided_as_previewed_and_taken_back(visit: Visit, desk: Desk) -> None:
    desk.intake.take(comments(20))
    person = visit(Role.LEAD)
    page = person.see("/bulk?queue=review&low=0&high=0.3")
    form = page.xpath('//form[@method="post"][.//input[@name="newest"]]')[0]
    fields = dict(form.form_values())
    fields.pop("csrf")
    desk.intake.take([comment(f"Later and mild, {HOSTILE}.", 0.1)])
    reply = person.send("/bulk", **fields, ruling="approve")
    assert desk.queue.count(Filters(Queue.DECIDED)).number == 6
    page = person.see(reply.headers["location"])
    undo = page.xpath('//form[contains(@action, "/undo")]/@action')[0]
    assert person.send(undo.removeprefix("/desk")).status_code == 303
    assert desk.queue.count(Filters(Queue.DECIDED)).number == 0
    assert desk.queue.count(Filters()).number == 21


def test_the_workbench_shows_what_a_threshold_does_and_writes_the_policy(
    visit: Visit, desk: Desk, tmp_path: Path
) -> None:
    decide_on(desk, MIN_DECISIONS)
    person = visit(Role.LEAD)
    told = words_of(person.see("/workbench?attribute=ethnic_hostility&threshold=0.5"))
    assert "25 comments would be held." in told
    assert "Share of these in which moderators found it: 52% (likely between 33% and 70%)" in told
    assert "The threshold in use is 0.4." in told
    fields = {"attribute": "ethnic_hostility", "threshold": "0.75", "action": "review"}
    assert visit(Role.MODERATOR).send("/workbench", **fields).status_code == 403
    assert person.send("/workbench", **fields).status_code == 303
    assert Policy.load(tmp_path / "policy.toml").review == {"ethnic_hostility": 0.75}


@pytest.mark.parametrize(
    "fields",
    [
        {"threshold": "2"},
        {"threshold": "nan"},
        {"threshold": "x"},
        {"attribute": "colour"},
        {"action": "allow"},
        {"action": ""},
    ],
)
def test_a_policy_is_not_written_with_nonsense(
    visit: Visit, desk: Desk, tmp_path: Path, fields: dict[str, str]
) -> None:
    decide_on(desk, MIN_DECISIONS)
    sound = {"attribute": "ethnic_hostility", "threshold": "0.5", "action": "review"}
    before = (tmp_path / "policy.toml").read_bytes()
    assert visit(Role.LEAD).send("/workbench", **sound | fields).status_code == 422
    assert (tmp_path / "policy.toml").read_bytes() == before
    assert visit(Role.LEAD).send("/workbench", **sound).status_code == 303


def test_a_threshold_is_not_written_from_a_handful_of_decisions(
    visit: Visit, desk: Desk, tmp_path: Path
) -> None:
    decide_on(desk, MIN_DECISIONS - 1)
    before = (tmp_path / "policy.toml").read_bytes()
    sound = {"attribute": "ethnic_hostility", "threshold": "0.5", "action": "review"}
    reply = visit(Role.LEAD).send("/workbench", **sound)
    assert (reply.status_code, "Only 49" in reply.text) == (422, True)
    assert (tmp_path / "policy.toml").read_bytes() == before


def test_a_lead_sees_which_model_is_live_and_goes_back(
    visit: Visit, desk: Desk, tmp_path: Path
) -> None:
    person = visit(Role.LEAD)
    assert "No model has been promoted" in words_of(person.see("/model"))
    for name, score in (("first@1", 0.7), ("second@2", 0.8125)):
        desk.models.promote(None, name, tmp_path / name, {"gate": {"f1": score}})
    told = words_of(person.see("/model"))
    assert words_of(person.see("/model"), "//dd[1]").startswith("second@2")
    assert "0.812" in told
    assert visit(Role.MODERATOR).send("/model/roll-back").status_code == 403
    assert person.send("/model/roll-back").status_code == 303
    assert words_of(person.see("/model"), "//dd[1]").startswith("first@1")


def test_a_server_loads_anew_when_the_live_model_or_the_policy_changes(
    desk: Desk, tmp_path: Path
) -> None:
    loads: list[int] = []
    policy = tmp_path / "watched.toml"
    watch = Watch(desk, policy, lambda: loads.append(1))
    watch.check()
    assert len(loads) == 0
    policy.write_text('name = "mine"\n', "utf-8")
    watch.check()
    watch.check()
    assert len(loads) == 1
    desk.models.promote(None, "next@1", tmp_path, {})
    watch.check()
    assert len(loads) == 2
    desk.models.roll_back(None)
    watch.check()
    assert len(loads) == 3


def test_the_policy_written_is_the_one_that_the_settings_name(tmp_path: Path) -> None:
    assert policy_path(Settings(policy=tmp_path / "mine.toml")) == tmp_path / "mine.toml"
    assert policy_path(Settings()).name == "policy.toml"


def test_decisions_are_exported_as_csv_and_json_lines(visit: Visit, desk: Desk) -> None:
    first, second = bring(
        desk, [comment(f'=1+1, "{HOSTILE}"\nនេះ'), comment(f"Another, {HOSTILE}.")]
    )
    person = visit(Role.LEAD)
    for number, ruling in ((first, "approve"), (second, "reject:threat")):
        person.send(f"/comments/{number}/decide", ruling=ruling, words="none")
    reply = person.get("/export/decisions.csv")
    assert re.search(r'filename="[\d-]+-decisions\.csv"', reply.headers["content-disposition"])
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert {row["outcome"] for row in rows} == {"approve", "reject"}
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
    lines = [json.loads(line) for line in person.get("/export/decisions.jsonl").text.splitlines()]
    assert len(lines) == 2
    only = person.get("/export/decisions.jsonl?outcome=reject").text.splitlines()
    assert [json.loads(line)["reason"] for line in only] == ["threat"]


def test_a_lead_sees_who_decided_how_much_and_takes_it_along(visit: Visit, desk: Desk) -> None:
    lead, moderator = visit(Role.LEAD), visit(Role.MODERATOR)
    assert "No decisions were made in this range." in words_of(lead.see("/statistics"))
    (number,) = bring(desk, [comment(f"They are all {HOSTILE}.")])
    moderator.send(f"/comments/{number}/decide", ruling="reject:insult")
    page = lead.see("/statistics")
    (row,) = page.xpath('//table//tr[th="mo"]')
    assert [cell.text_content().strip() for cell in row[1:4]] == ["0", "1", "0"]
    assert "100% (1 of 1)" in words_of(row)
    assert len(page.xpath('//*[name()="svg"]//*[name()="rect"]')) == 28
    (link,) = page.xpath('//a[contains(@href, "statistics.csv")]/@href')
    (line,) = csv.DictReader(io.StringIO(lead.get(link.removeprefix("/desk")).text))
    assert (line["moderator"], line["rejected"]) == ("mo", "1")
    assert "No decisions" in words_of(lead.see("/statistics?since=2026-01-01&until=2026-01-02"))
    assert lead.get("/statistics?since=2026-01-03&until=2026-01-02").status_code == 422
    assert lead.get("/statistics?since=soon").status_code == 422


def test_what_became_of_each_training_is_on_the_page_of_the_model(visit: Visit, desk: Desk) -> None:
    reader = visit(Role.READER)
    assert "Latest trainings" not in words_of(reader.see("/model"))
    with desk.trainings.attempt() as attempt:
        attempt.model, attempt.reason = "fast@1-d9", "not used: macro_f1 is too low"
        assert "Running" in words_of(reader.see("/model"))
    told = words_of(reader.see("/model"))
    assert "Running" not in told
    assert re.search(r"Not used *fast@1-d9 *not used: macro_f1 is too low", told)


def test_a_lead_starts_a_training_and_sees_its_outcome(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.jobs.training.LOWEST", os.getpriority(os.PRIO_PROCESS, 0))
    (tmp_path / "train.py").write_text("raise SystemExit(7)", "utf-8")
    with site_of(desk, desk_train=tmp_path) as site, Person(site) as person:
        person.sign_in(Role.LEAD)
        reply = person.send("/model/train")
        assert "The training has started." in words_of(person.see(reply.headers["location"]))
        wait_until(lambda: "ended with status 7" in words_of(person.see("/model")))
        assert person.see("/model").xpath('//form[@action="/desk/model/train"]')
        desk.trainings.begin(None)
        assert not person.see("/model").xpath('//form[@action="/desk/model/train"]')
        assert person.send("/model/train").status_code == 409


def test_decisions_are_exported_as_labels_one_record_a_line(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"They are all {HOSTILE} by blood, every one.")])
    person = visit(Role.LEAD)
    person.send(
        f"/comments/{number}/decide",
        ruling="reject:ethnic_hostility",
        right_label="ethnic_hostility",
        **{"target.Vietnamese": "1"},
    )
    (line,) = person.get("/export/labels.jsonl").text.splitlines()
    assert json.loads(line)["label"] == "ethnic_hostility"


def test_what_a_protocol_sends_to_review_is_in_the_queue_at_once(
    visit: Visit, desk: Desk, site: str
) -> None:
    person = visit(Role.READER)
    person.client.post("/v1/score", json={"text": f"Now {HOSTILE} again."})
    person.client.post("/v1/score", json={"text": "All calm."})
    told = words_of(person.see("/queues/review"), "//article")
    assert f"Now {HOSTILE} again." in told
    assert "All calm." not in told


def test_a_policy_written_at_the_desk_is_in_use_within_seconds(
    visit: Visit, desk: Desk, site: str
) -> None:
    decide_on(desk, MIN_DECISIONS)
    person = visit(Role.LEAD)

    def seen() -> bool:
        return "in use is 0.95" in words_of(person.see("/workbench"))

    assert not seen()
    person.send("/workbench", attribute="ethnic_hostility", threshold="0.95", action="review")
    wait_until(seen, seconds=20)
