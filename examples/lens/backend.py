"""NumPy or JAX: objects keep the flag, and ask here for the array module."""

from __future__ import annotations

from typing import Any

import numpy as np

# A NumPy array, a JAX array or a JAX tracer: what the functions of this folder take and return.
Array = Any


def array_module(use_jax: bool) -> Any:
    """`jax.numpy` or `numpy`.

    Modules do not pickle, so no object stores one: it keeps `use_jax` and has a property `xp` that calls this.
    """
    if not use_jax:
        return np
    import jax.numpy as jnp

    return jnp
