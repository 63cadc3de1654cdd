"""Asks as programs in Python without packages do: by its own library."""

import json
import os
import sys
from urllib.request import Request, urlopen

URL = "https://commentanalyzer.googleapis.com/v1alpha1/comments:analyze?key="


def main(texts: list[str]) -> None:
    """Print the scores of each text."""
    scores = []
    for text in texts:
        body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}}
        request = Request(  # noqa: S310  # the address is written above
            URL + os.environ["KEY"],
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=30) as reply:  # noqa: S310
            found = json.load(reply)["attributeScores"]
        scores.append({name: one["summaryScore"]["value"] for name, one in found.items()})
    sys.stdout.write(json.dumps(scores))


if __name__ == "__main__":
    main(sys.argv[1:])
