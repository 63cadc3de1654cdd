"""The model card, in Markdown."""

from typing import Any

from moderation.learning.training.measure import Measured
from moderation.learning.training.report import environment
from moderation.taxonomy import ATTRIBUTES


def write_card(manifest: dict[str, Any], measured: Measured) -> str:
    """Return the card of a model from its manifest and its figures."""
    template = environment().get_template("card.md")
    return template.render(manifest=manifest, measured=measured, attributes=ATTRIBUTES)
