"""Which model is live, and going back."""

from collections.abc import Iterator, Mapping

from starlette.responses import Response

from moderation.desk.web.asking import number_of
from moderation.desk.web.showing.paging import page_of
from moderation.desk.web.visiting.visit import Visit, require_role
from moderation.desk.web.watch import DeskLoader
from moderation.desk.words import Role
from moderation.service.operation.lifecycle import model_of
from moderation.service.state import engine_of, settings_of

MODELS = 10
"""Models with their figures on one page."""


@require_role(Role.READER)
def model_page(visit: Visit) -> Response:
    """Show which model is live, those before it, and what spoke for each."""
    models = visit.desk.models
    shown = page_of(models.promoted(), visit.query, MODELS)
    return visit.page(
        "lead/model.html",
        here="model",
        live=models.live(),
        serving=model_of(engine_of(visit.request)),
        problem=_problem(visit),
        default=settings_of(visit.request).model,
        promoted=[(each, list(flat(each.figures))) for each in shown.rows],
        more=shown.more,
    )


@require_role(Role.LEAD)
def roll_back(visit: Visit) -> Response:
    """Go back to the model before."""
    visit.desk.models.roll_back(visit.user, number_of(visit.form.get("model")))
    return visit.go("/model")


def _problem(visit: Visit) -> str:
    """Return why this server does not judge with the live model; nothing where it does."""
    loader: DeskLoader | None = visit.request.app.state.desk_loader
    return loader.problem if loader else ""


def flat(
    figures: Mapping[str, object], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield figures by their names, those inside others by both, in order."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, (*path, str(name)))
        else:
            told = f"{value:.3f}" if isinstance(value, float) else str(value)
            yield (*path, str(name)), told
