"""How much recall is lost when flagged passages hide their offending words."""

from collections.abc import Sequence

from moderation.labelling.record import Example
from moderation.learning.evaluation.metrics import mean
from moderation.learning.judgement import Judge, label_of
from moderation.learning.obfuscation import OBFUSCATIONS, obfuscate
from moderation.taxonomy import FLAGGED


def robustness(model: Judge, examples: Sequence[Example], seed: int = 0) -> dict[str, float]:
    """Return the share of flagged examples that are found flagged, by how they are hidden.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        Those whose label is not flagged are left out. Words are hidden within their evidence.

    Returns
    -------
    dict
        ``"plain"`` and each name in `OBFUSCATIONS` to a recall.
    """
    flagged = [example for example in examples if example.label in FLAGGED]
    hidden = {"plain": [example.text for example in flagged]}
    for kind in OBFUSCATIONS:
        hidden[kind] = [
            obfuscate(e.text, sorted((r.start, r.end) for r in e.evidence), kind, seed + index)
            for index, e in enumerate(flagged)
        ]
    return {kind: _recall(model, texts) for kind, texts in hidden.items()}


def _recall(model: Judge, texts: Sequence[str]) -> float:
    judged = model.judge(texts)
    return mean([label_of(one.scores, model.thresholds) in FLAGGED for one in judged])
