"""Evaluation of a model: on labelled examples, tables, identity terms and obfuscated text."""

from moderation.evaluation.metrics import AttributeResult, ClassResult, Evaluation, evaluate

__all__ = ["AttributeResult", "ClassResult", "Evaluation", "evaluate"]
