"""The gate: what a model must reach on the development split before it replaces another."""

import math
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.errors import ModerationError
from moderation.learning.evaluation import Evaluation

Share = Annotated[float, Field(ge=0, le=1)]


class InvalidGate(ModerationError):
    """The gate's file breaks a rule."""

    code = "invalid_gate"


class Gate(BaseModel):
    """Floors, and one ceiling; lowering one is a commit that says why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    macro_f1: Share
    review_recall: Share
    evidence_f1: Share
    targets: Share
    most_false_alarms: Share
    tolerance: Share
    """How much macro-F1 a new model may lose against the old one, both on today's dev split."""
    auc: dict[str, Share] = {}
    """By attribute."""
    functions: dict[str, Share] = {}
    """Share of right labels, by label and what the passages do, as ``civil/history``."""

    @classmethod
    def load(cls, path: Path) -> "Gate":
        """Read a gate's TOML file; raises InvalidGate, naming the key that is wrong."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            reason = (
                f"{error.errors()[0]['msg']}: {'.'.join(map(str, error.errors()[0]['loc']))}"
                if isinstance(error, ValidationError)
                else str(error)
            )
            raise InvalidGate(f"The gate cannot be used: {reason}.", where=str(path)) from None

    def failures(self, new: Evaluation, old: Evaluation | None = None) -> list[str]:
        """Return why `new` may not pass; empty when it may.

        Parameters
        ----------
        new : Evaluation
            On the development split.
        old : Evaluation, optional
            Of the model it would replace, on the same split.
        """
        floors = {
            "macro_f1": (new.macro_f1, self.macro_f1),
            "review_recall": (new.review_recall, self.review_recall),
            "evidence_f1": (new.evidence_f1, self.evidence_f1),
            "targets": (new.targets, self.targets),
            **{f"auc of {k}": (new.attributes[k].auc, floor) for k, floor in self.auc.items()},
            **{
                f"accuracy of {k}": (new.functions.get(k, (math.nan, 0))[0], floor)
                for k, floor in self.functions.items()
            },
        }
        found = [
            f"{name} is {value:.4f}, below the floor {floor:.4f}"
            for name, (value, floor) in floors.items()
            if not value >= floor
        ]
        if not new.false_alarms <= self.most_false_alarms:
            found.append(
                f"false_alarms is {new.false_alarms:.4f}, above the ceiling "
                f"{self.most_false_alarms:.4f}"
            )
        if old and new.macro_f1 < old.macro_f1 - self.tolerance:
            found.append(
                f"macro_f1 is {new.macro_f1:.4f}, and the model it would replace has "
                f"{old.macro_f1:.4f}"
            )
        return found
