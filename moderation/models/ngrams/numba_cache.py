"""A cache on disk for what Numba compiles, so that only the first start waits for the compiler.

Numba's own cache trusts whatever it finds: a file that a full disk has cut short ends the process
when it is loaded. Here every file begins with the SHA-256 of the rest, which is checked before
anything is loaded; a damaged file is removed and made again.

The files are unpickled and run as machine code, so nobody but this user may ever have written one.
They lie in a `PrivateFolder`, which is closed to everybody else.
"""

import errno
import hashlib
import logging
import os
import pickle
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

log = logging.getLogger(__name__)

NAME = "kernels"
CHOSEN = "NUMBA_CACHE_DIR"
"""Numba's own variable; here too it names the folder in which compiled code is kept."""
SERVICE = "CACHE_DIRECTORY"
"""Variable in which systemd names the folders that its directive ``CacheDirectory=`` has made."""
MAGIC = b"moderation kernel 1\n"
HEAD_BYTES = len(MAGIC) + hashlib.sha256().digest_size
SUFFIX = ".kernel"

_POSIX = os.name == "posix"


class NotPrivate(OSError):
    """A folder or file is not this user's alone."""


class PrivateFolder:
    """A folder that only this user can enter, made with all above it if need be.

    On POSIX systems it is opened and looked at anew for each file, and the file is reached through
    that very folder, whatever becomes of its path meanwhile. Elsewhere the system keeps a user's
    folders apart by itself.

    Parameters
    ----------
    path : Path

    Raises
    ------
    NotPrivate
        If somebody else may enter it, or may put another folder in its place.
    OSError
        If it cannot be made, or nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.parent.resolve() / path.name
        _make(self.path)
        if _POSIX:
            with self._entered():
                _check_above(self.path)
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "nothing can be written there")

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None where there is none.

        Raises
        ------
        NotPrivate
            If the file, or by now the folder, is not this user's alone.
        OSError
            If it cannot be read.
        """
        try:
            with self._entered() as folder:
                descriptor = _open(folder, self.path, name, os.O_RDONLY)
                with os.fdopen(descriptor, "rb") as file:
                    status = os.fstat(descriptor)
                    if _POSIX and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
                        raise NotPrivate("others may write it")
                    return file.read()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a draft and rename it, so that processes that write at once do not collide.

        It need not have reached the disk by then: whoever reads it checks that it is whole.
        Not `moderation.files.replacing`, which reaches its file by a path that somebody could
        exchange meanwhile; here it is reached through the folder that was checked.

        Raises
        ------
        OSError
            If it cannot be written; nothing is left behind.
        """
        draft = f".{secrets.token_hex(8)}.tmp"
        with self._entered() as folder:
            try:
                descriptor = _open(folder, self.path, draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                if folder is None:
                    (self.path / draft).replace(self.path / name)
                else:
                    os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    _remove(folder, self.path, draft)
                raise

    def discard(self, name: str) -> None:
        """Remove a file if possible."""
        with suppress(OSError), self._entered() as folder:
            _remove(folder, self.path, name)

    @contextmanager
    def _entered(self) -> Iterator[int | None]:
        """Open the folder, check that it is private, yield its descriptor (None if not POSIX)."""
        if not _POSIX:
            yield None
            return
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.path, flags)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise NotPrivate("it is a link, or no folder") from None
            raise
        try:
            status = os.fstat(descriptor)
            if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
                raise NotPrivate("it is not this user's alone (mode 0700)")
            yield descriptor
        finally:
            os.close(descriptor)


@cache
def kernel_folder() -> PrivateFolder | None:
    """Return the folder of this process's compiled kernels; None where there can be none.

    It is the first that is private and can be written: in the folder that ``NUMBA_CACHE_DIR``
    names, in the one that systemd gives a service, in the user's cache folder. Where there is none,
    kernels are compiled in memory, and the log says so once.
    """
    reasons: list[str] = []
    for path in _candidates():
        try:
            return PrivateFolder(path)
        except (OSError, RuntimeError) as error:
            reasons.append(f"{path}: {getattr(error, 'strerror', None) or error}")
    log.info(
        "compiled kernels are not kept, so that each start compiles them anew: %s",
        "; ".join(reasons) or "the user has no home",
    )
    return None


def _candidates() -> Iterator[Path]:
    """Yield the folders that may be taken, in order of preference."""
    if chosen := os.environ.get(CHOSEN):
        yield Path(chosen).absolute() / f"moderation-{NAME}"
    # systemd may name several, with colons between them.
    if service_folder := os.environ.get(SERVICE, "").split(":")[0]:
        yield Path(service_folder) / NAME
    home = Path("~").expanduser()
    user = _user_cache(home) / NAME
    # A home that does not exist is not made: that user is meant to have none.
    if user.is_absolute() and (home.is_dir() or not user.is_relative_to(home)):
        yield user


def _user_cache(home: Path) -> Path:
    """Return the product's folder in the user's cache, as the package `platformdirs` names it.

    Judging does not need that package; a test compares the two.
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "").strip()
        return Path(local or home / "AppData" / "Local") / "moderation" / "Cache"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if chosen.is_absolute():
        return chosen / "moderation"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "moderation"


def _make(folder: Path) -> None:
    """Make a folder and those above it, each for this user alone."""
    missing = [folder, *folder.parents]
    while missing and os.path.lexists(missing[-1]):
        missing.pop()
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def _check_above(folder: Path) -> None:
    """Raise NotPrivate if another user could put another folder in the place of this one."""
    for above in folder.parents:
        status = above.stat()
        mode = status.st_mode
        # In a sticky folder nobody moves what belongs to another user. But compiled code does not
        # belong directly in a folder for everybody's temporary files.
        safe = mode & stat.S_ISVTX and above != folder.parent
        by_others = mode & stat.S_IWOTH
        by_group = mode & stat.S_IWGRP and status.st_gid not in {0, os.getegid()}
        if status.st_uid not in {0, os.geteuid()} or ((by_others or by_group) and not safe):
            raise NotPrivate(f"others may write in {above}")


def _open(folder: int | None, path: Path, name: str, flags: int) -> int:
    if folder is None:
        return os.open(path / name, flags | getattr(os, "O_BINARY", 0), 0o600)
    return os.open(name, flags | os.O_NOFOLLOW, 0o600, dir_fd=folder)


def _remove(folder: int | None, path: Path, name: str) -> None:
    if folder is None:
        (path / name).unlink()
    else:
        os.unlink(name, dir_fd=folder)


_refused: set[PrivateFolder] = set()
"""Folders in which a file could not be written; none is tried again."""


def kernel(function: Callable[..., Any]) -> Any:
    """Return a function that is compiled when first called, and runs without Python's lock."""
    return _with_cache(numba.njit(nogil=True)(function))


def inlined(function: Callable[..., Any]) -> Any:
    """Return a function that is compiled into those that call it."""
    return _with_cache(numba.njit(nogil=True, forceinline=True)(function))


def _with_cache(dispatcher: Any) -> Any:
    # As `cache=True` does, with another cache.
    dispatcher._cache = KernelCache(dispatcher.py_func)
    return dispatcher


class KernelCache:
    """Numba's cache of one function: a file for each signature that it was compiled for.

    Parameters
    ----------
    function : callable
        The function that is compiled.
    folder : callable
        Returns the folder of the files, or None to keep nothing.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        folder: Callable[[], PrivateFolder | None] = kernel_folder,
    ) -> None:
        self._function = function
        self._folder = folder
        self._enabled = True

    @property
    def cache_path(self) -> str | None:
        """The folder of the files."""
        folder = self._folder()
        return None if folder is None else str(folder.path)

    def enable(self) -> None:
        """Read and write files."""
        self._enabled = True

    def disable(self) -> None:
        """Neither read nor write files."""
        self._enabled = False

    def flush(self) -> None:
        """Do nothing: every file is written at once."""

    def load_overload(self, signature: object, target: Any) -> Any:
        """Return the function as compiled for a signature; None if it is not in the cache."""
        folder = self._folder() if self._enabled else None
        if folder is None:
            return None
        target.refresh()
        name = self._name(signature, target.codegen())
        try:
            content = folder.read(name)
            if content is None:
                return None
            # It is whole, and was written by this user.
            parts = pickle.loads(unpacked(content))  # noqa: S301
            return CompileResult._rebuild(target, *parts)  # type: ignore[no-untyped-call]  # Numba's
        except Exception:  # noqa: BLE001  # compiling again mends it
            folder.discard(name)
            return None

    def save_overload(self, signature: object, compiled: Any) -> None:
        """Write the compiled function to its file; if that fails, the log says so once."""
        folder = self._folder() if self._enabled else None
        if folder is None or folder in _refused or not _is_portable(compiled):
            return
        name = self._name(signature, compiled.codegen)
        try:
            data = dumps(compiled._reduce())  # type: ignore[no-untyped-call]  # likewise
            folder.write(name, packed(data))
        except OSError as error:
            _refused.add(folder)
            log.info(
                "compiled kernels cannot be kept in %s, so that the next start compiles them "
                "anew: %s",
                folder.path,
                error.strerror or error,
            )

    def _name(self, signature: object, codegen: Any) -> str:
        versions = (numba.__version__, llvmlite.__version__, np.__version__, sys.version)
        made_of = (
            *versions,
            codegen.magic_tuple(),
            signature,
            *_dependencies(self._function, set()),
        )
        return hashlib.sha256(repr(made_of).encode()).hexdigest() + SUFFIX


def _dependencies(function: Any, seen: set[Any]) -> Iterator[object]:
    """Yield everything that a function's machine code depends on: its code and all it refers to."""
    seen.add(function)
    code = function.__code__
    yield (function.__module__, function.__qualname__)
    yield (code.co_code, code.co_consts, code.co_names, code.co_varnames)
    for name in code.co_names:
        value = function.__globals__.get(name)
        called = getattr(value, "py_func", None)
        if called is not None and called not in seen:
            yield from _dependencies(called, seen)
        elif isinstance(value, int | float | str | tuple | np.generic):
            yield (name, value)
        elif isinstance(value, np.ndarray):
            yield (name, value.dtype.str, value.shape, value.tobytes())


def _is_portable(compiled: Any) -> bool:
    """Tell whether nothing in compiled code points into this process's memory."""
    lifted = all(loop.can_cache for loop in compiled.lifted)
    return lifted and not compiled.library.has_dynamic_globals


def packed(data: bytes) -> bytes:
    """Return data with a head that shows later whether the data is whole."""
    return MAGIC + hashlib.sha256(data).digest() + data


def unpacked(content: bytes) -> bytes:
    """Return the data that :func:`packed` was given.

    Raises
    ------
    ValueError
        If a byte of it is missing or changed.
    """
    data = content[HEAD_BYTES:]
    if content != packed(data):
        raise ValueError("the file is not whole")
    return data
