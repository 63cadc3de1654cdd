"""Compiled functions, kept on the disk so that only the first start has to wait for the compiler.

Numba's own cache trusts whatever it finds: a file that a full disk has cut short ends the process
when it is loaded. Here every file holds the SHA-256 of what it keeps, which is looked at before
anything is loaded, and a file that is not whole is thrown away and made again.
"""

import hashlib
import logging
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from moderation.learning.ngrams.private_folder import PrivateFolder, kernel_folder

log = logging.getLogger(__name__)

MAGIC = b"moderation kernel 1\n"
HEAD_BYTES = len(MAGIC) + hashlib.sha256().digest_size
SUFFIX = ".kernel"

_refused: set[PrivateFolder] = set()
"""Folders that did not take a file; they are asked no more."""


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function, without the interpreter's lock, when it is first called."""
    return _kept(numba.njit(nogil=True)(function))


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into those that call it."""
    return _kept(numba.njit(nogil=True, forceinline=True)(function))


def _kept(dispatcher: Any) -> Any:
    # This is what `cache=True` does, with another cache.
    dispatcher._cache = KernelCache(dispatcher.py_func)
    return dispatcher


class KernelCache:
    """Keeps what one function was compiled to, as Numba asks of a cache; each signature is a file.

    Parameters
    ----------
    function : callable
        What is compiled.
    folder : callable
        Returns the folder of the files; None where nothing is to be kept.
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
        """Use the files."""
        self._enabled = True

    def disable(self) -> None:
        """Leave the files alone."""
        self._enabled = False

    def flush(self) -> None:
        """Nothing is held back."""

    def load_overload(self, signature: object, target: Any) -> Any:
        """Return the function as compiled for a signature; None where that is not kept."""
        folder = self._folder() if self._enabled else None
        if folder is None:
            return None
        target.refresh()
        name = self._name(signature, target.codegen())
        try:
            kept = folder.read(name)
            if kept is None:
                return None
            # It is whole, and was written by this user.
            parts = pickle.loads(unpacked(kept))  # noqa: S301
            return CompileResult._rebuild(target, *parts)  # type: ignore[no-untyped-call]  # Numba's
        except Exception:  # noqa: BLE001  # whatever it is, compiling mends it
            folder.discard(name)
            return None

    def save_overload(self, signature: object, compiled: Any) -> None:
        """Keep what the function was compiled to; where the disk does not take it, do without."""
        folder = self._folder() if self._enabled else None
        if folder is None or folder in _refused or not _can_be_kept(compiled):
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
        made_of = (*versions, codegen.magic_tuple(), signature, *_parts(self._function, set()))
        return hashlib.sha256(repr(made_of).encode()).hexdigest() + SUFFIX


def _parts(function: Any, seen: set[Any]) -> Iterator[object]:
    """Yield what a function's machine code depends on: its own code, and all that it refers to."""
    seen.add(function)
    code = function.__code__
    yield (function.__module__, function.__qualname__)
    yield (code.co_code, code.co_consts, code.co_names, code.co_varnames)
    for name in code.co_names:
        value = function.__globals__.get(name)
        called = getattr(value, "py_func", None)
        if called is not None and called not in seen:
            yield from _parts(called, seen)
        elif isinstance(value, int | float | str | tuple | np.generic):
            yield (name, value)
        elif isinstance(value, np.ndarray):
            yield (name, value.dtype.str, value.shape, value.tobytes())


def _can_be_kept(compiled: Any) -> bool:
    """Tell whether nothing in it points into this process's memory."""
    lifted = all(each.can_cache for each in compiled.lifted)
    return lifted and not compiled.library.has_dynamic_globals


def packed(data: bytes) -> bytes:
    """Put before some data what shows later that it is whole."""
    return MAGIC + hashlib.sha256(data).digest() + data


def unpacked(whole: bytes) -> bytes:
    """Return the value that :func:`packed` was given.

    Raises
    ------
    ValueError
        If a byte of it is missing or changed.
    """
    data = whole[HEAD_BYTES:]
    if whole != packed(data):
        raise ValueError("the file is not whole")
    return data
