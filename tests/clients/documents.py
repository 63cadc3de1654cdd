"""The code of our documents, so that tests run what readers copy."""

import re

from tests.conftest import ROOT

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def code_of(document: str, language: str, part: str) -> str:
    """Return the one block of code of a document that is in a language and has a text in it."""
    text = (ROOT / "docs" / document).read_text("utf-8")
    (code,) = (body for kind, body in FENCED.findall(text) if kind == language and part in body)
    return str(code)
