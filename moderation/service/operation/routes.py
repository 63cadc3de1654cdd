"""The endpoint for whoever watches the service."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from moderation.service.operation.access import require
from moderation.service.operation.keys import Scope
from moderation.service.operation.metrics import CONTENT_TYPE, Metrics, exposition

operation = APIRouter(tags=["state"], dependencies=[Depends(require(Scope.ADMIN))])


async def metrics_of(request: Request) -> Metrics:
    """Return the counts of the application that serves `request`."""
    metrics: Metrics = request.app.state.metrics
    return metrics


@operation.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(metrics: Annotated[Metrics, Depends(metrics_of)]) -> Response:
    """Tell requests, latencies, bands of scores, the queue and the model, of all processes.

    Where the service asks for keys, this takes one with the scope `admin`.
    """
    metrics.refresh()
    told = await run_in_threadpool(exposition)
    return Response(told, headers={"Content-Type": CONTENT_TYPE})
