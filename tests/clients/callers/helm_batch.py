"""Asks as HELM does: each text of its arguments is a part of one batch of Google's client."""

import json
import os
import sys
from typing import Any

from googleapiclient.discovery import build

NAMES = ["TOXICITY", "SPAM", "ETHNIC_HOSTILITY"]


def main(texts: list[str]) -> None:
    """Print the scores of each text."""
    client = build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=os.environ["KEY"],
        discoveryServiceUrl=(
            "https://commentanalyzer.googleapis.com/$discovery/rest?version=v1alpha1"
        ),
        static_discovery=False,
    )
    replies: dict[str, Any] = {}

    def take(text: str, reply: Any, error: Exception | None) -> None:
        if error:
            raise error
        replies[text] = reply

    batch = client.new_batch_http_request()
    for text in set(texts):
        body = {
            "comment": {"text": text},
            "requestedAttributes": {name: {} for name in NAMES},
            "languages": ["en"],
            "spanAnnotations": True,
        }
        batch.add(client.comments().analyze(body=body), request_id=text, callback=take)
    batch.execute()
    scores = [
        {
            name: one["summaryScore"]["value"]
            for name, one in replies[text]["attributeScores"].items()
        }
        for text in texts
    ]
    sys.stdout.write(json.dumps(scores))


if __name__ == "__main__":
    main(sys.argv[1:])
