"""Models that tests of several tiers share."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from moderation.models.encoder import EncoderModel, EvidenceLimits
from moderation.models.store import load_model, save_model
from moderation.models.targets import N_FEATURES
from tests.conftest import skip_or_fail


@pytest.fixture(scope="session")
def small_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an encoder of one layer, as wide as the shipped one, that knows nothing.

    Its words speak for every attribute, so that every text has evidence.
    """
    if not all(map(find_spec, ("onnx", "torch"))):
        skip_or_fail("a small encoder cannot be made without the extra finetune")
    from moderation.training.finetune.onnx_graph import build_graph  # noqa: PLC0415
    from tests.training.finetune.small import encoder_of, ranges_of, small_network  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("encoders") / "small@1"
    network = small_network(width=384)
    ranges = ranges_of(network)
    model = encoder_of(network, ranges)
    state = model.state._replace(
        thresholds=dict.fromkeys(model.state.thresholds, 0.0),
        evidence=dict.fromkeys(model.state.review_thresholds, EvidenceLimits(0.5)),
        target_weights=np.zeros(N_FEATURES),
    )
    manifest = {"id": "small@1", "tier": "encoder"}
    save_model(folder, state, manifest, "card", build_graph(network, ranges))
    return folder


@pytest.fixture(scope="session")
def small_model(small_encoder: Path) -> EncoderModel:
    """Return the small encoder."""
    model = load_model(small_encoder, small_encoder.parent, threads=1)
    assert isinstance(model, EncoderModel)
    return model
