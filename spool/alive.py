"""Whether a process of this host lives."""

from __future__ import annotations

import os


def is_alive(pid: int) -> bool | None:
    """Whether there is a process of that number, of whatever user; None where the platform cannot be asked."""
    if os.name == "nt":
        return None  # os.kill would end it
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, OverflowError):
        return False
    return True
