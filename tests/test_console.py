"""The commands in a pipe: real processes, whose readers, terminals and disks go away."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

NEWS = "The ministry said on Monday.\n"
FULL_DISK = "error: standard output: The disk is full. Make room, and try again.\n"


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdin
        assert process.stdout
        self.stdin: IO[str] = process.stdin
        self.stdout: IO[str] = process.stdout

    def send(self, text: str) -> None:
        """Write to the command without ending its input."""
        self.stdin.write(text)
        self.stdin.flush()

    def answer(self) -> dict[str, object]:
        """Return the next line that the command prints."""
        record: dict[str, object] = json.loads(self.stdout.readline())
        return record

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Return the exit status and what stands on standard error."""
        assert self._process.stderr
        return self._process.wait(60), self._process.stderr.read()


@contextmanager
def scoring(model: Path, *options: str) -> Iterator[Running]:
    """Start `moderation score` between two pipes."""
    with subprocess.Popen(
        [sys.executable, "-m", "moderation", "score", "--model", str(model), *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def test_a_line_is_answered_before_the_next_one_is_there(tiny_model: Path) -> None:
    with scoring(tiny_model) as score:
        for number in (1, 2, 3):
            score.send(NEWS)
            assert score.answer()["line"] == number
        score.send("All Chinese are ver")
        score.send("min.\n\nlast")
        assert score.answer()["label"] == "ethnic_hostility"
        assert "error" in score.answer()
        score.stdin.close()
        assert score.answer()["line"] == 6
        assert score.end() == (0, "")


def test_a_table_is_shown_as_it_grows(tiny_model: Path) -> None:
    with scoring(tiny_model, "--format", "table") as score:
        assert score.stdout.readline().startswith("line ")
        score.send(NEWS)
        assert score.stdout.readline().split()[:3] == ["1", "allow", "news"]


def test_ctrl_c_ends_with_130_and_no_message(tiny_model: Path) -> None:
    with scoring(tiny_model) as score:
        score.send(NEWS)
        score.answer()
        score.signal(signal.SIGINT)
        assert score.end() == (130, "")


def test_a_reader_that_goes_away_ends_it_with_141_and_no_message(tiny_model: Path) -> None:
    with scoring(tiny_model) as score:
        score.send(NEWS)
        score.answer()
        score.stdout.close()
        score.send(NEWS)
        assert score.end() == (141, "")


def test_endless_input_is_read_as_far_as_somebody_reads_the_answers(tiny_model: Path) -> None:
    command = f"yes 'a line of text' | {sys.executable} -m moderation score --model {tiny_model}"
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -3; echo ${{PIPESTATUS[1]}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    *lines, status = done.stdout.splitlines()
    assert [json.loads(line)["line"] for line in lines] == [1, 2, 3]
    assert status == "141"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "command", [["score", NEWS], ["corpora", "list"], ["labels", "agreement"], ["--help"]]
)
def test_every_command_ends_so_however_it_prints(command: list[str], tiny_model: Path) -> None:
    given = [sys.executable, "-m", "moderation", *command]
    environment = os.environ | {"MODERATION_MODEL": str(tiny_model)}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            given, cwd=ROOT, env=environment, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr.decode()) == (1, FULL_DISK)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        given, cwd=ROOT, env=environment, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_while_lines_are_judged_is_one_sentence(tiny_model: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "moderation", "score", "--model", str(tiny_model)],
            cwd=ROOT,
            input=NEWS.encode() * 10_000,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr.decode()) == (1, FULL_DISK)


def test_standard_streams_that_are_closed_are_named() -> None:
    for redirection, name in (("<&-", "stdin: Standard input"), (">&-", "standard output: ")):
        done = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m moderation score {redirection}"],
            cwd=ROOT,
            input="",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: {name}")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("sc", "score"), ("keys re", "revoke"), ("score --for", "--format"), ("batch re", "report")],
)
def test_a_shell_completes_commands_and_options(typed: str, offered: str) -> None:
    words = f"moderation {typed}"
    done = subprocess.run(
        [sys.executable, "-m", "moderation"],
        cwd=ROOT,
        env=os.environ
        | {
            "_MODERATION_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert offered in done.stdout.split(), done.stderr


def test_a_line_in_another_language_is_told_as_not_judged_in_every_format(
    tiny_model: Path,
) -> None:
    spanish = "El ayuntamiento debería publicar sus cuentas antes del lunes.\n"

    def lines(form: str) -> list[str]:
        done = subprocess.run(
            [
                sys.executable,
                *("-m", "moderation", "score", "--format", form),
                "--model",
                tiny_model,
            ],
            cwd=ROOT,
            input=NEWS + spanish + NEWS,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        return done.stdout.splitlines()

    judged = [(row["label"], row["language"]) for row in map(json.loads, lines("jsonl"))]
    assert judged == [("news", "en"), (None, "es"), ("news", "en")]
    rows = list(csv.DictReader(lines("csv")))
    assert [(row["judged"], row["language"]) for row in rows] == [
        *(("True", "en"), ("False", "es"), ("True", "en"))
    ]
    assert [row["toxicity"] == "" for row in rows] == [False, True, False]
    _, first, second, third = lines("table")
    assert "not judged (es)" in second
    assert first.replace("1", "3", 1) == third
