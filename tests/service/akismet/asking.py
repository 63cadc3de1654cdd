"""Requests in Akismet's protocol, as its clients send them."""

import httpx

BLOG = "https://news.example"
CALM = "The council meets on Tuesday."
HOSTILE = "they say hostileword here"
THANKS = "Thanks for making the web a better place."


def ask(client: httpx.Client, method: str, content: str = CALM, **fields: str) -> httpx.Response:
    """Send a comment."""
    form = {"blog": BLOG, "user_ip": "192.0.2.7", "comment_content": content} | fields
    return client.post(f"/1.1/{method}", data=form)


def answer(reply: httpx.Response) -> str:
    """Return the answer of a reply that is none of an error."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    return reply.text


def check(client: httpx.Client, content: str = CALM, **fields: str) -> str:
    """Ask about a comment, and return the answer."""
    return answer(ask(client, "comment-check", content, **fields))
