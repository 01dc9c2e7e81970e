"""Whether a process lives, and whether this process can tell."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


def is_alive(pid: int) -> bool | None:
    """Whether there is a process of that number, of whatever user; None if the platform cannot be asked."""
    if os.name == "nt":
        return None  # os.kill would end it
    if pid < 1:
        return False  # no process, but the name of several
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


def started_at(pid: int) -> int | None:
    """When a process of this machine started, in clock ticks since the boot: it tells two of one number apart.

    -1 if it has ended and only waits to be asked how. None if the system does not tell, or if there is no such process.
    Source: Linux, proc(5), fields 3 and 22 of /proc/PID/stat.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return -1 if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def is_earlier_boot(machine: str, here: str) -> bool:
    """Whether a machine of the same host's name was surely this one before it was started again.

    Only outside of containers: there are many of one name, on many hosts, and their boots tell nothing.
    """
    boot, _, namespace = machine.partition(" ")
    boot_here, _, namespace_here = here.partition(" ")
    return boot != boot_here and namespace == namespace_here == _INITIAL_NAMESPACE


_INITIAL_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO of Linux, the same at every boot
