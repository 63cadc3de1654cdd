"""Codes as a second factor (RFC 6238): an app shows six digits, others each half minute."""

import binascii
from base64 import b32decode
from typing import Any

import pyotp
import sqlalchemy as sa

from moderation.database.tables import now, users
from moderation.desk.errors import WrongCode
from moderation.errors import InvalidInput

ISSUER = "Review desk"
"""The name under which an app lists the code."""
INTERVAL_SECONDS = 30
DRIFT = 1
"""The number of half minutes by which a telephone's clock may be fast or slow."""
MIN_SECRET_BYTES = 16


def new_secret() -> str:
    """Return a new secret for an app, in letters and digits (base 32)."""
    return pyotp.random_base32()


def app_link(secret: str, name: str) -> str:
    """Return the link that hands a secret to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def matching_step(secret: str, code: str, used: int) -> int | None:
    """Return the half minute of a code that is valid now, None if it is wrong or was used.

    Parameters
    ----------
    secret, code : str
    used : int
        The half minute of the last code that was used.
    """
    step = int(now().timestamp()) // INTERVAL_SECONDS
    typed = "".join(code.split())
    totp = pyotp.TOTP(secret, interval=INTERVAL_SECONDS)
    # All of them, so that the time taken tells nothing.
    right = [
        near
        for near in range(step - DRIFT, step + DRIFT + 1)
        if pyotp.utils.strings_equal(totp.generate_otp(near), typed) and near > used
    ]
    return right[0] if right else None


def use_code(connection: sa.Connection, row: Any, code: str) -> None:
    """Use up a code of a user who needs one.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    row : sqlalchemy.Row
        The user's.
    code : str

    Raises
    ------
    WrongCode
    """
    if row.code_secret is None:
        return
    step = matching_step(row.code_secret, code, row.code_step)
    if step is None:
        raise WrongCode
    # Of two who send the same code at once, one finds it used.
    this = (users.c.id == row.id) & (users.c.code_step < step)
    if connection.execute(users.update().where(this).values(code_step=step)).rowcount != 1:
        raise WrongCode


def check_secret(secret: str) -> str:
    """Return a secret that an app can use.

    Raises
    ------
    InvalidInput
    """
    try:
        length = len(b32decode(secret))
    except (binascii.Error, ValueError):
        length = 0
    if length < MIN_SECRET_BYTES:
        raise InvalidInput("This is no key for such an app.", remedy="Reload the page.")
    return secret
