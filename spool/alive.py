"""Whether a process lives, and whether this process can tell."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


def is_alive(pid: int) -> bool | None:
    """Whether there is a process of that number, of whatever user; None if the platform cannot be asked."""
    if os.name == "nt":
        return None  # os.kill would end it
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, OverflowError):
        return False
    return True


@lru_cache(maxsize=1)
def machine() -> str:
    """Names this boot of this machine and its process numbers: those of another boot or container mean nothing here.

    "" if the system does not tell: then a host's name is all there is.
    Source: Linux, proc(5) and pid_namespaces(7).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
