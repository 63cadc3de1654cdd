"""The extras of the package: their modules, and the error where a command's extra is missing.

`pip install moderation` is enough for judging and evaluation. Each other group of commands has an
extra of its own, and checks for it before it imports or begins anything.
"""

from collections.abc import Mapping
from importlib.util import find_spec

from moderation.errors import MissingExtra

_SERVICE = (
    "alembic",
    "anyio",
    "charset_normalizer",
    "fastapi",
    "httptools",
    "jinja2",
    "joblib",
    "lxml",
    "platformdirs",
    "prometheus_client",
    "pyjson5",
    "sqlalchemy",
    "starlette",
    "typing_extensions",
    "uvicorn",
    "w3lib",
)

_DESK = (
    *_SERVICE,
    "argon2",
    "babel",
    "datasketch",
    "httpcore",
    "markupsafe",
    "openpyxl",
    "pyotp",
    "python_multipart",
    "tomlkit",
)

MODULES: Mapping[str, tuple[str, ...]] = {
    "batch": (
        "charset_normalizer",
        "fastwarc",
        "jinja2",
        "joblib",
        "lxml",
        "markupsafe",
        "pyarrow",
        "w3lib",
    ),
    "service": _SERVICE,
    "desk": _DESK,
    "oidc": (*_DESK, "authlib", "joserfc"),
    "train": (
        "datasketch",
        "jinja2",
        "joblib",
        "markupsafe",
        "matplotlib",
        "pooch",
        "requests",
        "safetensors",
        "scipy",
        "sklearn",
        "tqdm",
    ),
}
"""By extra, the modules of the distributions that pyproject.toml lists for it."""


def require(extra: str, command: str) -> None:
    """Raise an error unless an extra is installed, without importing anything.

    Parameters
    ----------
    extra : str
        One of `MODULES`.
    command : str
        The command that needs it, as it is typed.

    Raises
    ------
    MissingExtra
        Naming the extra and how to install it.
    """
    if any(find_spec(module) is None for module in MODULES[extra]):
        raise MissingExtra(
            f"`{command}` needs the extra `{extra}`: pip install 'moderation[{extra}]'"
        )
