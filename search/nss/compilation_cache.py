"""JAX's persistent compilation cache: a resumed or repeated fit does not compile again."""

from __future__ import annotations

import logging
import os
import sys
from importlib import metadata
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

from autoviz_render.search.nss.machine import compiled_for

log = logging.getLogger("autoviz_render.search")

_MAX_BYTES = 2_000_000_000


def use_compilation_cache() -> None:
    """Have JAX keep what it compiles in the user's cache folder, unless a folder was chosen already.

    The folder's name tells the versions of JAX and the processors that compiled: clusters share home directories, and
    code for one processor may crash another.
    """
    settings = jax.config.values
    if settings["jax_compilation_cache_dir"] or not settings["jax_enable_compilation_cache"]:
        return
    folder = _user_cache() / "autoviz-render" / f"jax-{jax.__version__}-{metadata.version('jaxlib')}-{compiled_for()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.info("compiling without a cache: %s", error)  # a read-only home: everything is compiled, as ever
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_compilation_cache_max_size", _MAX_BYTES)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    compilation_cache.reset_cache()  # what was compiled before now was compiled without one


def _user_cache() -> Path:
    """Source: XDG Base Directory Specification, and Apple's File System Programming Guide."""
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen)
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
