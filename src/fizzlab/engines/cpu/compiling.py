"""How the kernels are compiled: without Python's lock and without reference counts, kept on disk.

Numba keeps a compiled function until its own file changes, though it may hold code of others. Here
its file is named after a hash of all files of this folder, so that no stale code is ever run, and
what another version of fizzlab has compiled is left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


_SOURCES = _hash_of_sources()


class _Cache(FunctionCache):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        name = f"{self._impl.filename_base}-{_SOURCES[:16]}"
        self._cache_file = IndexDataCacheFile(self._cache_path, name, _SOURCES)


def compiled(function: Callable[..., Any]) -> Any:
    """Compiles a function on its first call, or loads it from disk."""
    dispatcher = njit(**_OPTIONS)(function)
    dispatcher._cache = _Cache(function)  # type: ignore[attr-defined]
    return dispatcher


def is_on_disk(dispatcher: Any) -> bool:
    """Tells whether a function, as its sources are now, was compiled before."""
    return bool(dispatcher._cache._cache_file._load_index())


def inlined(function: Callable[..., Any]) -> Any:
    """Compiles a function into those that call it."""
    return njit(**_OPTIONS, forceinline=True)(function)
