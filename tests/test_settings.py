"""Settings come from one table, and every one of them is documented."""

from pathlib import Path

import pytest

from moderation.settings import InvalidSettings, Settings, read_settings
from tests.conftest import ROOT


def test_an_argument_outranks_the_environment_which_outranks_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('port = 1\nhost = "::1"\nworkers = 3\n', "utf-8")
    monkeypatch.setenv("MODERATION_CONFIG", str(file))
    monkeypatch.setenv("MODERATION_PORT", "2")
    monkeypatch.setenv("MODERATION_HOST", "127.0.0.2")
    settings = read_settings(host="localhost", port=None)
    assert (settings.host, settings.port, settings.workers) == ("localhost", 2, 3)


@pytest.mark.parametrize(
    ("name", "value"), [("port", "many"), ("port", "70000"), ("workers", "0"), ("log_level", "x")]
)
def test_a_bad_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MODERATION_{name.upper()}", value)
    with pytest.raises(InvalidSettings, match=f"setting {name}"):
        read_settings()


def test_an_unknown_setting_in_the_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("colour = 1\n", "utf-8")
    monkeypatch.setenv("MODERATION_CONFIG", str(file))
    with pytest.raises(InvalidSettings, match="setting colour"):
        read_settings()


def test_a_settings_file_in_the_working_folder_is_not_read_unless_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moderation.toml").write_text("port = 1\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODERATION_CONFIG", raising=False)
    assert read_settings().port == 8000
    monkeypatch.setenv("MODERATION_CONFIG", "moderation.toml")
    assert read_settings().port == 1


def test_a_settings_file_that_is_named_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_CONFIG", "nowhere.toml")
    with pytest.raises(InvalidSettings, match=r"nowhere\.toml"):
        read_settings()


def test_every_setting_is_documented_with_its_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        assert f"| `{name}` | {default} | {field.description} |" in page


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.9", True), ("::1", True), ("0.0.0.0", False), ("x.org", False)],  # noqa: S104
)
def test_it_is_known_whether_others_can_reach_the_service(host: str, *, loopback: bool) -> None:
    assert Settings(host=host).on_loopback is loopback


def test_a_list_that_is_not_json_is_refused_with_an_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODERATION_CORAL_SECRETS", "unquoted")
    with pytest.raises(InvalidSettings, match="coral_secrets") as caught:
        read_settings()
    assert "unquoted" not in str(caught.value)


def test_secrets_reach_the_serving_processes_and_nothing_that_is_printed() -> None:
    settings = Settings.model_validate({"coral_secrets": ["an old secret 123", "a new secret 123"]})
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert "secret 123" not in f"{settings} {settings!r} {settings.model_dump()}"


def test_the_secret_of_the_provider_is_kept_like_the_others() -> None:
    named = {"oidc_issuer": "https://login.example", "oidc_client_id": "desk"}
    settings = Settings.model_validate({**named, "oidc_client_secret": "a secret 123"})
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert "secret 123" not in f"{settings} {settings!r} {settings.model_dump()}"


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"oidc_issuer": "http://login.example", "oidc_client_id": "desk"}, "oidc_issuer"),
        ({"oidc_issuer": "https://login.example"}, "oidc_client_id"),
        ({"oidc_roles": {"staff": "boss"}}, "oidc_roles.staff"),
        ({"oidc_scopes": ["profile"]}, "oidc_scopes"),
    ],
)
def test_a_provider_that_cannot_be_used_is_refused_at_the_start(
    given: dict[str, object], setting: str
) -> None:
    with pytest.raises(InvalidSettings, match=f"setting {setting}"):
        read_settings(**given)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"port 1", "line 1"),
        (b"port = 1\nmodel = '\xff'", "utf-8"),
        (b"port = 1", ""),
        (b"\x00", "line 1"),
    ],
)
def test_a_file_that_is_no_toml_is_named_with_the_reason(
    content: bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    monkeypatch.setenv("MODERATION_CONFIG", str(file))
    if not why:
        assert read_settings().port == 1
        return
    with pytest.raises(InvalidSettings, match=rf"mine\.toml.*cannot be read.*{why}"):
        read_settings()
