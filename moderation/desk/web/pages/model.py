"""Thresholds against one's own decisions."""

from collections.abc import Iterator, Mapping

from starlette.requests import Request
from starlette.responses import Response

from moderation.charts import curve_line, thinned
from moderation.desk.decisions.thresholds import policy_path
from moderation.desk.jobs.live_model import DeskLoader
from moderation.desk.types import Role
from moderation.desk.web.query import number_of, page_of
from moderation.desk.web.request import Flash, Visit, require_role
from moderation.errors import InvalidInput, NotReady
from moderation.service.engine import engine_of, moderator_of
from moderation.service.request import settings_of
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Action

# FOLDED models: Which model is live, and going back.

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
        serving=engine_of(visit.request).model_id,
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


DEFAULT = "ethnic_hostility"
START = 0.5


@require_role(Role.READER)
def workbench_page(visit: Visit) -> Response:
    """Show precision, recall and cost by threshold, and what one threshold means."""
    attribute = _attribute(visit.query)
    now = _in_use(visit.request).get(attribute)
    threshold = _threshold(visit.query, START if now is None else now)
    workbench = visit.desk.workbench
    curve = workbench.curve(attribute)
    return visit.page(
        "lead/workbench.html",
        here="workbench",
        attribute=attribute,
        threshold=threshold,
        now=now,
        curve=curve,
        point=workbench.point(attribute, threshold, curve) if curve.decided else None,
        rows=thinned(curve.points),
        precision=curve_line(curve.points, "precision"),
        recall=curve_line(curve.points, "recall"),
        path=policy_path(settings_of(visit.request)),
    )


@require_role(Role.LEAD)
def write_policy(visit: Visit) -> Response:
    """Write a threshold into the policy."""
    fields = visit.form.fields
    attribute, threshold = _attribute(fields), _threshold(fields, START)
    if fields.get("action") not in {Action.REVIEW, Action.BLOCK}:
        raise InvalidInput("There is no such action.", where="action")
    path = policy_path(settings_of(visit.request))
    visit.desk.workbench.write_policy(
        visit.user, path, Action(fields["action"]), attribute, threshold
    )
    return visit.go(
        "/workbench",
        {"attribute": attribute, "threshold": f"{threshold:g}"},
        Flash("written", str(path)),
    )


def _attribute(fields: Mapping[str, str]) -> str:
    attribute = fields.get("attribute", DEFAULT)
    if attribute not in ATTRIBUTE_NAMES:
        raise InvalidInput("There is no such attribute.", where="attribute")
    return attribute


def _threshold(fields: Mapping[str, str], default: float) -> float:
    try:
        threshold = float(fields.get("threshold", default))
    except ValueError:
        threshold = -1.0
    if not 0 <= threshold <= 1:
        raise InvalidInput("A threshold is a number from 0 to 1.", where="threshold")
    return threshold


def _in_use(request: Request) -> dict[str, float]:
    try:
        return moderator_of(request).bound_policy.held
    except NotReady:
        return {}
