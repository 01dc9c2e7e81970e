"""How often JAX compiled: the number that shows that nothing is compiled twice."""

from __future__ import annotations

import threading

import jax.monitoring

_ASKED = "/jax/core/compile/backend_compile_duration"
_FOUND = "/jax/compilation_cache/cache_hits"

_lock = threading.Lock()
_count = 0


def compilations() -> int:
    """The programs that XLA compiled in this process since this module was imported, but for those found in a cache."""
    with _lock:
        return _count


def _add(number: int) -> None:
    global _count  # noqa: PLW0603  JAX's listeners are global, and cannot be taken back
    with _lock:
        _count += number


def _listen(event: str, **_: str | int) -> None:
    if event == _FOUND:
        _add(-1)


def _listen_to_durations(event: str, duration_secs: float, **_: str | int) -> None:
    del duration_secs
    if event == _ASKED:
        _add(1)


jax.monitoring.register_event_listener(_listen)
jax.monitoring.register_event_duration_secs_listener(_listen_to_durations)
