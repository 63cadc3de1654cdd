"""Make calls with a client package of Perspective's, as its own examples do; print what came back.

Run with the package's folder on the path: ``python ask.py PACKAGE ADDRESS CALLS``, where CALLS are
the arguments of each call as JSON. A package has upstream's address built in; that is replaced,
and nothing else; where ADDRESS is upstream's own, nothing is.
"""

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import httpx

UPSTREAM = "https://commentanalyzer.googleapis.com"
KEY = os.environ.get("KEY", "any")
Ask = Callable[..., Any]


def pyperspective(address: str) -> Ask:
    """Return a function that scores with PyPerspective."""
    module: Any = import_module("PyPerspective.Perspective")
    module.base_url = module.base_url.replace(UPSTREAM, address)
    client = module.Perspective(KEY)

    def ask(text: str, **options: Any) -> Any:
        comment = client.get_score(text, **options)
        return {
            "scores": {one.name: one.score for one in comment.attributes},
            "spans": [
                [span.start, span.end, span.score, span.score_type]
                for one in comment.attributes
                for span in one.spans
            ],
            "languages": [comment.requests_langs, comment.detected_langs],
        }

    return ask


def perspective(address: str) -> Ask:
    """Return a function that calls a method of the package `perspective`."""
    client = import_module("perspective").PerspectiveAPI(KEY)
    client.api_client.url = client.api_client.url.replace(UPSTREAM, address)

    def ask(method: str, *arguments: Any, **options: Any) -> Any:
        return getattr(client, method)(*arguments, **options)

    return ask


def perspectiveapi(address: str) -> Ask:
    """Return a function that scores with the package `perspectiveapi`."""
    blocking: Any = import_module("perspective.blocking")

    class Redirected(httpx.Client):
        """A client for which upstream's address is that of the service."""

        def post(self, url: Any, **options: Any) -> httpx.Response:
            return super().post(url.replace(UPSTREAM, address), **options)

    blocking.Client = Redirected
    client = blocking.Perspective(KEY)

    def ask(text: str, *names: str) -> Any:
        score = client.score(text, [blocking.Attribute[name] for name in names])
        return {name: getattr(score, name.lower()) for name in names}

    return ask


def begentle(address: str) -> Ask:
    """Return a function that scores with begentle."""
    module: Any = import_module("begentle")
    build = module.discovery.build

    def build_here(*arguments: Any, discoveryServiceUrl: str, **options: Any) -> Any:
        there = discoveryServiceUrl.replace(UPSTREAM, address)
        return build(*arguments, discoveryServiceUrl=there, **options)

    module.discovery.build = build_here
    analyze: Ask = module.CommentAnalyzer(KEY).analyze
    return analyze


def main() -> None:
    """Make the calls, and print a JSON list of results and errors."""
    package, address, calls = sys.argv[1:]
    ask = {each.__name__: each for each in (pyperspective, perspective, perspectiveapi, begentle)}[
        package
    ](address)
    told = []
    for arguments, options in json.loads(calls):
        try:
            told.append({"result": ask(*arguments, **options)})
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told
            told.append({"error": type(error).__name__, "message": str(error)})
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
