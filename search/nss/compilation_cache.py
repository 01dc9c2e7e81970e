"""JAX's persistent compilation cache: a resumed or repeated fit does not compile again."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from importlib import metadata
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

from autoviz_render.search.nss.machine import compiled_for

log = logging.getLogger("autoviz_render.search")

_MAX_BYTES = 2_000_000_000
"""Of all folders together, at each start: JAX's own bound has every write lock the folder and look at every file in it,
and locks fail on some network file systems."""


def use_compilation_cache() -> None:
    """Have JAX keep what it compiles in the user's cache folder, unless a folder was chosen already.

    The folder's name tells the versions of JAX and the processors that compiled: clusters share home directories, and
    code for one processor may crash another.
    """
    settings = jax.config.values
    if settings["jax_compilation_cache_dir"] or not settings["jax_enable_compilation_cache"]:
        return
    versions = f"{jax.__version__}-{metadata.version('jaxlib')}"
    # "shared": earlier releases bounded theirs by JAX, which cannot do with files that it did not write so itself
    folder = _user_cache() / "autoviz-render" / f"shared-jax-{versions}-{compiled_for()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.info("compiling without a cache: %s", error)  # a read-only home: everything is compiled, as ever
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", -1)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    compilation_cache.reset_cache()  # what was compiled before now was compiled without one
    threading.Thread(target=sweep, args=(folder.parent,), name="autoviz-render cache sweep", daemon=True).start()


def sweep(parent: Path, most_bytes: int = _MAX_BYTES) -> None:
    """Remove what was not used for the longest time, from the folders for all versions and processors.

    Others may read, write and sweep there at the same time. Who misses a file compiles.

    Args:
        parent: Holds the folders.
        most_bytes: What may stay.
    """
    found = []
    for path in parent.glob("*jax-*/*"):
        with contextlib.suppress(OSError):
            state = path.stat()
            found.append((max(state.st_atime, state.st_mtime), state.st_size, path))
    excess = sum(size for _, size, _ in found) - most_bytes
    for _, size, path in sorted(found):
        if excess <= 0:
            return
        if not path.name.startswith("."):  # a lock of earlier releases
            with contextlib.suppress(OSError):
                path.unlink()
                excess -= size


def _user_cache() -> Path:
    """Source: XDG Base Directory Specification, and Apple's File System Programming Guide."""
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen)
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
