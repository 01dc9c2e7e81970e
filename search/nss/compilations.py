"""How often JAX compiled: the number that shows that nothing is compiled twice."""

from __future__ import annotations

import jax.monitoring

_ASKED = "/jax/core/compile/backend_compile_duration"
_FOUND = "/jax/compilation_cache/cache_hits"

_events: list[str] = []
"""Of these two kinds, in order: threads may append at the same time, as they may not count."""


def compilations() -> int:
    """The programs that XLA compiled in this process since this module was imported, but for those found in a cache."""
    return _events.count(_ASKED) - _events.count(_FOUND)


def _listen(event: str, **_: str | float) -> None:
    if event in (_ASKED, _FOUND):
        _events.append(event)


jax.monitoring.register_event_listener(_listen)
jax.monitoring.register_event_duration_secs_listener(
    lambda event, duration_secs, **_: _listen(event, seconds=duration_secs)
)
