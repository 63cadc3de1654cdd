"""Fine-tuning is tested wherever its packages are installed."""

from tests.conftest import skip_or_fail
from tests.training.finetune.conftest import MISSING


def test_the_extra_finetune_is_installed() -> None:
    if MISSING:
        skip_or_fail(f"fine-tuning is not tested, for {', '.join(MISSING)} is not installed")
    assert not MISSING
