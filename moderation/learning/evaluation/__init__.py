"""What a model is worth: on labelled examples, tables, identity terms and obfuscated text."""

from moderation.learning.evaluation.labelled import Evaluation, evaluate
from moderation.learning.evaluation.metrics import AttributeResult, ClassResult

__all__ = ["AttributeResult", "ClassResult", "Evaluation", "evaluate"]
