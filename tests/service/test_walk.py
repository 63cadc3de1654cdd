"""A text takes a short way through the code: whoever follows it need not read half the package."""

import pytest

from tests.service.walk import walk

CALM = "The council meets on Tuesday."
UNSURE = "Why would anyone think that this is fine"
HOSTILE = "The Vietnamese are all thieves. They must be driven out!"


@pytest.mark.parametrize(
    ("model", "text", "files", "moves"),
    [
        ("fast@2026.12", CALM, 33, 80),
        ("fast@2026.12", HOSTILE, 38, 112),
        ("cascade@2026.12", UNSURE, 37, 94),
        ("cascade@2026.12", HOSTILE, 41, 117),
    ],
)
def test_a_request_passes_few_files_and_goes_back_and_forth_little(
    model: str, text: str, files: int, moves: int
) -> None:
    found = walk(model, text)
    assert len(found.files) <= files, sorted(found.files)
    assert found.moves <= moves
    # All the way: through the service, the moderator, the model and back.
    assert {"moderator.py", "policy.py", "verdict.py"} <= found.files
