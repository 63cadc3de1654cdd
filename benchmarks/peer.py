"""The peer of `load.py`: the same framework, server and request, and nothing done with it."""

from typing import Any

from fastapi import FastAPI

app = FastAPI(openapi_url=None)


@app.post("/v1/score")
async def score(body: dict[str, Any]) -> dict[str, Any]:
    """Take a JSON body and answer."""
    return {"verdicts": [], "received": len(body)}
