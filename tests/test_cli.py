"""The command line."""

import csv
import gzip
import json
import os
import pickle
import shutil
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from moderation import __version__
from moderation.cli import app, main
from moderation.settings import CONFIG_VARIABLE, Settings
from tests.conftest import ROOT
from tests.models.store.folders import edit, put

SHIPPED = str(Settings.model_fields["model"].default)


class Done(NamedTuple):
    """The outcome of a command."""

    returncode: int
    stdout: str
    stderr: str


def process(*arguments: str | Path, stdin: bytes = b"", cwd: Path = ROOT, **env: str) -> Done:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "moderation", *map(str, arguments)],
        input=stdin,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
        capture_output=True,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def moderation(*arguments: str | Path, stdin: bytes = b"", cwd: Path = ROOT) -> Done:
    """Run a command in this process, which takes a tenth of the time."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    status: object = 0
    with (
        patch.dict(os.environ),
        patch.object(sys, "argv", ["moderation", *map(str, arguments)]),
        patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin), "utf-8")),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
    assert isinstance(status, int)
    stdout, stderr = (stream.buffer.getvalue().decode("utf-8") for stream in (out, err))
    return Done(status, stdout, stderr)


def labels(output: str) -> list[str]:
    return [json.loads(line)["label"] for line in output.splitlines()]


def test_texts_are_scored_one_verdict_a_line(tiny_model: Path) -> None:
    done = process(
        "score", "All Chinese are vermin.", "The ministry said on Monday.", "--model", tiny_model
    )
    assert done.returncode == 0, done.stderr
    assert labels(done.stdout) == ["ethnic_hostility", "news"]


def test_stdin_and_a_file_hold_one_text_a_line(tiny_model: Path, tmp_path: Path) -> None:
    content = "All Chinese are vermin.\r\nThe ministry said សួស្តី on Monday.".encode()
    file = tmp_path / "comments.txt"
    file.write_bytes(content)
    from_file = moderation("score", "--file", file, "--model", tiny_model)
    assert labels(from_file.stdout) == ["ethnic_hostility", "news"]
    for arguments in (["score"], ["score", "-"], ["score", "--file", "-"]):
        from_stdin = moderation(*arguments, "--model", tiny_model, stdin=content)
        assert from_stdin == from_file


BAD = b"The ministry said so.\n\nbad \xff\nbad \0\n  \nAll Chinese are vermin.\n"


def test_a_line_that_is_blank_or_cannot_be_read_costs_itself_alone_and_keeps_its_place(
    tiny_model: Path,
) -> None:
    done = moderation("score", "--with-text", "--model", tiny_model, stdin=BAD)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[0]["label"] == "news"
    assert rows[5]["label"] == "ethnic_hostility"
    codes = [row["error"]["code"] for row in rows[1:5]]
    assert codes == ["blank_line", "invalid_input", "invalid_text", "blank_line"]
    assert rows[2]["error"]["where"] == "stdin:3"
    assert [row["text"] for row in rows[2:4]] == ["bad \ufffd", "bad \ufffd"]
    assert rows[5]["text"] == "All Chinese are vermin."
    assert done.returncode == 1
    assert done.stderr == (
        "error: stdin: 2 of 6 lines could not be read. Each has an error in its place in the "
        "output.\n"
    )


def test_blank_lines_are_no_fault(tiny_model: Path) -> None:
    done = moderation("score", "--model", tiny_model, stdin=b"\nThe ministry said so.\n")
    assert done.returncode == 0
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 2
    assert "text" not in json.loads(done.stdout.splitlines()[1])


def test_verdicts_can_be_csv_or_a_table(tiny_model: Path) -> None:
    arguments = ("score", "--with-text", "--model", tiny_model, "--format")
    done = moderation(*arguments, "csv", stdin=b"All Chinese are vermin.\n=1+1\n\xff\n")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["line"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["label"] == "ethnic_hostility"
    assert float(rows[0]["ethnic_hostility"]) > 0.1
    assert json.loads(rows[0]["targets"]) == ["Chinese"]
    assert rows[1]["text"] == "\\=1+1", "no cell is a formula in a spreadsheet"
    assert rows[2]["error"] == "Not UTF-8 at byte 0 of the line."
    done = moderation(*arguments, "table", stdin=b"All Chinese are vermin.\n\nred \x1b[31m\n")
    head, *lines = done.stdout.splitlines()
    assert head.split() == [
        *("line", "action", "label", "toxicity", "inflammatory", "ethnic_hostility", "targets"),
        "text",
    ]
    assert lines[0].split()[0] == "1"
    assert lines[0].endswith("All Chinese are vermin.")
    assert lines[0].index("All") == head.index("text")
    assert lines[1].split() == ["2", "error", "The", "line", "is", "blank."]
    assert "\x1b" not in lines[2]


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["score", "--file", "nowhere.txt"], b"", "nowhere.txt: The file cannot be read"),
        (["score", "a", "--file", "b"], b"", "not both"),
        (["score"], b"fine\nbad \xff\n", "stdin: 1 of 2 lines could not be read"),
        (["evaluate", "nowhere.csv"], b"", "nowhere.csv: The file cannot be read"),
        (["evaluate", "-"], b"text,label\nfine,rude\n", "stdin:2: The label is unknown"),
        (["score", ""], b"", "texts[0]: The text is empty"),
        (["score", "a", "--model", "none@0"], b"", "none@0: There is no such model"),
        (["score", "a", "--policy", "none.toml"], b"", "none.toml: The policy cannot be read"),
        (["labels", "check", "nowhere"], b"", "2 problems"),
        (["serve", "--port", "99999"], b"", "setting port"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_status_1(
    arguments: list[str], stdin: bytes, message: str
) -> None:
    done = moderation(*arguments, stdin=stdin)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


class Command:
    """Runs a command where it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Ask for the command."""
        return os.system, (self.command,)


@pytest.fixture
def foreign(tiny_model: Path, tmp_path: Path) -> Path:
    """Return a folder of somebody else's, with settings, models and commands in it."""
    folder = tmp_path / "foreign"
    for name in (SHIPPED, "evil@1"):
        model = Path(shutil.copytree(tiny_model, folder / name))
        attack = pickle.dumps(Command(f"touch {folder / 'canary'}"))
        put(model, "arrays", "arrays-0123456789ab.joblib", attack)
        edit(model, format=2)
    (folder / "moderation.toml").write_text('model = "evil@1"\n', "utf-8")
    return folder


def test_in_a_folder_of_somebody_elses_the_shipped_model_judges_and_nothing_is_run(
    foreign: Path,
) -> None:
    done = process("score", "All Chinese are vermin.", cwd=foreign)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == SHIPPED
    assert done.stderr.count("\n") == 1
    assert "moderation.toml in this folder was not read" in done.stderr
    assert "--config moderation.toml" in done.stderr
    assert not (foreign / "canary").exists()


def test_whoever_names_a_foreign_model_runs_nothing_either(foreign: Path) -> None:
    for done in (
        process("--config", "moderation.toml", "score", "a", cwd=foreign),
        process("score", "a", cwd=foreign, MODERATION_CONFIG="moderation.toml"),
        process("score", "a", "--model", foreign / "evil@1"),
    ):
        assert done.returncode == 1
        assert "evil@1: " in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (foreign / "canary").exists()


def test_a_settings_file_is_read_where_it_is_named(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(f"model = {json.dumps(str(tiny_model))}\n", "utf-8")
    done = process("--config", "mine.toml", "score", "You pig.", cwd=tmp_path)
    assert json.loads(done.stdout)["model"] == "tiny@1"
    assert done.stderr == ""
    missing = moderation("--config", "none.toml", "score", "a", cwd=tmp_path)
    assert missing.returncode == 1
    assert "none.toml: No such settings file" in missing.stderr


def test_the_settings_file_that_a_command_names_reaches_the_processes_that_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, "other.toml")
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["--config", "mine.toml", "labels", "check", "nowhere"])
    assert os.environ[CONFIG_VARIABLE] == str(tmp_path / "mine.toml")


def test_batch_writes_its_files_and_says_by_its_status_that_a_page_was_skipped(
    tiny_model: Path, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "one.txt").write_text("A headline\n\nThe ministry said on Monday.\n", "utf-8")
    out = tmp_path / "out"
    done = moderation("batch", pages, "--out", out, "--model", tiny_model)
    assert done.returncode == 0, done.stderr
    names = {"ledger.jsonl", "passages.parquet", "failures.parquet", "summary.json", "report.html"}
    assert {path.name for path in out.iterdir()} == {*names, ".lock"}
    (out / "report.html").unlink()
    done = moderation("batch", "report", out, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {*names, ".lock", "passages.jsonl"}
    (pages / "two.txt").write_bytes(b"\0\1\2" * 100)
    arguments = ("batch", pages, "--jobs", "1", "--out", out, "--model", tiny_model)
    done = moderation(*arguments)
    assert done.returncode == 1
    assert "two.txt" in (out / "report.html").read_text("utf-8")
    assert "1 failed" in done.stderr
    assert f"{pages / 'two.txt'}: " in done.stderr
    assert done.stdout.startswith("1 pages, ")
    done = moderation(*arguments, "--backend", "dask")
    assert "--scheduler tcp://" in done.stderr


@pytest.mark.parametrize(
    ("page", "suffix", "counted"),
    [
        (b"A headline\n\nThe ministry said on Monday.\n", "", "1 pages, "),
        (b'{"text": "The ministry said on Monday."}\n', ".jsonl", "1 comments, "),
        (gzip.compress(b"id;text\n1;The ministry said.\n", mtime=0), ".csv.gz", "1 comments, "),
    ],
)
def test_batch_reads_standard_input_and_goes_on_with_it(
    tiny_model: Path, tmp_path: Path, page: bytes, suffix: str, counted: str
) -> None:
    arguments = ("batch", "-", "--jobs", "1", "--out", tmp_path, "--model", tiny_model)
    for _ in range(2):
        done = moderation(*arguments, stdin=page)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(counted)
        assert (tmp_path / f"stdin{suffix}").read_bytes() == page


def test_labels_check_prints_each_problem_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text("{}\n[1]\n", "utf-8")
    (tmp_path / "seed.jsonl").write_text("", "utf-8")
    done = moderation("labels", "check", tmp_path)
    assert done.returncode == 1
    assert "examples.jsonl:1: id: Field required" in done.stdout
    assert "examples.jsonl:2: " in done.stdout


def test_labels_check_counts_a_sound_set(tiny_labels: Path) -> None:
    done = moderation("labels", "check", tiny_labels)
    assert done.returncode == 0
    assert "48 examples in 5 families" in done.stdout


def test_evaluate_prints_its_metrics_as_json_to_a_pipe(tiny_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        "text,label,group\nAll Chinese are vermin.,ethnic_hostility,plain\n"
        "The ministry said on Monday.,news,plain\n",
        "utf-8",
    )
    done = moderation("evaluate", file, "--model", tiny_model)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["model"] == "tiny@1"
    assert result["examples"] == result["groups"]["plain"]["examples"] == 2
    assert result["flagged"]["balanced_accuracy"] == 1
    assert result["attributes"]["ethnic_hostility"]["threshold"] > 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_evaluate_reads_what_spreadsheets_write_and_prints_valid_json(
    tiny_model: Path, delimiter: str
) -> None:
    lines = ["text,label", "All Chinese are vermin.,1", "You pig.,1"]
    table = "\r\n".join(lines).replace(",", delimiter).encode()
    done = moderation("evaluate", "-", "--model", tiny_model, stdin=table)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout, parse_constant=pytest.fail)
    assert result["examples"] == 2
    assert result["flagged"]["recall"] == 1
    assert result["flagged"]["false_alarms"] is None, "a share of nothing"


def test_evaluate_shows_what_comes_of_each_threshold(tiny_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        "text,label\nAll Chinese are vermin.,flagged\nThe ministry said on Monday.,unflagged\n",
        "utf-8",
    )
    done = moderation("evaluate", file, "--model", tiny_model, "--thresholds", "TOXICITY")
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)["thresholds"]["toxicity"]
    assert [step["threshold"] for step in steps] == [step / 20 for step in range(1, 20)]
    assert [step["held"] for step in steps] == sorted((s["held"] for s in steps), reverse=True)
    done = moderation("evaluate", file, "--model", tiny_model, "--thresholds", "RUDENESS")
    assert "thresholds: 'RUDENESS' is not an attribute" in done.stderr


def test_evaluate_names_the_line_of_a_bad_table(tiny_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("text,label\na,rude\n", "utf-8")
    done = moderation("evaluate", file, "--model", tiny_model)
    assert done.returncode == 1
    assert "mine.csv:2: The label is unknown" in done.stderr


def test_corpora_list_says_which_are_here(tmp_path: Path) -> None:
    done = moderation("corpora", "list", "--dir", tmp_path)
    assert done.returncode == 0
    assert "davidson" in done.stdout
    assert "absent" in done.stdout
    result = json.loads(moderation("corpora", "list", "--dir", tmp_path, "--json").stdout)
    assert result["folder"] == str(tmp_path)
    states = {corpus["name"]: corpus["state"] for corpus in result["corpora"]}
    assert states["davidson"] == "absent"


def test_labels_agreement_prints_alpha() -> None:
    done = moderation("labels", "agreement")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["examples"] >= 500


def test_version_is_the_one_version() -> None:
    assert process("--version").stdout.strip() == __version__


def test_no_command_waits_for_what_it_does_not_use() -> None:
    """Slow imports happen only where they are needed."""
    slow = ["nltk", "sklearn", "scipy.stats", "sqlalchemy", "alembic", "dask"]
    code = f"import sys, moderation.cli; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_commands_of_the_public_interface_have_help() -> None:
    for command in (
        ["score"],
        ["batch"],
        ["batch", "report"],
        ["serve"],
        ["evaluate"],
        ["corpora", "list"],
        ["corpora", "fetch"],
        ["labels", "check"],
        ["labels", "agreement"],
        ["desk", "export-labels"],
    ):
        for option in ("--help", "-h"):
            done = moderation(*command, option)
            assert done.returncode == 0
            assert "Usage" in done.stdout
