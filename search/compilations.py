"""How often JAX compiled: the number that shows that nothing is compiled twice."""

from __future__ import annotations

import threading

import jax.monitoring

_EVENT = "/jax/core/compile/backend_compile_duration"

_lock = threading.Lock()
_count = 0


def compilations() -> int:
    """The programs that XLA compiled in this process since this module was imported."""
    with _lock:
        return _count


def _listen(event: str, duration_secs: float, **_: str | int) -> None:
    del duration_secs
    global _count  # noqa: PLW0603  JAX's listeners are global, and cannot be taken back
    if event == _EVENT:
        with _lock:
            _count += 1


jax.monitoring.register_event_duration_secs_listener(_listen)
