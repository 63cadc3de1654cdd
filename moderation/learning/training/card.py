"""The model card, in Markdown."""

from typing import Any

from moderation.learning.evaluation import Evaluation
from moderation.learning.training.report import environment
from moderation.taxonomy import ATTRIBUTES


def write_card(manifest: dict[str, Any], dev: Evaluation, test: Evaluation) -> str:
    """Return the card of a model from its manifest and its evaluations on two splits."""
    template = environment().get_template("card.md")
    return template.render(manifest=manifest, dev=dev, test=test, attributes=ATTRIBUTES)
