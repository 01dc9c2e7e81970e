"""Where the searches meet that can share a renderer."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import socket
import struct
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from autoviz_render.figures.registry import GROUP
from autoviz_render.spool.system.process_alive import machine

SHARE = "AUTOVIZ_SHARE"
"""The environment variable that, if it is 0, gives a search a renderer of its own."""

_LONGEST_QUEUE = 4096  # searches that connect before the renderer answers: the system has its own bound
_SEEN_BY_FIGURES = re.compile(
    r"AUTOVIZ_(?!RENDER|SHARE)|PYTHON(?!WARNINGS)|MPL|MATPLOTLIB|LD_|LC_|LANG|TZ$|HOME$|XDG_CONFIG|SOURCE_DATE_EPOCH$"
)
_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID", "FLUX_JOB_ID")
_LOGIN = re.compile(r"(session|vte-spawn|tmux-spawn)-[^/]*\.scope$")  # a terminal each, none of which bounds anything
_TASK = re.compile(r"(/job_\d+)/.*$")  # SLURM's steps and tasks
_CREDENTIALS = struct.Struct("3i")  # process, user, group; source: Linux, unix(7)


def address() -> str | None:
    """The address of the renderer that this process may share with others; None if it shares none."""
    if sys.platform != "linux" or os.environ.get(SHARE, "").lower() in ("0", "no", "off", "false"):
        return None
    try:
        facts = [_process(), _package(), _figures(), _job(), _environment()]
    except OSError:  # no /proc
        return None
    digest = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:32]
    return f"\0autoviz-render {os.geteuid()} {digest}"


def connect(where: str) -> socket.socket | None:
    """A connection to the renderer at an address, at once; None if there is none, or it is not this user's."""
    end = socket.socket(socket.AF_UNIX)
    end.setblocking(False)
    try:
        end.connect(where)
        if is_this_users(end):
            return end
    except OSError:  # nobody listens, or too many ask at once
        pass
    end.close()
    return None


def claim(where: str) -> socket.socket | None:
    """The listening socket of an address, which only one process can have; None if another one has it."""
    end = socket.socket(socket.AF_UNIX)
    try:
        end.bind(where)
        end.listen(_LONGEST_QUEUE)
    except OSError:
        end.close()
        return None
    return end


def peer(end: socket.socket) -> tuple[int, int]:
    """The process and the user at the other end of a connection. Raises OSError if the system does not tell."""
    told = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(told)
    return pid, user


def is_this_users(end: socket.socket) -> bool:
    """Whether a process of this user is at the other end: anybody may take an address, or connect to it."""
    with contextlib.suppress(OSError):
        return peer(end)[1] == os.geteuid()
    return False


def _process() -> list[object]:
    """What a process may read and write, and what its numbers and paths mean."""
    root = os.stat("/")
    status = Path("/proc/self/status").read_text()
    umask = re.search(r"^Umask:\s*(\d+)", status, re.MULTILINE)
    identity = [os.geteuid(), os.getegid(), sorted(os.getgroups()), umask and umask[1]]
    return [*identity, machine(), os.readlink("/proc/self/ns/mnt"), root.st_dev, root.st_ino]


def _package() -> list[object]:
    """Which code draws."""
    with contextlib.suppress(PackageNotFoundError):  # a source tree
        return [sys.executable, sys.prefix, __file__, version("autoviz-render")]
    return [sys.executable, sys.prefix, __file__]


def _figures() -> list[object]:
    """The figures of other packages, and when their files were changed: a search that starts draws with what there is.

    Nothing is imported.
    """
    return [[name, value, _changed(value)] for name, value in _other_figures()]


@lru_cache(maxsize=1)
def _other_figures() -> list[tuple[str, str]]:
    return sorted({(point.name, point.value) for point in entry_points(group=GROUP)})


def _changed(target: str) -> int | None:
    """When the file of a figure's module was changed, in nanoseconds; None if it is not found."""
    top, *below = target.partition(":")[0].split(".")
    with contextlib.suppress(ImportError, ValueError, OSError, AttributeError):
        spec = importlib.util.find_spec(top)
        origin = Path((spec and spec.origin) or "")
        module = origin.parent.joinpath(*below).with_suffix(".py") if below else origin
        return os.stat(module if module.exists() else origin).st_mtime_ns
    return None


def _job() -> list[object]:
    """What bounds a process and ends it with others: a batch job, a container, a service."""
    groups = [line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines()]
    return [[os.environ.get(name) for name in _JOBS], [_TASK.sub(r"\1", _LOGIN.sub("", each)) for each in groups]]


def _environment() -> list[object]:
    return [each for each in sorted(os.environ.items()) if _SEEN_BY_FIGURES.match(each[0])]
