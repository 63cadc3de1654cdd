"""Metrics for Prometheus: requests, latencies, scores, the queue and the model, at `/metrics`.

Where several processes serve, `serve` names a folder in the environment before any of them starts,
and the library keeps every process's numbers there, so that any of them can report all.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import prometheus_client as prometheus
from fastapi import APIRouter, Request, Response
from prometheus_client import multiprocess
from starlette.concurrency import run_in_threadpool

from moderation.service.api_keys import Scope
from moderation.service.auth import guarded
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Verdict

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
MODEL_KEY = "moderation.model"
"""Key in the ASGI scope of the id of the model that a request asks for, if it is served."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10)
BANDS = 10
"""Bands of equal width in which scores are counted."""
UNJUDGED, NO_LANGUAGE = "unjudged", "none"
MAX_KEPT = 1_000
"""Verdicts that are kept before they are counted."""

REQUESTS = prometheus.Counter(
    "moderation_requests", "Requests answered.", ["protocol", "route", "status"]
)
LATENCY = prometheus.Histogram(
    "moderation_request_seconds",
    "Seconds from a request's first byte in the service to its answer's last.",
    ["protocol", "tier"],
    buckets=SECONDS,
)
SCORES = prometheus.Counter(
    "moderation_scores",
    "Texts by the band (its lower end) in which the score of an attribute lay.",
    ["attribute", "band"],
)
ACTIONS = prometheus.Counter(
    "moderation_actions",
    "Texts by label (`unjudged` for those in a language that the model does not know) and action.",
    ["label", "action"],
)
LANGUAGES = prometheus.Counter(
    "moderation_languages",
    "Texts by their language, `none` where none is certain.",
    ["language"],
)
QUEUE = prometheus.Gauge(
    "moderation_queue_requests", "Requests that wait for the model.", multiprocess_mode="livesum"
)
IN_HAND = prometheus.Gauge(
    "moderation_requests_in_hand", "Requests under way.", multiprocess_mode="livesum"
)
CORAL_FALLBACKS = prometheus.Counter(
    "moderation_coral_fallbacks",
    "Comments of Coral's that the model did not judge in time, by what was answered instead: the "
    "fast tier's verdict, held, or allowed.",
    ["kind"],
)
MODEL = prometheus.Gauge(
    "moderation_model_processes",
    "Processes that judge with this model.",
    ["model"],
    multiprocess_mode="livesum",
)

SPOOLED = prometheus.Counter(
    "moderation_desk_spooled",
    "What the desk's database did not take when it came, and the spool did.",
    ["what"],
)
TAKEN_IN = prometheus.Counter(
    "moderation_desk_taken_in", "What was taken in from the spool, or left out.", ["what"]
)
LOST = prometheus.Counter(
    "moderation_desk_lost", "Comments that neither the desk's database nor the spool took."
)
SPOOL_BYTES = prometheus.Gauge(
    "moderation_desk_spool_bytes",
    "Bytes that wait in the spool for the desk's database.",
    multiprocess_mode="livesum",
)
DESK_AWAY = prometheus.Gauge(
    "moderation_desk_away_processes",
    "Processes for which the desk's database does not take what comes in.",
    multiprocess_mode="livesum",
)

PROTOCOLS = {
    "/v1alpha1": "perspective",
    "/$discovery": "perspective",
    "/batch": "perspective",
    "/v1/moderations": "openai",
    "/coral": "coral",
    "/1.1": "akismet",
    "/v1": "native",
}
"""The protocol of each route, by how its path begins; the first that fits."""

State = Callable[[], tuple[str, int, int]]


class Metrics:
    """The metrics of one process.

    Parameters
    ----------
    state : callable
        Returns the id of the model in use (empty if there is none yet), the number of requests
        that wait, and the number in hand.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._model = ""
        self._tier = "none"
        self._verdicts: list[Verdict] = []

    def count_request(
        self, route: str, status: int, seconds: float, model: str | None = None
    ) -> None:
        """Count a request by the path that its route declares, and the model it asked for."""
        tier = tier_of(model) if model else self._tier
        counter, histogram = series(route, status, tier)
        counter.inc()
        histogram.observe(seconds)

    def count_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts to count them at the next `refresh`: many at once cost far less."""
        self._verdicts.extend(verdicts)
        if len(self._verdicts) >= MAX_KEPT:
            self._count()

    def refresh(self) -> None:
        """Bring the gauges and the counts of scores up to date; called every second."""
        model, waiting, in_hand = self._state()
        QUEUE.set(waiting)
        IN_HAND.set(in_hand)
        if model != self._model:
            if self._model:
                MODEL.labels(self._model).set(0)
            self._model, self._tier = model, tier_of(model)
        if model:
            MODEL.labels(model).set(1)
        self._count()

    def _count(self) -> None:
        verdicts, self._verdicts = self._verdicts, []
        for attribute, counts in zip(ATTRIBUTE_NAMES, bands(verdicts), strict=True):
            for band, count in enumerate(counts):
                if count:
                    SCORES.labels(attribute, f"{band / BANDS:.1f}").inc(count)
        for (label, action), count in Counter((v.label, v.action) for v in verdicts).items():
            ACTIONS.labels(label.value if label else UNJUDGED, action.value).inc(count)
        # No more than the detector knows, or the settings list: a caller can add none.
        for language, count in Counter(v.language for v in verdicts).items():
            LANGUAGES.labels(language or NO_LANGUAGE).inc(count)


def exposition() -> bytes:
    """Return the metrics of all serving processes, in Prometheus's text format."""
    if folder := os.environ.get(FOLDER):
        drop_dead_workers(Path(folder))
        registry = prometheus.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        return prometheus.generate_latest(registry)
    return prometheus.generate_latest()


@cache
def series(route: str, status: int, tier: str) -> tuple[prometheus.Counter, prometheus.Histogram]:
    """Return the counter and the histogram of a route, which take longer to find than to use.

    There are as many as routes, statuses and tiers, which no caller can add to.
    """
    protocol = protocol_of(route)
    return REQUESTS.labels(protocol, route, str(status)), LATENCY.labels(protocol, tier)


def protocol_of(path: str) -> str:
    """Return the protocol of a route, by the path that the route declares."""
    return next((name for start, name in PROTOCOLS.items() if path.startswith(start)), "other")


def bands(verdicts: Iterable[Verdict]) -> list[list[int]]:
    """Count, by attribute, the scores in each band."""
    of_texts = [verdict.scores for verdict in verdicts if verdict.judged]
    scores = np.array([[scores[name] for scores in of_texts] for name in ATTRIBUTE_NAMES])
    in_bands = np.minimum((scores * BANDS).astype(np.intp), BANDS - 1)
    return [np.bincount(row, minlength=BANDS).tolist() for row in in_bands]


def tier_of(model: str) -> str:
    """Return a model's tier, which is the name before the version in its id."""
    return model.partition("@")[0] or "none"


def drop_dead_workers(folder: Path) -> None:
    """Delete the gauges of processes that have ended, so that no sum has them; counters stay."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)


operation = APIRouter(tags=["state"])


@operation.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
@guarded(Scope.ADMIN)
async def metrics(request: Request) -> Response:
    """Report requests, latencies, score bands, the queue and the model, of all processes.

    Where the service asks for keys, this takes one with the scope `admin`.
    """
    own: Metrics = request.app.state.metrics
    own.refresh()
    text = await run_in_threadpool(exposition)
    return Response(text, headers={"Content-Type": CONTENT_TYPE})
