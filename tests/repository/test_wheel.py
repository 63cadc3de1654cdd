"""A wheel works without the source tree: the model travels inside it."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel and unpack it, as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, code: str, folder: Path) -> str:
    """Run code that sees the wheel's content and the dependencies, and not the source tree.

    Without the module `site`, the link that an editable install leaves is not followed.
    """
    paths = [str(installed), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_model_and_the_policy_come_with_it(installed: Path, tmp_path: Path) -> None:
    code = (
        "import json, moderation; verdict = moderation.Moderator.load().judge(['Police said.'])[0];"
        "print(json.dumps([moderation.__file__, verdict.to_dict()]))"
    )
    file, verdict = json.loads(run(installed, code, tmp_path))
    assert Path(file).is_relative_to(installed)
    assert verdict["label"] == "news"


def test_pages_are_split_and_reported_with_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("A headline\n\nThe ministry said so on Monday.\n", "utf-8")
    code = (
        "import sys;"
        "sys.argv = ['moderation', 'batch', 'page.txt', '--out', 'out', '--format', 'jsonl'];"
        "from moderation.cli import main; main()"
    )
    run(installed, code, tmp_path)
    assert "The ministry said so" in (tmp_path / "out" / "passages.jsonl").read_text("utf-8")
    assert "Nothing was held" in (tmp_path / "out" / "report.html").read_text("utf-8")


def test_the_digests_of_what_nothing_may_learn_from_come_with_it(
    installed: Path, tmp_path: Path
) -> None:
    code = (
        "from moderation.corpora.corpus import held_out_digests as digests;"
        "print(len(digests('hatemojibuild_train.csv')), len(digests('no-such-file.csv')))"
    )
    listed, others = map(int, run(installed, code, tmp_path).split())
    assert listed > 0
    assert others == 0


def test_the_page_to_try_a_comment_on_comes_with_it(installed: Path, tmp_path: Path) -> None:
    code = (
        "from moderation.service.app import create_app; from moderation.settings import Settings;"
        "print(len(create_app(Settings()).openapi()['paths']))"
    )
    assert int(run(installed, code, tmp_path)) >= 4
    service = installed / "moderation" / "service"
    assert list(service.glob("templates/*.html"))
    assert list(service.glob("static/*"))


def test_the_review_desk_comes_with_it(installed: Path, tmp_path: Path) -> None:
    code = (
        "from starlette.testclient import TestClient; from moderation.desk import Desk;"
        "from moderation.desk.web.app import installer; "
        "from moderation.settings import Settings;"
        "from moderation.service.app import create_app; desk = Desk.open('sqlite:///desk.db');"
        "app = create_app(Settings(), rooms=[installer(desk)]); client = TestClient(app, 'http://localhost');"
        "print([client.get(path).is_success for path in"
        " ('/desk/sign-in', '/desk/static/desk.css')]); desk.close()"
    )
    assert run(installed, code, tmp_path).strip() == "[True, True]"
