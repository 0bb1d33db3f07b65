"""How the kernels are compiled: without Python's lock and without reference counts, kept on disk.

Numba keeps a compiled function until its own file changes, though it may hold code of others. Here
the key holds a hash of all files of this folder, so that no stale code is ever run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_SOURCES = _hash_of_sources()


class _Cache(FunctionCache):
    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), _SOURCES)  # type: ignore[misc]


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles a function on its first call, or loads it from disk."""
    dispatcher = njit(**_OPTIONS)(function)
    dispatcher._cache = _Cache(function)  # type: ignore[attr-defined]
    return dispatcher


def is_on_disk(dispatcher: Any) -> bool:
    """Tells whether a function, as its sources are now, was compiled before."""
    return any(key[-1] == _SOURCES for key in dispatcher._cache._cache_file._load_index())


def inlined(function: Callable[..., Any]) -> Any:
    """Compiles a function into those that call it."""
    return njit(**_OPTIONS, forceinline=True)(function)
