"""Packages of npm, installed for a test, and scripts that use them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import skip_or_fail

HERE = Path(__file__).parent


def install(folder: Path, script: str | None, *packages: str) -> Path:
    """Install packages into a folder, with a script of ours beside them if one is named.

    Return the folder.

    The test is skipped where that cannot be done.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        skip_or_fail("Node and npm are not installed")
    (folder / "package.json").write_text("{}", "utf-8")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        skip_or_fail(f"npm cannot install {packages}")
    if script:
        # Node looks for packages beside the script.
        shutil.copy(HERE / script, folder)
    return folder


def run(folder: Path, script: str, *arguments: object) -> list[dict[str, Any]]:
    """Run the script, the last of whose arguments are calls; return what came of each.

    An argument that is no text is passed as JSON.
    """
    words = [each if isinstance(each, str) else json.dumps(each) for each in arguments]
    done = subprocess.run(
        ["node", script, *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results
