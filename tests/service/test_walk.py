"""A text takes a short way through the code: whoever follows it need not read half the package."""

import pytest

from tests.service.walk import walk

CALM = "The council meets on Tuesday."
UNSURE = "Why would anyone think that this is fine"
HOSTILE = "The Vietnamese are all thieves. They must be driven out!"


@pytest.mark.parametrize(
    ("model", "text", "files", "moves"),
    [
        ("fast@2027.01", CALM, 24, 62),
        ("fast@2027.01", HOSTILE, 28, 91),
        ("encoder@2027.01", CALM, 26, 80),
        ("encoder@2027.01", UNSURE, 26, 80),
        ("encoder@2027.01", HOSTILE, 30, 85),
    ],
)
def test_a_request_passes_few_files_and_goes_back_and_forth_little(
    model: str, text: str, files: int, moves: int
) -> None:
    walked = walk(model, text)
    assert len(walked.files) <= files, sorted(walked.files)
    assert walked.moves <= moves
    # All the way: through the service, the moderator, the model and back.
    assert {"moderator.py", "policy.py", "verdict.py"} <= walked.files
