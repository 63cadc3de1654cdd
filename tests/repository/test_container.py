"""The container image and its composition keep what the documents promise.

No engine runs them here: their files are read.
"""

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from moderation.settings import Settings
from tests.conftest import ROOT
from tests.repository.requirements import PROJECT

PINNED = re.compile(r"docker\.io/library/[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+(@sha256:[0-9a-f]{64})?")
COMPILERS = re.compile(r"\b(gcc|g\+\+|clang|make|build-essential|apt-get|apt)\b")
NOT_SETTINGS = {"MODERATION_DATABASE_PASSWORD", "MODERATION_CONFIG"}


class Instruction(NamedTuple):
    """An instruction of a Dockerfile."""

    name: str
    value: str


def instructions() -> list[Instruction]:
    """Return the instructions of the Dockerfile, each on one line."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    whole = re.sub(r"\\\n\s*", " ", lines)
    return [Instruction(*(line.split(maxsplit=1))) for line in whole.splitlines() if line.strip()]


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage; the last is the image."""
    found: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction.name == "FROM":
            found.append([])
        found[-1].append(instruction)
    return found


def values(stage: list[Instruction], name: str) -> list[str]:
    return [instruction.value for instruction in stage if instruction.name == name]


def environment(stage: list[Instruction]) -> dict[str, str]:
    """Return the variables that a stage sets."""
    pairs = [pair for value in values(stage, "ENV") for pair in shlex.split(value)]
    return dict(pair.split("=", 1) for pair in pairs)


def is_ignored(path: str) -> bool:
    """Tell whether the context of the build lacks a path; the last rule that fits decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!").rstrip("/")
        parts = path.split("/")
        # A rule is about a whole path from the root, or with `**/` about a name anywhere.
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        names = parts if pattern.startswith("**/") else above
        if any(fnmatch.fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
            ignored = not rule.startswith("!")
    return ignored


def copied() -> Iterator[str]:
    """Yield what is copied from the context."""
    for stage in stages():
        for value in values(stage, "COPY"):
            if "--from=" not in value:
                yield from (source.rstrip("/") for source in shlex.split(value)[:-1])


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return document


def test_every_base_is_pinned_to_a_version_and_all_stages_have_one() -> None:
    bases = {value.split()[0] for stage in stages() for value in values(stage, "FROM")}
    assert len(stages()) == 2
    assert len(bases) == 1
    (base,) = bases
    assert PINNED.fullmatch(base)
    assert f"python{re.findall(r'[0-9]+[.][0-9]+', base)[0]}.txt" in " ".join(copied())
    images = [
        service["image"] for service in compose()["services"].values() if "build" not in service
    ]
    assert images
    assert all(PINNED.fullmatch(image) for image in images)


def test_the_image_is_not_roots_and_has_no_compiler() -> None:
    image = stages()[-1]
    users = values(image, "USER")
    assert users
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[-1])
    after = [instruction.name for instruction in image]
    assert after.index("USER") < after.index("ENTRYPOINT")
    assert not any(COMPILERS.search(value) for value in values(image, "RUN"))
    assert "--only-binary :all:" in " ".join(values(stages()[0], "RUN"))


def test_what_is_copied_is_there_and_nothing_else_gets_into_the_build() -> None:
    sources = list(copied())
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not is_ignored(source), source
    for path in (
        ".git/config",
        "labels/README.md",
        "tests/conftest.py",
        "moderation/__pycache__/a",
    ):
        assert is_ignored(path), path
    for path in ("moderation/policy.toml", "moderation/desk/web/static/desk.css"):
        assert not is_ignored(path), path


def test_the_default_model_and_its_fast_tier_are_inside() -> None:
    model = Settings.model_fields["model"].default
    _, version = model.split("@")
    for name in (model, f"fast@{version}"):
        for file in (ROOT / "models" / name).iterdir():
            assert not is_ignored(file.relative_to(ROOT).as_posix()), file
    assert is_ignored("models/cascade@2026.12/manifest.json")


def test_the_health_check_asks_the_route_that_says_whether_it_can_judge() -> None:
    image = stages()[-1]
    (check,) = values(image, "HEALTHCHECK")
    command = json.loads(check[check.index("CMD") + 3 :])
    assert command[0] == "python"
    assert "/readyz" in command[-1]
    compile(command[-1], "HEALTHCHECK", "exec")
    port = environment(image)["MODERATION_PORT"]
    assert f"'127.0.0.1', {port}" in command[-1]
    assert values(image, "EXPOSE") == [port]


def test_commands_are_run_without_a_shell() -> None:
    image = stages()[-1]
    assert [json.loads(value) for value in values(image, "ENTRYPOINT")] == [["moderation"]]
    assert [json.loads(value) for value in values(image, "CMD")] == [["serve"]]


def test_the_root_may_be_read_only_because_all_that_is_written_has_a_volume() -> None:
    image = stages()[-1]
    volumes = {path for value in values(image, "VOLUME") for path in json.loads(value)}
    variables = environment(image)
    assert {
        f"{variables[name]}/moderation" for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")
    } == volumes
    service = compose()["services"]["moderation"]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108
    assert {volume.split(":")[1] for volume in service["volumes"]} == volumes
    named = {
        volume.split(":")[0]
        for each in compose()["services"].values()
        for volume in each["volumes"]
    }
    assert named == compose()["volumes"].keys()


def test_the_service_waits_for_a_healthy_database() -> None:
    services = compose()["services"]
    assert services["moderation"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["database"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]


def test_secrets_come_from_the_environment_and_have_no_default() -> None:
    for name, service in compose()["services"].items():
        secrets = {key: value for key, value in service["environment"].items() if "PASSWORD" in key}
        assert secrets, name
        for value in secrets.values():
            assert re.fullmatch(r"\$\{MODERATION_DATABASE_PASSWORD:\?[^}]+\}", value)


def test_every_setting_that_is_named_exists() -> None:
    text = "".join((ROOT / name).read_text("utf-8") for name in ("Dockerfile", "compose.yaml"))
    named = set(re.findall(r"\bMODERATION_[A-Z_]+", text)) - NOT_SETTINGS
    assert named
    assert {
        name.removeprefix("MODERATION_").lower() for name in named
    } <= Settings.model_fields.keys()


def test_the_extras_that_are_installed_are_the_projects() -> None:
    (extras,) = re.findall(r'"\.\[([a-z,]+)\]"', " ".join(values(stages()[0], "RUN")))
    assert set(extras.split(",")) <= PROJECT["optional-dependencies"].keys()


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml"])
def test_the_documents_describe_it(name: str) -> None:
    assert name in (ROOT / "docs" / "deployment.md").read_text("utf-8")
