"""The service under load, beside an endpoint that does nothing.

Needs wrk (Debian: apt install wrk) for the rates; the latencies come from an open loop, whose
requests leave on a clock. Generator and service share the machine, so run it on an idle one.

    python benchmarks/load.py rate      [--model ID] [--workers N]   against the empty endpoint
    python benchmarks/load.py latency   [--model ID] [--rate N]      p50, p95, p99
    python benchmarks/load.py overload  [--model ID] [--rate N]      5 times a rate it sustains
    python benchmarks/load.py mixed     [--model ID] [--rate N]      beside one long comment
    python benchmarks/load.py coral     [--model ID]                 50/s, a list of 10,000 words
    python benchmarks/load.py memory    [--model ID] [--minutes 10]  resident memory over time
"""

import hashlib
import hmac
import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from openloop import Generator, Outcome, post, post_raw

HERE = Path(__file__).parent
PROMPT_MS = 100
LONG_CHARACTERS = 20_000
SECRET = "empsec_" + "0123456789abcdef" * 2
COMMENTS = [
    "The council should explain how the parking rules were drawn up.",
    "I have lived beside that bridge for twenty years, and it was never painted once.",
    "Nobody asked the bus drivers, did they? Typical.",
    "Thank you for this report, it was about time that somebody counted the trees.",
    "What a load of rubbish, the mayor could not run a bath.",
    "My grandmother cooked this soup every New Year, with lemongrass from her own garden.",
]
DOUBTFUL = "People like you should be thrown into the river with the rest of the vermin."
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local bodies, at = {%s}, 0
request = function()
  at = at %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[at])
end
"""

Model = Annotated[str | None, typer.Option(help="Model id.", show_default="setting")]
Workers = Annotated[int, typer.Option(help="Serving processes.")]
Rate = Annotated[float, typer.Option(help="Requests a second; by default the highest sustained.")]
Seconds = Annotated[float, typer.Option(help="Seconds for each measurement.")]

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def rate(model: Model = None, workers: Workers = 1, seconds: Seconds = 10, rounds: int = 3) -> None:
    """Compare the rate of single short comments with that of the empty endpoint, in turns."""
    with peer(workers) as empty, service(model, workers) as ours:
        pairs = [(wrk(empty, seconds), wrk(ours, seconds)) for _ in range(rounds)]
    for nothing, judged in pairs:
        show({"empty/s": nothing, "ours/s": judged, "ratio": round(judged / nothing, 3)})


@app.command()
def latency(
    model: Model = None, workers: Workers = 1, rate: Rate = 0, seconds: Seconds = 20
) -> None:
    """Print the latencies at the highest rate that is sustained, or at a rate."""
    with service(model, workers) as port:
        wanted = rate or sustained(port)
        show(Generator(port, requests()).run(wanted, seconds).row())


@app.command()
def overload(
    model: Model = None, workers: Workers = 1, rate: Rate = 0, seconds: Seconds = 20
) -> None:
    """Compare the latencies of accepted requests at a load and at 5 times it."""
    with service(model, workers) as port:
        usual = rate or sustained(port)
        normal = Generator(port, requests(), 1024).run(usual, seconds)
        over = Generator(port, requests(), 1024).run(5 * usual, seconds)
    show(normal.row())
    show(over.row())
    show({"p99 over normal": round(p99(over) / p99(normal), 2)})


@app.command()
def mixed(model: Model = None, workers: Workers = 1, rate: Rate = 0, seconds: Seconds = 10) -> None:
    """Compare short comments at half the sustained rate, alone and beside a sender of long ones.

    The long comments have 20,000 characters; one sender sends one after the other.
    """
    with service(model, workers) as port:
        half = (rate or sustained(port)) / 2
        alone = Generator(port, requests()).run(half, seconds)
        with long_sender(port) as long:
            beside = Generator(port, requests()).run(half, seconds)
    show({"short": "alone"} | alone.row())
    show({"short": "beside long ones"} | beside.row())
    show(
        {
            "p99 over alone": round(p99(beside) / p99(alone), 2),
            "refused": sum(len(beside.latencies.get(status, [])) for status in (0, 429, 503)),
            "long statuses": [status for status, _ in long],
            "long seconds": [took for _, took in long],
        }
    )


@contextmanager
def long_sender(port: int) -> Iterator[list[tuple[int, float]]]:
    """Send long comments, one after the other, until the block ends; yield status and seconds."""
    answers: list[tuple[int, float]] = []
    ended = threading.Event()

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in itertools.count():
            if ended.is_set():
                return
            started = time.perf_counter()
            body = json.dumps({"text": long_comment(number)})
            connection.request("POST", "/v1/score", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            answers.append((reply.status, round(time.perf_counter() - started, 2)))
            if reply.status != http.HTTPStatus.OK:
                time.sleep(0.1)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield answers
    finally:
        ended.set()
        thread.join()


def long_comment(number: int) -> str:
    """Return a long comment, another one for each number, that needs the slowest tier."""
    sentences = itertools.cycle([*COMMENTS, DOUBTFUL])
    text = f"Part {number}. " + " ".join(itertools.islice(sentences, 400))
    return text[:LONG_CHARACTERS]


@app.command()
def coral(model: Model = None, workers: Workers = 1, seconds: Seconds = 30) -> None:
    """Print the latencies of Coral's endpoint at 50 comments a second with a long word list."""
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder, "policy.toml")
        words = ", ".join(f'"listed{number:05d}"' for number in range(10_000))
        shipped = (HERE.parent / "moderation" / "policy.toml").read_text("utf-8")
        shipped = re.sub(r"(?ms)^\[words\].*?(?=^\[|\Z)", "", shipped)
        policy.write_text(f"{shipped}\n[words]\nreview = [{words}]\n", "utf-8")
        more = {
            "MODERATION_POLICY": str(policy),
            "MODERATION_CORAL_SECRETS": json.dumps([SECRET]),
        }
        with service(model, workers, more) as port:
            sent = [coral_request(text) for text in COMMENTS]
            Generator(port, sent, 16).run(50, 2)
            show(Generator(port, sent, 16).run(50, seconds).row())


@app.command()
def memory(model: Model = None, rate: Rate = 0, minutes: float = 10) -> None:
    """Print the resident memory of one process under load, twenty times in the time."""
    with service(model, 1) as port:
        wanted = rate or sustained(port)
        for part in range(20):
            Generator(port, requests()).run(wanted, minutes * 3)
            show({"minute": round((part + 1) * minutes / 20, 1), "MiB": resident(port)})


def sustained(port: int) -> float:
    """Return the highest rate of which 99 % is answered well, 99 % of that within `PROMPT_MS`.

    Found by doubling, then in steps of a sixth.
    """
    found, rate, step, seconds = 0.0, 200.0, 2.0, 4
    while True:
        outcome = Generator(port, requests()).run(rate, seconds)
        good = len(outcome.latencies.get(200, []))
        if good >= 0.99 * int(rate * seconds) and p99(outcome) <= PROMPT_MS:
            found, rate = rate, rate * step
        elif step > 7 / 6 and found:
            step = 7 / 6
            rate = found * step
        else:
            return found


def requests() -> list[bytes]:
    """Return single short comments to judge."""
    return [post("/v1/score", {"text": text}) for text in COMMENTS]


def coral_request(text: str) -> bytes:
    """Return a signed request as Coral sends it."""
    body = {
        "action": "NEW",
        "comment": {"body": text, "parentID": None},
        "author": {"id": "a", "role": "COMMENTER"},
        "story": {"id": "s", "url": "https://news.example/a-story"},
        "site": {"id": "n"},
        "tenantID": "t",
        "tenantDomain": "news.example",
    }
    raw = json.dumps(body).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return post_raw("/coral/moderation", raw, [f"X-Coral-Signature: sha256={signature}"])


@contextmanager
def service(
    model: str | None, workers: int, more: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Run the service as a user would; yield its port."""
    chosen = {"MODERATION_MODEL": model} if model else {}
    command = [sys.executable, "-m", "moderation", "serve", "--workers", str(workers)]
    with started(command, chosen | dict(more or {}), "/readyz") as port:
        yield port


@contextmanager
def peer(workers: int) -> Iterator[int]:
    """Run the empty endpoint on the same server; yield its port."""
    command = [sys.executable, "-m", "uvicorn", "peer:app", "--workers", str(workers)]
    command += ["--app-dir", str(HERE), "--no-access-log", "--log-level", "warning"]
    with started(command, {}, "/nothing") as port:
        yield port


@contextmanager
def started(command: Sequence[str], more: Mapping[str, str], path: str) -> Iterator[int]:
    """Run a server on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(  # noqa: S603  # our own command
        [*command, "--port", str(port)], env=os.environ | dict(more), stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait(f"http://127.0.0.1:{port}{path}", process)
            yield port
        finally:
            process.terminate()


def wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server answers that it is ready; a 404 is an answer."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # loopback
        except urllib.error.HTTPError as error:
            if error.code < 500:  # noqa: PLR2004  # the server failed
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.2)
    raise SystemExit("The server ended before it was ready.")


def wrk(port: int, seconds: float) -> float:
    """Return the good answers a second that 32 connections get in a closed loop."""
    bodies = ", ".join(json.dumps(json.dumps({"text": text})) for text in COMMENTS)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA % bodies)
        script.flush()
        command = ["wrk", "-t1", "-c32", f"-d{seconds:.0f}s", "-s", script.name]
        command.append(f"http://127.0.0.1:{port}/v1/score")
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # wrk
    total = re.search(r"(\d+) requests in ([\d.]+)(m?)s", done.stdout)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    if not total:
        raise SystemExit(done.stdout)
    took = float(total[2]) * (60 if total[3] else 1)
    return round((int(total[1]) - int(refused[1] if refused else 0)) / took, 1)


def resident(port: int) -> float:
    """Return the resident memory of a serving process, in MiB."""
    address = f"http://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(address, timeout=20) as reply:
        found = re.search(r"(?m)^process_resident_memory_bytes (\S+)", reply.read().decode())
    return round(float(found[1]) / 2**20, 1) if found else float("nan")


def p99(outcome: Outcome) -> float:
    """Return the 99th percentile of the good answers' latencies, in milliseconds."""
    quantiles = outcome.row()["good ms p50,p95,p99"]
    return float(quantiles[2]) if isinstance(quantiles, list) and quantiles else float("nan")


def show(row: Mapping[str, object]) -> None:
    """Print one row of figures as JSON."""
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    app()
