"""Robustness: the recall that is left when flagged passages hide their offending words."""

import random
from collections.abc import Callable, Sequence

from moderation.evaluation.metrics import mean
from moderation.labels.records import Example
from moderation.models.base import Judge, label_of
from moderation.taxonomy import FLAGGED

_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_LOOKALIKE = str.maketrans("aceiopxyABCEHKMOPTX", "асеіорхуАВСЕНКМОРТХ")
ZERO_WIDTH = "\u200b"
MIN_CHARACTERS = 4
"""Characters that a word must have to be hidden."""


def leetspeak(word: str, rng: random.Random) -> str:  # noqa: ARG001  # one signature for all
    """Write digits for letters."""
    return word.translate(_LEET)


def spacing(word: str, rng: random.Random) -> str:
    """Set spaces, full stops or hyphens between all letters."""
    return rng.choice((" ", " ", ".", "-")).join(word)


def look_alikes(word: str, rng: random.Random) -> str:  # noqa: ARG001
    """Write Cyrillic letters that look like Latin ones."""
    return word.translate(_LOOKALIKE)


def repetition(word: str, rng: random.Random) -> str:
    """Write one letter three or four times."""
    at = rng.randrange(len(word))
    return word[:at] + word[at] * rng.choice((3, 4)) + word[at + 1 :]


def zero_width(word: str, rng: random.Random) -> str:  # noqa: ARG001
    """Set an invisible character between all letters."""
    return ZERO_WIDTH.join(word)


OBFUSCATIONS: dict[str, Callable[[str, random.Random], str]] = {
    function.__name__: function
    for function in (leetspeak, spacing, look_alikes, repetition, zero_width)
}


def robustness(model: Judge, examples: Sequence[Example], seed: int = 0) -> dict[str, float]:
    """Return a model's recall of flagged examples, by obfuscation of their words.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        Those whose label is not flagged are left out. Only words of their evidence are hidden.

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


def obfuscate(text: str, runs: list[tuple[int, int]], kind: str, seed: int) -> str:
    """Hide half of the longer words in some runs of a text, at least one a run.

    Parameters
    ----------
    text : str
    runs : list of (start, end)
        Its offending passages; in order, not overlapping.
    kind : str
        A name in `OBFUSCATIONS`.
    seed : int
        The same seed hides the same words.
    """
    rng = random.Random(seed)  # noqa: S311  # it chooses words, not secrets
    parts: list[str] = []
    at = 0
    for start, end in runs:
        parts += [text[at:start], _hide(text[start:end], kind, rng)]
        at = end
    return "".join([*parts, text[at:]])


def _recall(model: Judge, texts: Sequence[str]) -> float:
    judged = model.judge(texts)
    return mean([label_of(judgement.scores, model.thresholds) in FLAGGED for judgement in judged])


def _hide(run: str, kind: str, rng: random.Random) -> str:
    words = run.split(" ")
    long = [index for index, word in enumerate(words) if len(word) >= MIN_CHARACTERS]
    for index in rng.sample(long, (len(long) + 1) // 2):
        words[index] = OBFUSCATIONS[kind](words[index], rng)
    return " ".join(words)
