"""Size of an installation: the product is installed into fresh environments and measured.

python benchmarks/install.py            # without extras, and with each of those for commands
python benchmarks/install.py desk,train # with these together
"""

import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
PRODUCT = "moderation"
EXTRAS = ("", "service", "batch", "desk", "train", "all")
MB = 10**6


def main() -> None:
    """Print for each set of extras the distributions and megabytes that it installs."""
    version = "{}.{}".format(*sys.version_info)
    pins = ROOT / "constraints" / f"python{version}.txt"
    print(f"Python {version}; sizes are sums of files, compiled Python included")
    for extras in sys.argv[1:] or EXTRAS:
        with tempfile.TemporaryDirectory() as folder:
            installed = list(distributions(path=[str(_install(Path(folder), extras, pins))]))
            (product,) = (one for one in installed if one.name == PRODUCT)
            own = _size(product) / MB
            total = sum(map(_size, installed)) / MB
            print(
                f"{f'moderation[{extras}]' if extras else 'moderation':24}"
                f"{len(installed) - 1:4} distributions beside it, {total - own:6.0f} MB; "
                f"with its own {own:.0f} MB {total:.0f} MB"
            )


def _install(folder: Path, extras: str, pins: Path) -> Path:
    """Install the product into a new environment; return the folder of its packages."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)  # noqa: S603  # ours
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    what = f"{ROOT}[{extras}]" if extras else str(ROOT)
    install: list[str | Path] = ["install", "--quiet", "--constraint", pins]
    subprocess.run([*pip, "--python", python, *install, what], check=True)  # noqa: S603  # ours
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603  # ours
    return Path(done.stdout.strip())


def _size(distribution: Distribution) -> int:
    files = (Path(str(file.locate())) for file in distribution.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    main()
