"""Uploads on the desk's pages: progress with and without a script, outcomes, and cancelling."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, expect

from moderation.desk import Desk
from moderation.desk.intake.upload_store import read_file
from moderation.desk.jobs import uploading
from moderation.desk.types import Filters, Role
from tests.desk.intake.test_upload_store import judged
from tests.desk.web.browsing import WIDTH, Open, shoot
from tests.desk.web.people import Person, words_of
from tests.service.fakes import HOSTILE, wait_until
from tests.test_workbooks import workbook

Visit = Callable[[Role], Person]


def send(person: Person, name: str, content: bytes, **fields: str) -> str:
    """Upload a file, and return the path to which the answer leads."""
    reply = person.post(
        "/upload", {"csrf": person.csrf(), **fields}, files={"file": (name, content)}
    )
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def has_ended(person: Person, path: str) -> bool:
    return not person.see(path).xpath("//progress")


@pytest.fixture
def _held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the service from taking files in, so that a test sees each step."""
    monkeypatch.setattr(uploading.UploadJob, "_serve", _nothing)


async def _nothing(*_: object) -> None:
    pass


def test_a_file_is_judged_and_what_people_should_see_is_kept(visit: Visit, desk: Desk) -> None:
    person = visit(Role.MODERATOR)
    content = f"text,author\nA calm one,Sok\nOne with {HOSTILE},Dara\n,Mo\n".encode()
    path = send(person, "comments.csv", content)
    wait_until(lambda: has_ended(person, path))
    words = words_of(person.see(path))
    assert "1 comment was added. The policy allowed 1." in words
    assert "1 row was not read" in words
    assert "Line 4, text: The text is empty." in words
    (line,) = desk.queue.lines(Filters()).lines
    assert (line.author, line.source) == ("Dara", "upload")
    assert "comments.csv" in words_of(person.see("/upload"), "//table")


def test_a_sheet_of_a_workbook_is_chosen_by_its_name(visit: Visit, desk: Desk) -> None:
    person = visit(Role.MODERATOR)
    content = workbook(First=[("text",), ("calm",)], Second=[("text",), (f"One {HOSTILE}",), ("",)])
    path = send(person, "comments.xlsx", content, sheet=" Second ")
    wait_until(lambda: has_ended(person, path))
    assert desk.queue.lines(Filters()).lines[0].excerpt == f"One {HOSTILE}"
    path = send(person, "comments.xlsx", content, sheet="Third")
    wait_until(lambda: has_ended(person, path))
    words = words_of(person.see(path))
    assert "Nothing was added." in words
    assert "Its sheets are: “First”, “Second”." in words


def test_what_is_seen_to_be_wrong_at_once_is_said_on_the_form(visit: Visit) -> None:
    person = visit(Role.MODERATOR)
    for name, content in (("x.csv", b"a,b\n1,2\n"), ("x.pdf", b"%PDF")):
        reply = person.post("/upload", {"csrf": person.csrf()}, files={"file": (name, content)})
        assert reply.status_code == 422
        assert 'id="file"' in reply.text
        assert 'role="alert"' in reply.text
    assert person.post("/upload", {"csrf": person.csrf()}).is_client_error


@pytest.mark.usefixtures("_held_back")
def test_without_a_script_the_page_reloads_itself_and_the_upload_can_be_cancelled(
    visit: Visit, desk: Desk
) -> None:
    person = visit(Role.MODERATOR)
    path = send(person, "a.txt", b"one\ntwo")
    page = person.see(path)
    assert page.xpath("//noscript/meta/@http-equiv") == ["refresh"]
    assert "waiting to be read" in words_of(page)
    assert page.xpath("//progress")
    person.send(f"{path}/cancel")
    page = person.see(path)
    assert "Cancelled." in words_of(page)
    assert page.xpath("//noscript") == []
    assert person.send(f"{path}/cancel").status_code == 409
    assert desk.queue.count(Filters()).number == 0


def test_a_moderator_does_not_see_the_uploads_of_others_and_a_lead_does(visit: Visit) -> None:
    path = send(visit(Role.ADMIN), "a.txt", b"one")
    assert visit(Role.MODERATOR).get(path).status_code == 404
    assert visit(Role.LEAD).get(path).status_code == 200
    assert "a.txt" not in visit(Role.MODERATOR).get("/upload").text


@pytest.mark.usefixtures("_held_back")
def test_the_bar_moves_in_a_browser_and_the_outcome_follows(open_page: Open, desk: Desk) -> None:
    page = open_page(Role.MODERATOR, color_scheme="light")
    page.goto(page.url.replace("/queues/review", "/upload"))
    rows = "\n".join(f"Number {each}" for each in range(10))
    page.get_by_label("File", exact=True).set_input_files(
        FilePayload(name="a.csv", mimeType="text/csv", buffer=f"text\n{rows}\n".encode())
    )
    page.get_by_role("button", name="Upload and judge").click()
    expect(page.get_by_text("waiting to be read")).to_be_visible()
    number = int(page.url.rpartition("/")[2])
    content = read_file("a.csv", desk.uploads.content(number))
    desk.uploads.record(number, content)
    desk.uploads.begin_next()
    desk.uploads.keep(number, 0, judged(content.comments[:4]))
    expect(page.get_by_text("4 of 10 comments judged")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_js_property("value", 40)
    expect(page.get_by_text("4 comments were added.")).to_be_visible()
    shoot(page, "upload-running")
    desk.uploads.keep(number, 4, judged(content.comments[4:]))
    desk.uploads.finish(number)
    expect(page.get_by_text("All of the file has been read.")).to_be_visible()
    page.set_viewport_size({"width": WIDTH, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    shoot(page, "upload-done-phone")
