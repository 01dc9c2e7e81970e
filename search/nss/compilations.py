"""How often JAX compiled: the number that shows that nothing is compiled twice."""

from __future__ import annotations

import jax.monitoring

_ASKED = "/jax/core/compile/backend_compile_duration"
_FOUND = "/jax/compilation_cache/cache_hits"

_asked: list[None] = []
_found: list[None] = []
"""One entry for each: threads may append at the same time, as they may not count."""


def compilations() -> int:
    """The programs that XLA compiled in this process since this module was imported, but for those found in a cache."""
    return len(_asked) - len(_found)


def _listen(event: str, **_: str | int) -> None:
    if event == _FOUND:
        _found.append(None)


def _listen_to_durations(event: str, duration_secs: float, **_: str | int) -> None:
    del duration_secs
    if event == _ASKED:
        _asked.append(None)


jax.monitoring.register_event_listener(_listen)
jax.monitoring.register_event_duration_secs_listener(_listen_to_durations)
