"""The same bytes with the same headers are read alike, whichever way a page comes."""

import json
import time
from typing import NamedTuple

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moderation.errors import UnreadablePage
from moderation.pages.encoding import decode, header_charset, is_html, read_text, to_utf8
from tests.batch.archives import response, write_warc
from tests.batch.rows import passages, run
from tests.service.fakes import client_of

TEXT = (
    "Die Fähre fährt früh über den Fluß, und das Café am Pier öffnet später für alle Gäste. "
    "The ferry to the café opens after the break, and the old façade stays as it was."
)
EASTERN = (
    "Łódź i Kraków: przeprawa promowa została ponownie otwarta. The ferry to Łódź is open again."
)


class Case(NamedTuple):
    """A page as it may be sent, and a sentence that must be read in it."""

    data: bytes
    kind: str = "text/plain"
    charset: str | None = None
    text: str = TEXT


def html(text: str, head: str = "") -> str:
    return f"<html><head>{head}<title>Ferry</title></head><body><p>{text}</p></body></html>"


CASES = {
    "text-utf8": Case(TEXT.encode()),
    "text-utf8-mark": Case(b"\xef\xbb\xbf" + TEXT.encode()),
    "text-utf8-said-latin": Case(TEXT.encode(), charset="windows-1252"),
    "text-latin-unsaid": Case(TEXT.encode("cp1252")),
    "text-latin-said": Case(TEXT.encode("cp1252"), charset="iso-8859-1"),
    "text-latin-said-utf8": Case(TEXT.encode("cp1252"), charset="utf-8"),
    "text-latin-said-unknown": Case(TEXT.encode("cp1252"), charset="no-such"),
    "text-eastern-said": Case(EASTERN.encode("cp1250"), charset="windows-1250", text=EASTERN),
    "text-utf16-mark": Case(b"\xff\xfe" + TEXT.encode("utf-16-le")),
    "text-utf16-said": Case(TEXT.encode("utf-16-le"), charset="utf-16"),
    "text-nul": Case(
        TEXT.encode().replace(b" am ", b" a\0m "), text=TEXT.replace(" am ", " a\ufffdm ")
    ),
    "html-utf8": Case(html(TEXT).encode(), "text/html"),
    "html-latin-declared": Case(html(TEXT, "<meta charset=latin1>").encode("cp1252"), "text/html"),
    "html-latin-declared-utf8": Case(
        html(TEXT, "<meta charset=utf-8>").encode("cp1252"), "text/html"
    ),
    "html-latin-unsaid": Case(html(TEXT).encode("cp1252"), "text/html"),
    "html-eastern-declared": Case(
        html(
            EASTERN, '<meta http-equiv="Content-Type" content="text/html; charset=cp1250">'
        ).encode("cp1250"),
        "text/html",
        text=EASTERN,
    ),
    "html-eastern-commented": Case(
        html(EASTERN, "<!-- <meta charset=koi8-r> --><meta charset=windows-1250>").encode("cp1250"),
        "text/html",
        text=EASTERN,
    ),
    "html-eastern-said": Case(html(EASTERN).encode("cp1250"), "text/html", "windows-1250", EASTERN),
    "html-utf16-mark": Case(b"\xff\xfe" + html(TEXT).encode("utf-16-le"), "text/html"),
    "html-nul": Case(
        html(TEXT).encode().replace(b" am ", b" a\0m "),
        "text/html",
        text=TEXT.replace(" am ", " a\ufffdm "),
    ),
}


def header(case: Case) -> str:
    return f"{case.kind}; charset={case.charset}" if case.charset else case.kind


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    """Return the passages of each case by the way it came."""
    folder = tmp_path_factory.mktemp("pages")
    inputs = [
        write_warc(folder / "a.warc", [response(c.data, n, header(c)) for n, c in CASES.items()])
    ]
    columns: dict[str, list[object]] = {"page": [], "html": [], "page_text": [], "charset": []}
    lines = []
    for name, case in CASES.items():
        field = "html" if case.kind == "text/html" else "page_text"
        other = "page_text" if field == "html" else "html"
        for column, value in ((field, case.data), (other, None), ("page", name)):
            columns[column].append(value)
        columns["charset"].append(case.charset)
        # JSON holds characters: those that the bytes stand for.
        lines.append(
            json.dumps(
                {field: decode(case.data, case.charset, html=field == "html").text, "page": name}
            )
        )
        if case.charset is None:
            suffix = "html" if field == "html" else "txt"
            path = folder / f"{name}.{suffix}"
            path.write_bytes(case.data)
            inputs.append(path)
    binary = {"html": pa.binary(), "page_text": pa.binary()}
    pq.write_table(
        pa.table({k: pa.array(v, binary.get(k, pa.string())) for k, v in columns.items()}),
        folder / "a.parquet",
    )
    (folder / "a.jsonl").write_text("\n".join(lines), "utf-8")
    inputs += [folder / "a.parquet", folder / "a.jsonl"]
    found: dict[tuple[str, str], list[str]] = {}
    for path in inputs:
        out = folder / f"out-{path.name}"
        run(path, out=out)
        way = path.suffix.removeprefix(".") if path.stem == "a" else "file"
        for row in passages(out):
            name = path.stem if way == "file" else row["page"]
            found.setdefault((way, name), []).append(row["text"])
    with client_of() as client:
        for name, case in CASES.items():
            reply: httpx.Response = client.post(
                "/v1/pages", content=case.data, headers={"Content-Type": header(case)}
            )
            found["service", name] = [one["text"] for one in reply.json().get("passages", [])]
    return found


@pytest.mark.parametrize(
    ("way", "name"),
    [
        (way, name)
        for name, case in CASES.items()
        for way in ("file", "warc", "parquet", "jsonl", "service")
        # A file has no header.
        if way != "file" or case.charset is None
    ],
)
def test_the_same_bytes_are_read_alike_whichever_way_they_come(
    read: dict[tuple[str, str], list[str]], way: str, name: str
) -> None:
    together = " ".join(read[way, name])
    assert CASES[name].text in together
    assert "\0" not in together


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 and so on",
        b"GIF89a....",
        b"word\0" * 1000,
        bytes(range(1, 32)) * 9,
    ],
)
def test_what_is_no_text_is_refused_whatever_it_is_said_to_be(data: bytes) -> None:
    for charset in (None, "utf-8", "windows-1252"):
        with pytest.raises(UnreadablePage):
            read_text(data, charset)


@pytest.mark.parametrize(
    "label",
    ["hex", "rot13", "punycode", "unicode_escape", "utf-7", "zlib", "é", "a\0b", "", "x" * 999],
)
def test_a_label_that_is_no_encoding_of_pages_does_no_harm(label: str) -> None:
    assert read_text(TEXT.encode("cp1252"), label).text == TEXT
    declared = html(TEXT, f"<meta charset='{label}'>").encode("cp1252", "replace")
    assert TEXT in to_utf8(declared).decode()


@pytest.mark.parametrize(
    ("value", "charset"),
    [
        ("text/html; charset=utf-8", "utf-8"),
        ('text/html; Charset = "Shift_JIS"; a=b', "Shift_JIS"),
        ("text/html; charset='koi8-r'", "koi8-r"),
        ("text/html", None),
        ("", None),
    ],
)
def test_the_encoding_in_a_header_is_found_as_servers_write_it(
    value: str, charset: str | None
) -> None:
    assert header_charset(value) == charset


def test_html_is_told_by_its_beginning() -> None:
    assert is_html(b"\xef\xbb\xbf \n<!DOCTYPE html><p>x")
    assert is_html(b"<?xml version='1.0'?><html>")
    assert not is_html(b"A text about <html>")


@pytest.mark.parametrize(
    "data",
    [
        b"<meta " * 400_000 + b"\xe9",
        b"<!--" * 400_000 + b"\xe9",
        b"\xe9 " * 1_000_000,
        b"charset=" * 300_000 + b"\xe9",
        b"\xc3" * 2_000_000,
    ],
)
def test_an_encoding_is_found_in_time_in_proportion_to_the_page(data: bytes) -> None:
    started = time.process_time()
    assert decode(data, html=True).text
    assert time.process_time() - started < 5
