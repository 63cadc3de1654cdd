"""What an editor may rely on of the report: it tells the run, and no page can change it."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from moderation.batch import run_batch
from moderation.settings import Settings
from tests.batch.fakes import PAGE, FakeJudge, write_pages

VOID = {"meta", "link", "br", "hr", "img", "input"}

HOSTILE = """<script>alert(1)</script> {{ 7 * 7 }} <b>Ferry line opens</b>

The harbour office <img src=x onerror=alert(1)> opened the "new" ferry's line on Monday </main>.

It said so in a letter that was sent to <a href="javascript:alert(1)">every</a> house on the river.

1 comment

<i onmouseover="x">Sokha</i> said...

You are all \u202ehostileword\u202c <style>*{display:none}</style> people &lt;b&gt; </div>\u0007

]]> --> <!-- {% raw %} </details>
"""


class Elements(HTMLParser):
    """Collects a report's elements and texts, and checks that every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words: dict[str, list[str]] = {}
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that it was the innermost open one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the words under each element around them."""
        for name in set(self.open):
            self.words.setdefault(name, []).append(data)

    def text(self, name: str) -> str:
        """Return all words inside elements of a name."""
        return "".join(self.words.get(name, []))


def report_on(tmp_path: Path, text: str, name: str = "page.txt") -> str:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    run_batch([path], tmp_path / "out", FakeJudge(), Settings())
    return (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_report_tells_the_comment_its_author_label_target_and_evidence(tmp_path: Path) -> None:
    report = Elements(report_on(tmp_path, PAGE))
    assert "1 page read, with 2 reader comments" in " ".join(report.text("p").split())
    assert "1 passage needs a person" in report.text("strong")
    assert report.words["mark"][0] == "hostileword people, every one of them"
    assert "Comment by Sokha" in report.text("h4")
    assert "Comment without a name" in report.text("h4")
    assert "against: Vietnamese" in report.text("span") + report.text("p")
    assert "Held for review" in report.text("b")
    assert "99 %" in report.text("dd")
    assert "Ferry line opens after long delay" in report.text("h2")
    assert "By Chan Dara" in report.text("details")


def test_comments_come_before_the_article(tmp_path: Path) -> None:
    html = report_on(tmp_path, PAGE)
    assert html.index("Reader comments (2)") < html.index("Article (3 passages)")


def test_no_element_of_the_report_comes_from_a_page(tmp_path: Path) -> None:
    plain = HOSTILE
    for sign in "<>&{}%\"'":
        plain = plain.replace(sign, "_")
    hostile = Elements(report_on(tmp_path, HOSTILE))
    harmless = Elements(report_on(tmp_path, plain))
    assert hostile.names == harmless.names
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    assert "script" not in hostile.names
    assert "49" not in hostile.text("h2")
    assert "<script>alert(1)</script> {{ 7 * 7 }}" in hostile.text("body")


def test_hidden_signs_are_shown_and_do_nothing(tmp_path: Path) -> None:
    html = report_on(tmp_path, HOSTILE)
    assert not {"\u202e", "\u202c", "\u0007"}.intersection(html)
    assert all(code in Elements(html).text("span") for code in ("U+202E", "U+202C", "U+0007"))


def test_the_name_of_a_file_is_as_harmless_as_its_text(tmp_path: Path) -> None:
    name = "<b>\u202epage.txt"
    html = report_on(tmp_path, PAGE, name=name)
    assert "<b>\u202e" not in html
    assert "&lt;b&gt;" in html


def test_the_report_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    html = report_on(tmp_path, PAGE)
    report = Elements(html)
    assert not {"script", "link", "img", "iframe"}.intersection(report.names)
    assert all((value or "").startswith("#") for name, value in report.attributes if name == "href")
    assert not {"src", "srcset", "action"}.intersection(name for name, _ in report.attributes)
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_pages_with_held_passages_come_first_in_the_list(tmp_path: Path) -> None:
    folder = write_pages(tmp_path / "in", pages=2)
    calm = PAGE.replace("hostileword", "friendly").replace("Ferry line", "Calm ferry")
    (folder / "a.txt").write_text(calm, "utf-8")
    run_batch([folder], tmp_path / "out", FakeJudge(), Settings())
    listed = Elements((tmp_path / "out" / "report.html").read_text("utf-8")).words["a"]
    assert [title[:6] for title in listed] == ["Ferry ", "Ferry ", "Calm f"]


def test_a_report_without_anything_held_says_so(tmp_path: Path) -> None:
    report = Elements(report_on(tmp_path, PAGE.replace("hostileword", "friendly")))
    assert "Nothing is held." in report.text("strong")


def test_a_held_paragraph_of_an_article_is_shown_whole(tmp_path: Path) -> None:
    sentence = "The mayor called them hostileword people in a speech that went on for an hour. "
    report = Elements(report_on(tmp_path, PAGE.replace("The first ferry", sentence * 9 + "It")))
    assert sentence * 9 in report.text("blockquote")


def test_the_browser_runs_nothing_and_the_page_fits_a_phone(tmp_path: Path, chromium: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    report_on(tmp_path, HOSTILE + "\n\nSokha said...\n\n" + "unbroken" * 200)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 800}, color_scheme="dark")
        dialogs: list[str] = []
        requests: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((tmp_path / "out" / "report.html").as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()
    assert dialogs == []
    assert len(requests) == 1
    assert width <= 360
    assert dark == "rgb(22, 24, 27)"
