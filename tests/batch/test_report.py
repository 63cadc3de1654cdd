"""The report: it describes the run, and no page can change it."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.batch.fields import Columns
from moderation.batch.output import OutputFolder
from moderation.batch.report import MAX_WORST, collect_findings, rebuild_report
from moderation.charts import target_lines
from moderation.errors import InvalidInput
from moderation.policy import BoundPolicy
from moderation.text.display import pieces_of
from tests.batch.archives import write_comments
from tests.batch.fakes import FRENCH, PAGE, FakeJudge, write_pages
from tests.batch.rows import contents, run

VOID = {"meta", "link", "br", "hr", "img", "input"}

HOSTILE = """<script>alert(1)</script> {{ 7 * 7 }} <b>Ferry line opens</b>

The harbour office <img src=x onerror=alert(1)> opened the "new" ferry's line on Monday </main>.

It said so in a letter that was sent to <a href="javascript:alert(1)">every</a> house on the river.

1 comment

<i onmouseover="x">Sokha</i> said...

You are all \u202ehostileword\u202c <style>*{display:none}</style> people &lt;b&gt; </div>\u0007

]]> --> <!-- {% raw %} </details> </svg>
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
        """Return all words inside elements of a name, with single spaces."""
        return " ".join("".join(self.words.get(name, [])).split())


def report_on(tmp_path: Path, text: str, name: str = "page.txt") -> str:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    run(path, out=tmp_path / "out", afresh=True)
    return (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_report_tells_the_comment_its_author_label_target_and_evidence(tmp_path: Path) -> None:
    report = Elements(report_on(tmp_path, PAGE.replace("Anonymous", "Rithy")))
    assert "1 page read, with 2 reader comments" in report.text("p")
    assert "1 passage needs review." in report.text("strong")
    assert report.words["mark"][0] == "hostileword people, every one of them"
    assert "Comment by Rithy" in report.text("h3")
    assert "against: Vietnamese" in report.text("span") + report.text("p")
    assert "Held for review" in report.text("b")
    assert "99%" in report.text("dd")
    assert "Ferry line opens after long delay" in report.text("li")


def test_it_shows_scores_targets_by_month_pages_and_failures(tmp_path: Path) -> None:
    comments = write_comments(tmp_path / "a.jsonl", 500)
    with comments.open("a", encoding="utf-8") as file:
        file.write("{\n" * 9)
    run(comments, out=tmp_path / "out", shard_pages=2)
    report = Elements((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert "from 2026-01 to 2026-12" in report.text("p")
    assert "0.95 to 1.00: 72" in report.text("svg")
    assert "2026-01: 6" in report.text("svg")
    assert "Not in the expected format: 9" in report.text("h3")
    assert "and 4 more" in report.text("li")
    assert f"The worst {MAX_WORST} held passages" in report.text("h2")
    findings = collect_findings(OutputFolder(tmp_path / "out"))
    assert sum(page.held for page in findings.pages) == 72
    assert [page.held for page in findings.pages] == sorted(
        (page.held for page in findings.pages), reverse=True
    )
    assert findings.targets["Vietnamese"].total() == 72


def test_the_worst_passages_are_those_with_the_highest_scores(tmp_path: Path) -> None:
    lines = [{"text": "Boat hostileword."}, {"text": "A boat."}, {"text": "Other hostileword."}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
    run(tmp_path / "a.jsonl", out=tmp_path / "out")
    worst = collect_findings(OutputFolder(tmp_path / "out")).worst
    assert [row["text"] for row in worst] == ["Boat hostileword.", "Other hostileword."]


def test_it_stays_small_however_many_rows_there_are(tmp_path: Path) -> None:
    sizes = []
    for number in (600, 6_000):
        comments = write_comments(tmp_path / f"{number}.jsonl", number, hostile=2)
        run(comments, out=tmp_path / f"out{number}")
        sizes.append((tmp_path / f"out{number}" / "report.html").stat().st_size)
    assert sizes[1] < 1.05 * sizes[0] < 300_000


def test_it_can_be_made_again_and_is_the_same(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    before = contents(tmp_path / "out")
    for name in ("report.html", "summary.json"):
        (tmp_path / "out" / name).unlink()
    rebuild_report(tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_of_an_unfinished_run_it_says_so(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out", shard_pages=1)
    path = tmp_path / "out" / "ledger.jsonl"
    lines = path.read_text("utf-8").replace('"finished": true', '"finished": false')
    path.write_text("".join(lines.splitlines(keepends=True)[:3]), "utf-8")
    assert rebuild_report(tmp_path / "out").pages == 2
    assert "not finished" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_a_folder_without_a_run_has_no_report(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InvalidInput):
            rebuild_report(folder)


def test_no_element_of_the_report_comes_from_a_page(tmp_path: Path) -> None:
    plain = HOSTILE
    for sign in "<>&{}%\"'":
        plain = plain.replace(sign, "_")
    hostile = Elements(report_on(tmp_path, HOSTILE))
    harmless = Elements(report_on(tmp_path, plain))
    assert hostile.names == harmless.names
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    assert "script" not in hostile.names
    assert "<style>*{display:none}</style> people &lt;b&gt;" in hostile.text("blockquote")


SIGNS = st.text(alphabet=st.sampled_from(list("<>&\"'/{}%=\u202e\x00\x07\n x")), max_size=30)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(SIGNS, SIGNS, SIGNS, SIGNS)
def test_no_signs_in_any_field_become_markup(
    tmp_path_factory: pytest.TempPathFactory, text: str, author: str, url: str, title: str
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")

    def report(*fields: str) -> Elements:
        names = ("text", "author", "url", "title")
        row = dict(zip(names, fields, strict=True)) | {"text": f"hostileword x{fields[0]}"}
        (folder / "a.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
        run(folder / "a.jsonl", out=folder / "out", afresh=True)
        html = (folder / "out" / "report.html").read_text("utf-8")
        assert not {"\u202e", "\x00", "\x07"}.intersection(html)
        return Elements(html)

    def plain(field: str) -> str:
        return "".join("_" if sign in "<>&\"'/{}%=" else sign for sign in field)

    one, other = report(text, author, url, title), report(*map(plain, (text, author, url, title)))
    assert one.names == other.names


def test_hidden_signs_are_shown_and_do_nothing(tmp_path: Path) -> None:
    html = report_on(tmp_path, HOSTILE)
    assert not {"\u202e", "\u202c", "\u0007"}.intersection(html)
    assert all(name in Elements(html).text("span") for name in ("RLO", "PDF", "U+0007"))


@pytest.mark.parametrize("sign", "\u3164\u2800\u115f\u17b4\u034f")
def test_signs_that_nobody_sees_are_shown_as_the_review_desk_shows_them(
    sign: str, tmp_path: Path
) -> None:
    """Beside them stand a Khmer word and an emoji with the joiners they are written with."""
    sound = "\u1781\u17d2\u1798\u17c2\u179a\u200b\u1797\u17b6\u179f\u17b6 \u2764\u200d\u2764"
    html = report_on(tmp_path, HOSTILE.replace("people", f"pe{sign}ople {sound}"))
    (name,) = (piece.text for piece in pieces_of(f"a{sign}b", (), 0, 3) if piece.odd)
    assert sign not in html
    assert name in Elements(html).text("span")
    assert sound in html


def test_the_name_of_a_file_is_as_harmless_as_its_text(tmp_path: Path) -> None:
    html = report_on(tmp_path, PAGE, name="<b>\u202epage.txt")
    assert "<b>\u202e" not in html
    assert "&lt;b&gt;" in html


def test_the_report_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    html = report_on(tmp_path, PAGE)
    report = Elements(html)
    assert not {"script", "link", "img", "iframe"}.intersection(report.names)
    assert not {"src", "srcset", "action", "href"}.intersection(n for n, _ in report.attributes)
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_a_report_without_anything_held_says_so(tmp_path: Path) -> None:
    report = Elements(report_on(tmp_path, PAGE.replace("hostileword", "friendly")))
    assert "Nothing was held." in report.text("strong")


def test_of_a_long_passage_the_part_around_its_evidence_is_shown(tmp_path: Path) -> None:
    row = {"text": "A boat. " * 2_000 + "They are hostileword people. " + "A boat. " * 2_000}
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    run(tmp_path / "a.jsonl", out=tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert Elements(html).words["mark"][0] == "hostileword people"
    assert len(Elements(html).text("blockquote")) < 4_000


def test_targets_without_a_date_are_counted_all_the_same(tmp_path: Path) -> None:
    run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    months, lines = target_lines(collect_findings(OutputFolder(tmp_path / "out")).targets)
    assert months == []
    assert [(line.target, line.total) for line in lines] == [("Vietnamese", 3)]


def test_the_browser_runs_nothing_and_the_page_fits_a_phone(tmp_path: Path, chromium: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    report_on(tmp_path, HOSTILE + "\n\nSokha said...\n\n" + "hostileword" + "unbroken" * 200)
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


def test_what_was_not_judged_comes_last_with_its_language_and_without_scores(
    tmp_path: Path,
) -> None:
    lines = [{"text": FRENCH}, {"text": "Boat hostileword."}, {"text": "A boat."}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines), "utf-8")
    run(tmp_path / "a.jsonl", out=tmp_path / "out")
    found = collect_findings(OutputFolder(tmp_path / "out"))
    assert [row["text"] for row in found.worst] == ["Boat hostileword.", FRENCH]
    assert found.scores["comment", "insult"].sum() == 2
    report = Elements((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert "Not judged: in fr" in report.text("b")
    assert "the model does not know the language: fr (1)" in report.text("p")


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_comments_of_tables_are_counted_as_comments_and_not_as_pages(tmp_path: Path) -> None:
    comments = write_comments(tmp_path / "a.jsonl", 70)
    summary = run(comments, out=tmp_path / "one")
    assert (summary.pages, summary.comments) == (0, 70)
    report = Elements((tmp_path / "one" / "report.html").read_text("utf-8"))
    assert "70 single comments read from tables" in report.text("p")
    assert "pages read" not in report.text("p")
    run(comments, write_pages(tmp_path / "in"), out=tmp_path / "two")
    report = Elements((tmp_path / "two" / "report.html").read_text("utf-8"))
    assert "3 pages read, with 6 reader comments" in report.text("p")
    assert "70 single comments" in report.text("p")


def test_a_random_sample_of_what_was_allowed_shows_how_much_may_be_missed(tmp_path: Path) -> None:
    comments = write_comments(tmp_path / "a.jsonl", 700)
    run(comments, out=tmp_path / "out", shard_pages=2)
    findings = collect_findings(OutputFolder(tmp_path / "out"))
    sample = findings.samples["comment"]
    assert (len(sample.rows), sample.number) == (24, 600)
    assert all(row["verdict"]["action"] == "allow" for row in sample.rows)
    positions = [row["position"] for row in sample.rows]
    assert len(set(positions)) == 24
    assert max(positions) - min(positions) > 10_000
    assert collect_findings(OutputFolder(tmp_path / "out")).samples["comment"].rows == sample.rows
    report = Elements((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert "24 of 600 that were allowed" in report.text("p")
    assert "at most 12 % of all that were allowed" in report.text("p")


def test_rates_by_site_are_counted_over_all_comments_and_lead_to_one_that_was_held(
    tmp_path: Path,
) -> None:
    rows = [
        {
            "text": f"Boat {n} hostileword." if n % 4 == 0 else "A boat.",
            "url": f"https://{site}/{n}",
        }
        for site, number in (("one.example", 40), ("two.example", 20))
        for n in range(number)
    ]
    rows.append({"text": "A boat.", "url": "https://three.example/"})
    run(write_rows(tmp_path / "a.jsonl", rows), out=tmp_path / "out", shard_pages=1)
    findings = collect_findings(OutputFolder(tmp_path / "out"))
    assert [(site.group, site.judged(), site.held()) for site in findings.sites] == [
        (("one.example",), 40, 10),
        (("two.example",), 20, 5),
    ]
    report = Elements((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert "25.0 %" in report.text("td")
    assert ("href", "https://one.example/0") in report.attributes


def test_repeat_commenters_are_those_with_several_held_comments(tmp_path: Path) -> None:
    held = ["Ann"] * 3 + ["Bob"] * 2 + ["Cy"]
    rows = [{"text": f"{n} hostileword.", "author": name} for n, name in enumerate(held)]
    rows += [{"text": "A boat.", "author": name} for name in ("Ann", "Dan", "Ann")]
    run(write_rows(tmp_path / "a.jsonl", rows), out=tmp_path / "out")
    authors = collect_findings(OutputFolder(tmp_path / "out")).authors
    assert [(author.group[1], author.held(), author.judged()) for author in authors] == [
        ("Ann", 3, 5),
        ("Bob", 2, 2),
    ]


def test_comments_that_were_not_judged_count_neither_against_a_site_nor_against_an_author(
    tmp_path: Path,
) -> None:
    rows = [
        {"text": f"{text} {n}.", "author": "Ann", "url": f"https://one.example/{n}"}
        for n, text in enumerate([FRENCH, FRENCH, "Boat hostileword", "A boat"])
    ]
    run(write_rows(tmp_path / "a.jsonl", rows), out=tmp_path / "out")
    findings = collect_findings(OutputFolder(tmp_path / "out"))
    assert [(site.judged(), site.held()) for site in findings.sites] == [(2, 1)]
    assert findings.authors == []


def test_a_text_that_is_repeated_is_shown_once_with_its_number(tmp_path: Path) -> None:
    rows = [{"text": "All are hostileword."}] * 90 + [{"text": "Other hostileword."}]
    run(write_rows(tmp_path / "a.jsonl", rows), out=tmp_path / "out", shard_pages=1)
    worst = collect_findings(OutputFolder(tmp_path / "out")).worst
    assert [(row["text"], row["copies"]) for row in worst] == [
        ("All are hostileword.", 90),
        ("Other hostileword.", 1),
    ]
    report = Elements((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert "90 times the same text" in report.text("p")


def test_the_thresholds_of_the_policy_are_drawn_into_the_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = BoundPolicy({"ethnic_hostility": 0.25, "insult": 0.5}, {"ethnic_hostility": 0.75})
    monkeypatch.setattr(FakeJudge, "bound_policy", policy, raising=False)
    run(write_pages(tmp_path / "in"), out=tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text("utf-8")
    report = Elements(html)
    assert report.names.count("line") == 3 * 2  # comments and articles
    assert 'class="review" x1="60.0"' in html
    assert "Review from 0.25" in report.text("small")
    assert "Block from 0.75" in report.text("small")
    monkeypatch.undo()
    rebuild_report(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_text("utf-8") == html


def test_it_tells_the_inputs_and_the_settings_of_the_run(tmp_path: Path) -> None:
    columns = Columns.parse(("text=words",), ("stars",))
    write_rows(tmp_path / "a.jsonl", [{"words": "A boat.", "stars": "5"}])
    run(tmp_path / "a.jsonl", out=tmp_path / "out", columns=columns)
    report = Elements((tmp_path / "out" / "report.html").read_text("utf-8"))
    facts = report.text("dd")
    assert (tmp_path / "a.jsonl").as_posix() in facts
    assert "fake@1" in facts
    assert "text from words; kept: stars" in facts
    assert "20 971 520 bytes" in facts


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a\u202e.example/",
        "http:/x",
        "//x.example/",
    ],
)
def test_only_a_plain_address_of_the_web_becomes_a_link(tmp_path: Path, address: str) -> None:
    rows = [{"text": f"{n} hostileword.", "url": address, "author": "Ann"} for n in range(3)]
    run(write_rows(tmp_path / "a.jsonl", rows), out=tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "href" not in {name for name, _ in Elements(html).attributes}
