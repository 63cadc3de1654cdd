"""The page of the desk's settings: severe comments in a row, texts to authors, peoples added."""

from collections.abc import Collection
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response

from moderation.desk.accounts.desk_settings import MAX_ADDRESS, MAX_IN_A_ROW, MAX_SITE_NAME
from moderation.desk.decisions.author_texts import DEFAULT, MAX_AUTHOR_TEXT, PLACEHOLDERS
from moderation.desk.types import DeskOptions, People, RejectionReason, Role
from moderation.desk.web.query import number_of
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import ModerationError
from moderation.text.peoples import PEOPLES, fold_name

TEXT = "text."
"""The prefix of the fields of texts to authors; the reason follows, or `OTHERS`."""
OTHERS = "default"


class PeopleChoice(NamedTuple):
    """A people that may be chosen as a target, and the folded names by which it is found."""

    name: str
    found_by: str


@require_role(Role.LEAD)
def settings_page(request: DeskRequest) -> Response:
    """Show the desk's settings."""
    return _page(request)


@require_role(Role.LEAD)
def save_settings(request: DeskRequest) -> Response:
    """Keep one of the page's forms; what was refused is shown again as it was typed."""
    form, desk = request.form, request.desk
    act = form.get("act")
    try:
        if act == "people":
            people = read_people(request)
            return request.redirect("/settings", {}, Flash("people_added", people.name))
        if act == "texts":
            desk.author_texts.save(request.user, _texts(request))
        else:
            desk.settings.save(request.user, _options(request))
    except ModerationError as error:
        return _page(request, error)
    return request.redirect("/settings", {}, Flash("settings_saved"))


def people_choices(request: DeskRequest, also: Collection[str]) -> list[PeopleChoice]:
    """Return the peoples that may be chosen, those added at the desk among them.

    Parameters
    ----------
    request : DeskRequest
    also : collection of str
        Names that are offered besides, because a model or a form has them.
    """
    forms = dict(PEOPLES) | {people.name: people.forms for people in request.desk.peoples.added()}
    names = dict.fromkeys((*forms, *also))
    return [
        PeopleChoice(name, "|".join(map(fold_name, (name, *forms.get(name, ()))))) for name in names
    ]


def read_people(request: DeskRequest) -> People:
    """Add the people of a form's field, which has its name and, on further lines, other names.

    Raises
    ------
    InvalidInput
    """
    name, *forms = request.form.get("new_people").splitlines() or [""]
    return request.desk.peoples.add(request.user, name, forms)


def _options(request: DeskRequest) -> DeskOptions:
    most = number_of(request.form.get("severe_in_a_row"))
    return replace(
        request.desk.settings.get(),
        severe_in_a_row=-1 if most is None else most,
        site_name=request.form.get("site_name"),
        rules=request.form.get("rules"),
    )


def _texts(request: DeskRequest) -> dict[str, str]:
    reasons = {OTHERS: DEFAULT} | {reason.value: reason.value for reason in RejectionReason}
    return {
        reason: request.form.get(f"{TEXT}{name}").replace("\r\n", "\n")
        for name, reason in reasons.items()
    }


def _page(request: DeskRequest, error: ModerationError | None = None) -> Response:
    desk, form = request.desk, request.form
    act = form.get("act") if error else ""
    typed = {name: form.get(name) for name in ("severe_in_a_row", "site_name", "rules")}
    options = desk.settings.get()
    return request.render(
        "lead/desk_settings.html",
        error.status if error else HTTPStatus.OK,
        here="settings",
        error=error,
        options=typed
        if act == "options"
        else {
            "severe_in_a_row": options.severe_in_a_row,
            "site_name": options.site_name,
            "rules": options.rules,
        },
        texts=_texts(request) if act == "texts" else desk.author_texts.templates(),
        new_people=form.get("new_people") if act == "people" else "",
        added=desk.peoples.added(),
        placeholders=[f"{{{name}}}" for name in PLACEHOLDERS],
        most={
            "row": MAX_IN_A_ROW,
            "site_name": MAX_SITE_NAME,
            "address": MAX_ADDRESS,
            "text": MAX_AUTHOR_TEXT,
        },
    )
