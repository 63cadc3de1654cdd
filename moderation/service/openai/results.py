"""Verdicts -> results by OpenAI's categories."""

from collections.abc import Sequence
from typing import Any

from moderation.taxonomy import OPENAI_CATEGORIES, PRESENT, Category
from moderation.verdict import Action, Verdict


def result_of(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the result for one input.

    Parameters
    ----------
    verdicts : sequence of Verdict
        One for each part of the input; a category is as high as in the worst part.
    """
    scores = {
        category.name: max(category.score(verdict.scores) or 0.0 for verdict in verdicts)
        for category in OPENAI_CATEGORIES
    }
    return {
        "flagged": any(verdict.action is not Action.ALLOW for verdict in verdicts),
        "categories": {
            category.name: any(_holds(category, verdict) for verdict in verdicts)
            for category in OPENAI_CATEGORIES
        },
        "category_scores": {name: round(score, 6) for name, score in scores.items()},
        "category_applied_input_types": {
            category.name: ["text"] if category.any_of else [] for category in OPENAI_CATEGORIES
        },
    }


def _holds(category: Category, verdict: Verdict) -> bool:
    """Whether a category is among those for which the policy acted.

    The policy alone decides whether a text is flagged. Of a flagged text, those categories are
    named that rest on the policy's own reasons, or that more likely hold than not.
    """
    if verdict.action is Action.ALLOW:
        return False
    weighed = {n: 1.0 if n in verdict.reasons else s for n, s in verdict.scores.items()}
    score = category.score(weighed)
    return score is not None and score >= PRESENT
