"""Who may do what."""

from moderation.desk.errors import RoleNeeded
from moderation.desk.words import Role, User


def check_role(user: User | None, role: Role) -> None:
    """Refuse a person whose role does not go so far.

    Parameters
    ----------
    user : User or None
        None for the command line, which may do everything: who runs it has the database anyway.
    role : Role

    Raises
    ------
    RoleNeeded
    """
    if user is not None and (user.disabled or not user.role.may(role)):
        raise RoleNeeded(role)
