"""API keys for tests, in a database of their own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from moderation.database.store import Store
from moderation.service.api_keys import ApiKey, Scope
from moderation.service.key_store import KeyStore


def url_in(folder: Path) -> str:
    """Return the URL of a SQLite database in a folder."""
    return f"sqlite:///{folder / 'keys.db'}"


@contextmanager
def keys_of(url: str) -> Iterator[KeyStore]:
    """Give the keys of a database, as another process would see them."""
    store = Store.open(url)
    try:
        yield KeyStore(lambda: store)
    finally:
        store.close()


def create_key(
    url: str, name: str, scopes: Sequence[Scope], rate: int | None = None
) -> tuple[str, ApiKey]:
    """Make a key in a database; return it, and what is kept of it."""
    with keys_of(url) as keys:
        return keys.create(name, scopes, rate)


def revoke_key(url: str, key_id: str) -> ApiKey:
    """Make a key of a database good for nothing."""
    with keys_of(url) as keys:
        return keys.revoke(key_id)
