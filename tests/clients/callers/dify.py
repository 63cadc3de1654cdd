"""Asks as dify's plugin does: by httpx, with the key in Google's header."""

import json
import os
import sys

import httpx

URL = "https://commentanalyzer.googleapis.com/v1alpha1/comments:analyze"
NAMES = ["TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT"]


def main(texts: list[str]) -> None:
    """Print the scores of each text."""
    scores = []
    for text in texts:
        headers = {"x-goog-api-key": os.environ["KEY"], "Content-Type": "application/json"}
        body = {"comment": {"text": text}, "requestedAttributes": {name: {} for name in NAMES}}
        reply = httpx.post(URL, headers=headers, json=body, timeout=30)
        reply.raise_for_status()
        found = reply.json()["attributeScores"]
        scores.append({name: one["summaryScore"]["value"] for name, one in found.items()})
    sys.stdout.write(json.dumps(scores))


if __name__ == "__main__":
    main(sys.argv[1:])
