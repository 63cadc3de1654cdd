"""The database, opened."""

from typing import Self


class Store:
    """A database of the desk."""

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a database and bring its tables up to date."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the connections."""
        raise NotImplementedError
