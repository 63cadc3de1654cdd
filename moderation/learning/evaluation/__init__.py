"""What a model is worth: on labelled examples, tables, identity terms and obfuscated text."""

from moderation.learning.evaluation.labelled import Evaluation, LabelResult, evaluate
from moderation.learning.evaluation.metrics import AttributeResult

__all__ = ["AttributeResult", "Evaluation", "LabelResult", "evaluate"]
