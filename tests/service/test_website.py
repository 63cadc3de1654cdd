"""The service's pages as HTML, before any browser opens them."""

import re
from pathlib import Path

import httpx
import pytest

from moderation.service import app as website
from moderation.taxonomy import ATTRIBUTES, Label
from tests.service.fakes import client_of

FILES = sorted(path for path in website.HERE.rglob("*") if path.suffix in {".html", ".js", ".css"})


def test_the_first_page_shows_every_attribute_and_label(client: httpx.Client) -> None:
    page = client.get("/").text
    for attribute in ATTRIBUTES:
        assert f'data-attribute="{attribute.name}"' in page
        assert attribute.title in page
    for label in Label:
        assert f'data-label="{label}"' in page
    assert "fake@1" in page
    assert 'href="/docs"' in page


def test_the_documentation_shows_every_path_and_schema(client: httpx.Client) -> None:
    page = client.get("/docs").text
    document = client.get("/openapi.json").json()
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert f"curl {client.base_url}".rstrip("/") in page


def test_a_host_name_cannot_put_markup_into_the_documentation(client: httpx.Client) -> None:
    page = client.get("/docs", headers={"Host": '"><script>alert(1)</script>'}).text
    assert "<script>" not in page


def test_a_limit_that_is_set_is_the_limit_that_is_shown() -> None:
    with client_of(max_text_chars=1234) as client:
        assert 'data-limit="1234"' in client.get("/").text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_another_host_or_needs_inline_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"(?:src|href|url|@import|from)\W{0,4}(?:https?:)?//", text)
    assert "innerHTML" not in text
    if path.suffix == ".html":
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
