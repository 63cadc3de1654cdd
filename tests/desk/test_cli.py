"""The commands for users: the first one can add the others at the desk."""

from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner

from moderation.desk import Desk
from moderation.desk.accounts.codes import new_secret
from moderation.desk.cli import app
from tests.desk.conftest import PASSWORD

ADD = ["user", "add"]


def run(*command: str, database: Path) -> str:
    """Run a command of the desk, type a password, and return the output."""
    url = f"sqlite:///{database}"
    done = CliRunner().invoke(app, [*command, "--database", url], input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    return done.output


def test_the_first_user_is_an_admin_and_the_next_ones_are_moderators(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    told = run(*ADD, "Ana", database=file)
    assert told == "added Ana (admin; the first user manages the others)\n"
    assert run(*ADD, "Bo", database=file) == "added Bo (moderator)\n"
    assert run(*ADD, "Lea", "--role", "lead", database=file) == "added Lea (lead)\n"


def test_a_command_prints_a_link_for_a_new_password(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    run(*ADD, "Ana", database=file)
    link = run("user", "reset", "ana", database=file).strip()
    assert link.startswith("http://127.0.0.1:8000/desk/reset?token=")
    proxy = run("user", "reset", "Ana", "--address", "https://desk.example/", database=file)
    address, _, token = proxy.strip().partition("?token=")
    assert address == "https://desk.example/desk/reset"
    desk = Desk.open(f"sqlite:///{file}")
    try:
        desk.resets.use(token, "another long one")
        assert desk.accounts.sign_in("Ana", "another long one").user.name == "Ana"
    finally:
        desk.close()


def test_a_command_turns_the_codes_of_somebody_off(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    run(*ADD, "Ana", database=file)
    desk = Desk.open(f"sqlite:///{file}")
    try:
        secret = new_secret()
        (ana,) = desk.accounts.users()
        desk.second_factor.turn_on(ana, secret, pyotp.TOTP(secret).now())
        assert run("user", "change", "Ana", "--no-code", database=file) == "Ana: admin\n"
        assert desk.accounts.sign_in("Ana", PASSWORD).user == ana
    finally:
        desk.close()


@pytest.mark.parametrize("role", ["reader", "moderator", "admin"])
def test_a_role_that_is_named_is_kept(tmp_path: Path, role: str) -> None:
    told = run(*ADD, "Ana", "--role", role, database=tmp_path / "desk.db")
    assert told == f"added Ana ({role})\n"
