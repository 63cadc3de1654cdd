"""The self-contained HTML report of a training run."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from moderation.labelling.record import Example
from moderation.learning.judgement import Judge, Judgement, label_of
from moderation.learning.training.charts import (
    confusion_chart,
    precision_recall_chart,
    reliability_chart,
)
from moderation.learning.training.data import Dataset
from moderation.learning.training.measure import Measured
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES

MISTAKES = 25


class Mistake(NamedTuple):
    """A test passage with the wrong label, and how sure the model was of it."""

    example: Example
    found: str
    sureness: float


def environment() -> Environment:
    """Return the templates' environment: HTML is escaped, Markdown is not."""
    return Environment(
        autoescape=select_autoescape(),
        loader=PackageLoader("moderation.learning.training"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_report(model: Judge, manifest: dict[str, Any], test: Dataset, measured: Measured) -> str:
    """Return the report's HTML.

    Parameters
    ----------
    model : Judge
    manifest : dict
        The model's.
    test : Dataset
        The split the report is about.
    measured : Measured
        The model's figures.
    """
    result = measured.test
    judged = model.judge(test.texts)
    scores = np.array([[j.scores[name] for name in ATTRIBUTE_NAMES] for j in judged])
    template = environment().get_template("report.html")
    return template.render(
        manifest=manifest,
        result=result,
        measured=measured,
        attributes=ATTRIBUTES,
        thresholds=model.thresholds,
        review_thresholds=model.review_thresholds,
        # The charts are ours: no passage's text is in them.
        charts={
            "Confusion": Markup(confusion_chart(result.confusion)),  # noqa: S704
            "Precision and recall": Markup(precision_recall_chart(test.values, scores)),  # noqa: S704
            "Reliability": Markup(reliability_chart(test.values, scores)),  # noqa: S704
        },
        mistakes=worst_mistakes(test.examples, judged, model.thresholds),
    )


def worst_mistakes(
    examples: Sequence[Example], judged: Sequence[Judgement], thresholds: dict[str, float]
) -> list[Mistake]:
    """Return the wrong labels that the model was surest of, surest first."""
    mistakes = []
    for example, judgement in zip(examples, judged, strict=True):
        found = label_of(judgement.scores, thresholds)
        if found is not example.label:
            for_found = judgement.scores.get(found, 0.0)
            for_right = judgement.scores.get(example.label, 0.0)
            mistakes.append(Mistake(example, found.value, for_found - for_right))
    return sorted(mistakes, key=lambda mistake: (-mistake.sureness, mistake.example.id))[:MISTAKES]
