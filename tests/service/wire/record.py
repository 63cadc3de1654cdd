"""Record what the service answers today; run as ``python -m tests.service.wire.record``.

The recording is made before a change of the service, and replayed by `test_wire` after it. Look at
the difference before a new recording is committed: each line of it is something that clients see.
"""

import json

from tests.service.wire.replay import ANSWERS, OPENAPI, services
from tests.service.wire.requests import requests


def main() -> None:
    """Write the answers to every request, and the OpenAPI document."""
    with services() as service:
        lines = [
            json.dumps({"request": request.name} | service.ask(request)) for request in requests()
        ]
        document = service.openapi()
    ANSWERS.write_text("\n".join(lines) + "\n", "utf-8")
    OPENAPI.write_text(json.dumps(document) + "\n", "utf-8")


if __name__ == "__main__":
    main()
