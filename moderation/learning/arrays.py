"""The kinds of array that models are made of, and what their columns stand for."""

from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, Label

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

HARMFUL = np.array([attribute.harmful for attribute in ATTRIBUTES])
"""Which columns are harms."""

HOSTILITY = ATTRIBUTE_NAMES.index(Label.ETHNIC_HOSTILITY)
