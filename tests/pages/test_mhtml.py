"""Pages that a browser saved as MHTML: the page is found among its parts."""

import pytest

from moderation.errors import UnreadablePage
from moderation.pages.mhtml import is_mhtml, read_mhtml

HEAD = (
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://paper.example/ferry\r\n"
    "Subject: =?utf-8?Q?Ferry?=\r\n\tof the river\r\nDate: Tue, 3 Mar 2026 17:00:00 +0700\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary="----b"\r\n\r\n'
)
IMAGE = "------b\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n"
PAGE = (
    '------b\r\nContent-Type: text/html; charset="windows-1252"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\nContent-Location: https://paper.example/x\r\n"
    "\r\n<p>Caf=E9, a long li=\r\nne</p>\r\n"
)
FRAME = "------b\r\nContent-Type: text/html\r\n\r\n<p>A frame</p>\r\n"


@pytest.mark.parametrize("parts", [PAGE + IMAGE, IMAGE + PAGE, PAGE + FRAME])
def test_the_first_html_is_the_page_whatever_is_beside_it(parts: str) -> None:
    page = read_mhtml(f"{HEAD}{parts}------b--\r\n".encode())
    assert page.html.strip() == b"<p>Caf\xe9, a long line</p>"
    assert page.charset == "windows-1252"
    assert page.url == "https://paper.example/ferry"
    assert page.captured == "2026-03-03T17:00:00+07:00"


def test_without_a_date_and_an_address_of_its_own_the_part_tells_the_address() -> None:
    head = 'Date: yesterday\nContent-Type: multipart/related; boundary="----b"\n\n'
    page = read_mhtml(f"{head}{PAGE}------b--\n".encode())
    assert (page.url, page.captured) == ("https://paper.example/x", None)


def test_a_file_that_breaks_off_gives_what_there_is_of_its_page() -> None:
    assert b"Caf\xe9" in read_mhtml(f"{HEAD}{PAGE}".encode()).html


def test_without_html_it_is_no_page() -> None:
    with pytest.raises(UnreadablePage, match="holds no HTML"):
        read_mhtml(f"{HEAD}{IMAGE}------b--\r\n".encode())


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (HEAD + PAGE, True),
        (HEAD.replace("\r\n", "\n"), True),
        (HEAD.replace("multipart/related", "Multipart/Related"), True),
        (HEAD.replace("multipart/related", "multipart/mixed"), False),
        ("Note: boats\n\nContent-Type: multipart/related\n", False),
        (PAGE, False),
        ("<p>Content-Type: multipart/related</p>", False),
        ("a:" * 100_000, False),
        ("", False),
    ],
)
def test_it_is_known_by_its_headers(data: str, found: bool) -> None:
    assert is_mhtml(data.encode()) is found
