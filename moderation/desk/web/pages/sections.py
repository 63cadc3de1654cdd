"""The page on which leads assign sources and sections to moderators."""

from starlette.responses import Response

from moderation.desk.types import Role, Section, SectionField
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import InvalidInput
from moderation.text.display import inert

MAX_CHARACTERS = 300
"""Most characters of a value that is offered."""


@require_role(Role.LEAD)
def sections_page(request: DeskRequest) -> Response:
    """List the moderators with the sections that they are assigned."""
    queues = request.desk.queue
    return request.render(
        "lead/sections.html",
        here="sections",
        moderators=request.desk.assignments.all(request.user),
        fields=list(SectionField),
        # A browser draws the list itself, so it has only what can be shown as it is.
        choices=[
            value
            for field in (SectionField.SOURCE, SectionField.COMMUNITY)
            for value in queues.choices(field)
            if inert(value, MAX_CHARACTERS) == value
        ],
    )


@require_role(Role.LEAD)
def change_sections(request: DeskRequest) -> Response:
    """Assign a section to a moderator, or take one away."""
    form, assignments = request.form, request.desk.assignments
    if form.get("field") not in set(SectionField):
        raise InvalidInput("This is not one of the choices.", where="field")
    section = Section(SectionField(form.get("field")), form.get("value"))
    if form.get("act") == "remove":
        assignments.remove(request.user, form.get("name"), section)
        return request.redirect("/sections", {}, Flash("section_removed"))
    assignments.assign(request.user, form.get("name"), section)
    return request.redirect("/sections", {}, Flash("section_assigned"))
