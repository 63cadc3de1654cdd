"""Pages of the model and of the policy's thresholds."""

from collections.abc import Iterator, Mapping

from starlette.responses import Response

from moderation.charts import curve_line, thinned
from moderation.desk.decisions.thresholds import MIN_DECISIONS, confidence, policy_path
from moderation.desk.jobs.live_model import DeskLoader
from moderation.desk.jobs.training import start_training
from moderation.desk.learning.trainings import TrainingOutcome
from moderation.desk.types import Curve, Point, Role
from moderation.desk.web.query import number_of, page_of
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import InvalidInput, NotReady
from moderation.service.engine import engine_of, moderator_of
from moderation.service.request import settings_of
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Action

MODELS = 10
"""Models with their figures on one page."""
TRAININGS = 10
"""The latest attempts to train a model, which are listed."""
DEFAULT_ATTRIBUTE = "ethnic_hostility"
DEFAULT_THRESHOLD = 0.5


@require_role(Role.READER)
def model_page(request: DeskRequest) -> Response:
    """Show the live model and those before it, with their figures."""
    models = request.desk.models
    loader: DeskLoader | None = request.http.app.state.desk_loader
    shown = page_of(models.promoted(), request.query, MODELS)
    trainings = request.desk.trainings.latest(TRAININGS)
    return request.render(
        "lead/model.html",
        here="model",
        live=models.live(),
        serving=engine_of(request.http).model_id,
        problem=loader.failure if loader else None,
        default=settings_of(request.http).model,
        promoted=[(model, list(flat(model.figures))) for model in shown.rows],
        more=shown.more,
        trainings=trainings,
        may_train=settings_of(request.http).desk_train is not None,
        running=bool(trainings) and trainings[0].outcome is TrainingOutcome.RUNNING,
    )


@require_role(Role.LEAD)
def roll_back(request: DeskRequest) -> Response:
    """Go back to the previous model."""
    request.desk.models.roll_back(request.user, number_of(request.form.get("model")))
    return request.redirect("/model")


@require_role(Role.LEAD)
def train(request: DeskRequest) -> Response:
    """Start to train the next model in the background."""
    start_training(request.desk, request.user, settings_of(request.http))
    return request.redirect("/model", {}, Flash("training"))


@require_role(Role.READER)
def workbench_page(request: DeskRequest) -> Response:
    """Show precision, recall and cost by threshold, and the effect of one threshold."""
    attribute = _attribute(request.query)
    now = thresholds_in_use(request).get(attribute)
    threshold = _threshold(request.query, DEFAULT_THRESHOLD if now is None else now)
    workbench = request.desk.workbench
    curve = workbench.curve(attribute)
    point = workbench.point(attribute, threshold, curve) if curve.decided else None
    return request.render(
        "lead/workbench.html",
        here="workbench",
        attribute=attribute,
        threshold=threshold,
        now=now,
        curve=curve,
        point=point,
        ranges=_ranges(point, curve) if point else {},
        least=MIN_DECISIONS,
        rows=thinned(curve.points),
        precision=curve_line(curve.points, "precision"),
        recall=curve_line(curve.points, "recall"),
        path=policy_path(settings_of(request.http)),
    )


@require_role(Role.LEAD)
def write_policy(request: DeskRequest) -> Response:
    """Write a threshold into the policy."""
    fields = request.form.fields
    attribute, threshold = _attribute(fields), _threshold(fields, DEFAULT_THRESHOLD)
    if fields.get("action") not in {Action.REVIEW, Action.BLOCK}:
        raise InvalidInput("There is no such action.", where="action")
    path = policy_path(settings_of(request.http))
    request.desk.workbench.check_enough(attribute)
    request.desk.workbench.write_policy(
        request.user, path, Action(fields["action"]), attribute, threshold
    )
    return request.redirect(
        "/workbench",
        {"attribute": attribute, "threshold": f"{threshold:g}"},
        Flash("written", str(path)),
    )


def flat(
    figures: Mapping[str, object], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield figures with their paths of names, in order.

    Parameters
    ----------
    figures : mapping
        Numbers, texts, and mappings of the same kind.
    path : tuple of str
        The names that lead to `figures`.
    """
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, (*path, str(name)))
        else:
            text = f"{value:.3f}" if isinstance(value, float) else str(value)
            yield (*path, str(name)), text


def thresholds_in_use(request: DeskRequest) -> Mapping[str, float]:
    """Return the thresholds of the policy in use, by attribute; none while the model loads."""
    try:
        return moderator_of(request.http).bound_policy.held
    except NotReady:
        return {}


def _ranges(point: Point, curve: Curve) -> dict[str, tuple[float, float]]:
    """Return the bounds of precision and recall with 95 % confidence, as far as they are known."""
    shares = {
        "precision": (point.precision, point.held),
        "recall": (point.recall, curve.rejected),
    }
    return {
        name: confidence(share, number)
        for name, (share, number) in shares.items()
        if share is not None
    }


def _attribute(fields: Mapping[str, str]) -> str:
    attribute = fields.get("attribute", DEFAULT_ATTRIBUTE)
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
