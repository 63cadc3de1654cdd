"""The endpoint for whoever watches the service."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from moderation.service.access.guard import guarded
from moderation.service.access.keys import Scope
from moderation.service.operation.metrics import CONTENT_TYPE, Metrics, exposition

operation = APIRouter(tags=["state"])


@operation.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
@guarded(Scope.ADMIN)
async def metrics(request: Request) -> Response:
    """Tell requests, latencies, bands of scores, the queue and the model, of all processes.

    Where the service asks for keys, this takes one with the scope `admin`.
    """
    counts: Metrics = request.app.state.metrics
    counts.refresh()
    told = await run_in_threadpool(exposition)
    return Response(told, headers={"Content-Type": CONTENT_TYPE})
