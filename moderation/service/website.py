"""The pages for people: one to try the judge, one that documents the service."""

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from moderation import __version__
from moderation.errors import NotReady
from moderation.service.state import moderator_of, settings_of
from moderation.taxonomy import ATTRIBUTES, OTHERWISE, Label
from moderation.verdict import Action

HERE = Path(__file__).parent
TITLES = {attribute.name: attribute.title for attribute in ATTRIBUTES}
LABELS = {label.value: TITLES.get(label.value, label.value.capitalize()) for label in Label}
MEANINGS = {attribute.name: attribute.meaning for attribute in ATTRIBUTES} | {
    OTHERWISE.value: "A reader’s comment within the rules, angry or not."
}
ACTIONS = {
    Action.ALLOW: "The policy allows it.",
    Action.REVIEW: "The policy sends it for review.",
    Action.BLOCK: "The policy blocks it.",
}
EXAMPLES = {
    "A civil comment": "I disagree with the new parking rules, and I would like the council "
    "to explain how they were drawn up.",
    "A news lead": "The district council voted on Tuesday to repair the north bridge, which "
    "has been closed since the March floods, officials said.",
    "An invented hostile comment": "The market was pleasant on Sunday. Those people from over "
    "the hill are vermin 🐀, and all of them should be driven out of our valley.",
}
SAMPLE = "The council meets on Tuesday."

templates = Jinja2Templates(directory=HERE / "templates")
templates.env.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
templates.env.filters["compact"] = json.dumps
pages = APIRouter(include_in_schema=False)


def add_pages(app: FastAPI) -> None:
    """Add the pages, and the files they need, to the service."""
    app.include_router(pages)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


@pages.get("/")
def first_page(request: Request) -> Response:
    """Show the page where a person asks the judge."""
    try:
        model = moderator_of(request).model.id
    except NotReady:
        model = ""
    context = {
        "attributes": ATTRIBUTES,
        "labels": LABELS,
        "meanings": MEANINGS,
        "actions": ACTIONS,
        "examples": EXAMPLES,
        "model": model,
        "limit": settings_of(request).max_text_chars,
        "keys": settings_of(request).asks_for_keys,
        "version": __version__,
    }
    return templates.TemplateResponse(request, "first.html", context)


@pages.get("/docs")
def documentation(request: Request) -> Response:
    """Show the service's OpenAPI document as a page."""
    document: dict[str, Any] = request.app.openapi()
    base = str(request.base_url).rstrip("/")
    context = {"api": document, "base": base, "sample": {"text": SAMPLE}}
    return templates.TemplateResponse(request, "docs.html", context)
