"""Asks with HELM's own client, which takes a few packages of what HELM needs."""

import json
import os
import sys
from importlib import import_module
from typing import Any

NAMES = ["TOXICITY", "SPAM"]


def main(texts: list[str]) -> None:
    """Print the scores of each text."""
    client: Any = import_module("helm.clients.perspective_api_client").PerspectiveAPIClient(
        os.environ["KEY"], import_module("helm.common.cache").BlackHoleCacheConfig()
    )
    asked = import_module("helm.common.perspective_api_request").PerspectiveAPIRequest
    result = client.get_toxicity_scores(asked(text_batch=texts, attributes=NAMES))
    if not result.success:
        sys.exit(result.error)
    found = result.text_to_toxicity_attributes
    sys.stdout.write(json.dumps([{"TOXICITY": found[text].toxicity_score} for text in texts]))


if __name__ == "__main__":
    main(sys.argv[1:])
