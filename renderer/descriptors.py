"""How many files and folders this process may have open: a tree of a thousand runs must not need one for each."""

from __future__ import annotations

import contextlib
import sys

if sys.platform != "win32":
    import resource

_MOST = 4096  # as many as a tree of runs can use; macOS refuses a number without bound
_ON_WINDOWS = 8192


def raise_limit() -> None:
    """Allow this process as many descriptors as it may allow itself, within reason."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _MOST if hard == resource.RLIM_INFINITY else min(_MOST, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def limit() -> int:
    """How many descriptors this process may have."""
    if sys.platform == "win32":
        return _ON_WINDOWS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else soft
