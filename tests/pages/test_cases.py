"""Each page in `tests/pages/cases` is split as it is annotated, in every field.

The pages are our own, in the manner of comment systems and languages; NAME.json has what is right.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from moderation.pages import Kind, Passage, read_html

CASES = Path(__file__).parent / "cases"
NAMES = sorted(file.stem for file in CASES.glob("*.html"))


def folded(text: str) -> str:
    return " ".join(text.split())


def read(name: str) -> tuple[list[Passage], dict[str, Any]]:
    page = read_html((CASES / f"{name}.html").read_bytes(), url="https://paper.example/a")
    return list(page.passages), json.loads((CASES / f"{name}.json").read_text("utf-8"))


def comments(passages: list[Passage]) -> list[Passage]:
    return [each for each in passages if each.kind is Kind.COMMENT]


@pytest.mark.parametrize("name", NAMES)
def test_each_comment_is_found_and_nothing_else(name: str) -> None:
    passages, want = read(name)
    found = comments(passages)
    assert len(found) == len(want["comments"])
    for passage, comment in zip(found, want["comments"], strict=True):
        text, wanted = folded(passage.text), folded(comment["text"])
        assert wanted in text if want.get("text_contains") else wanted == text


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_has_its_author_its_time_and_the_one_it_answers(name: str) -> None:
    passages, want = read(name)
    for passage, comment in zip(comments(passages), want["comments"], strict=True):
        assert passage.author == comment["author"]
        assert (passage.time or "").startswith(comment["time"] or "")
        assert passage.parent == comment["parent"]


@pytest.mark.parametrize("name", NAMES)
def test_the_article_is_kept_and_no_button_is_in_a_comment(name: str) -> None:
    passages, want = read(name)
    article = folded("\n".join(each.text for each in passages if each.kind is Kind.ARTICLE))
    written = folded("\n".join(each.text for each in comments(passages)))
    assert [text for text in want["article"] if folded(text) not in article] == []
    assert [text for text in want["not_comments"] if text in written] == []
    assert not any(folded(comment["text"]) in article for comment in want["comments"])
