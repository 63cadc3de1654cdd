"""A small newspaper site: readers comment, the desk decides, the site follows.

Run it beside `moderation serve --desk`, with a key of the scopes `score` and `desk`:

    MODERATION_URL=http://127.0.0.1:8000 MODERATION_KEY=mod_... SITE_URL=http://127.0.0.1:9000 \
        uvicorn newspaper:app --port 9000
"""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Annotated

import httpx
from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SOURCE = "the-example"
DESK, KEY = os.environ["MODERATION_URL"], os.environ.get("MODERATION_KEY", "")
SITE = os.environ.get("SITE_URL", "http://127.0.0.1:9000")
TABLES = """
    CREATE TABLE IF NOT EXISTS comments (
        id INTEGER PRIMARY KEY, author TEXT, text TEXT, shown INTEGER, revision INTEGER DEFAULT 0,
        told INTEGER DEFAULT 0, note TEXT DEFAULT '');
    CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT);
"""

database = sqlite3.connect(
    os.environ.get("SITE_DATABASE", "newspaper.db"), isolation_level=None, check_same_thread=False
)
database.executescript(TABLES)
desk = httpx.Client(base_url=DESK, headers={"X-API-Key": KEY}, timeout=10)


def ask(method: str, path: str, **body: str) -> dict:
    """Call the desk, and return its answer."""
    reply = desk.request(method, path, json=body or None)
    if reply.is_error:
        raise HTTPException(reply.status_code, reply.json()["error"]["message"])
    return reply.json() if reply.content else {}


def kept(name: str, value: str | None = None) -> str:
    """Return a kept value; keep a new one if it is given."""
    if value is not None:
        database.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
    row = database.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
    return row[0] if row else ""


def follow(event: dict) -> None:
    """Show or hide a comment as the latest decision on its latest text says.

    What its author is told is the newsroom's text for the reason, and the moderator's note.
    """
    told = filter(None, (event.get("author_text"), event["note"]))
    shown = event["event"] == "decided" and event["outcome"] == "approved"
    database.execute(
        "UPDATE comments SET shown = :shown, told = :sequence, note = :note "
        "WHERE id = :id AND revision = :revision AND told < :sequence",
        {**event, "shown": shown, "note": "\n\n".join(told)},
    )


def catch_up() -> None:
    """Read the decisions that were made while this site did not run."""
    while True:
        page = ask("GET", f"/v1/decisions?source={SOURCE}&after={kept('next') or 0}")
        for event in page["decisions"]:
            follow(event)
        kept("next", page["next"])
        if not page["decisions"]:
            return


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Have decisions sent here, and read those that were missed."""
    if not kept("secret"):
        made = ask("POST", "/v1/webhooks", url=f"{SITE}/decisions", source=SOURCE)
        kept("secret", made["secret"])
    catch_up()
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    """Show the article with the comments that are published, and a form."""
    rows = database.execute("SELECT id, author, text FROM comments WHERE shown ORDER BY id")
    listed = "".join(
        f'<li id="c{number}"><b>{escape(author)}</b> <p>{escape(text)}</p></li>'
        for number, author, text in rows
    )
    form = '<form method="post" action="/comments"><input name="author"><textarea name="text">'
    return f"<h1>The ferry</h1><ul>{listed}</ul>{form}</textarea><button>Send</button></form>"


@app.post("/comments")
def comment(author: Annotated[str, Form()], text: Annotated[str, Form()]) -> RedirectResponse:
    """Take a reader's comment: publish it if the policy allows it, else wait for a person."""
    row = database.execute(
        "INSERT INTO comments (author, text, shown) VALUES (?, ?, 0)", (author, text)
    )
    send(row.lastrowid or 0, author, text)
    return RedirectResponse("/", 303)


@app.post("/comments/{number}")
def edit(number: int, text: Annotated[str, Form()]) -> RedirectResponse:
    """Take an author's edit: it is judged anew."""
    row = database.execute("SELECT author FROM comments WHERE id = ?", (number,)).fetchone()
    database.execute("UPDATE comments SET text = ?, shown = 0 WHERE id = ?", (text, number))
    send(number, row[0], text)
    return RedirectResponse("/", 303)


@app.get("/comments/{number}", response_class=HTMLResponse)
def own(number: int) -> str:
    """Show an author what became of a comment, and what the newsroom says of it."""
    row = database.execute("SELECT shown, note FROM comments WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such comment")
    state = "Published" if row[0] else "Not published"
    return f"<h1>Your comment</h1><p>{state}</p><p>{escape(row[1])}</p>"


@app.post("/comments/{number}/flag")
def flag(number: int, by: Annotated[str, Form()]) -> dict:
    """Pass a reader's flag on."""
    return ask("POST", f"/v1/comments/{SOURCE}/{number}/flags", by=by)


@app.post("/comments/{number}/appeal")
def appeal(number: int, statement: Annotated[str, Form()]) -> dict:
    """Pass an author's appeal on."""
    return ask("POST", f"/v1/comments/{SOURCE}/{number}/appeals", statement=statement)


@app.post("/decisions", status_code=204)
async def decisions(request: Request) -> None:
    """Follow a decision that the desk sends."""
    try:
        message = Webhook(kept("secret")).verify(await request.body(), dict(request.headers))
    except WebhookVerificationError as error:
        raise HTTPException(401, "not signed by the desk") from error
    follow(message["data"])


def send(number: int, author: str, text: str) -> None:
    """Send a comment to the desk, and show it if its action is to allow it."""
    url = f"{SITE}/#c{number}"
    answer = ask("PUT", f"/v1/comments/{SOURCE}/{number}", text=text, author=author, url=url)
    shown = answer["verdict"]["action"] == "allow"
    values = (shown, answer["revision"], number)
    database.execute("UPDATE comments SET shown = ?, revision = ? WHERE id = ?", values)
