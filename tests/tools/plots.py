"""Figures that misbehave, to be named as `plots:NAME`."""

from __future__ import annotations

import contextlib
import locale
import multiprocessing
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import NoReturn

import matplotlib
import numpy as np

from autoviz_render.figures.panels import TextPanel
from autoviz_render.spool.arrays import Floats
from autoviz_render.spool.snapshot import Snapshot

_leak: list[Floats] = []


def plain(snapshot: Snapshot) -> list[TextPanel]:
    return [TextPanel("Plain", f"iteration {snapshot.iteration}")]


def says_which_process(snapshot: Snapshot) -> list[TextPanel]:
    """Prints, as plug-ins do, and tells who drew it."""
    print("a word on standard output")
    Path(os.environ["PLOTS_FOLDER"], f"{snapshot.iteration}").write_text(str(os.getpid()))
    return plain(snapshot)


def hangs_at_the_second(snapshot: Snapshot) -> list[TextPanel]:
    if snapshot.sequence == 1:
        signal.pause()
    return plain(snapshot)


def always_hangs(snapshot: Snapshot) -> NoReturn:
    while True:
        pass


def dies(snapshot: Snapshot) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leaks(snapshot: Snapshot) -> list[TextPanel]:
    _leak.append(np.ones(20_000_000))
    return says_which_process(snapshot)


def waits_for_a_file(snapshot: Snapshot) -> list[TextPanel]:
    """A slow figure, until the test lets it go."""
    gate = Path(os.environ["PLOTS_FOLDER"], "gate")
    while not gate.exists():
        os.sched_yield()
    return plain(snapshot)


def never_lets_go(snapshot: Snapshot) -> object:
    Path(os.environ["PLOTS_FOLDER"]).joinpath("begun").touch()
    return re.match(r"(a+)+$", "a" * 60 + "b")


def _note(name: str, value: object) -> None:
    """Leave a mark whole, or not at all."""
    folder = Path(os.environ["PLOTS_FOLDER"])
    draft = folder / f".{name}.{os.getpid()}"
    draft.write_text(str(value))
    draft.rename(folder / name)


def _stays(name: str) -> NoReturn:
    """A process that nothing but SIGKILL ends."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    _note(name, os.getpid())
    while True:
        signal.pause()


def forks(snapshot: Snapshot) -> list[TextPanel]:
    if os.fork() == 0:
        _stays("left")
    return plain(snapshot)


def forks_away(snapshot: Snapshot) -> list[TextPanel]:
    """As a daemon does: out of the group, and the session."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            _stays("left")
        os._exit(0)
    return plain(snapshot)


def starts_a_program(snapshot: Snapshot) -> list[TextPanel]:
    _note("left", subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL).pid)
    return plain(snapshot)


def starts_a_session(snapshot: Snapshot) -> list[TextPanel]:
    _note("left", subprocess.Popen(["sleep", "1000"], start_new_session=True).pid)
    return plain(snapshot)


def starts_by_multiprocessing(snapshot: Snapshot) -> list[TextPanel]:
    multiprocessing.get_context("fork").Process(target=_stays, args=("left",)).start()
    return plain(snapshot)


def forks_and_dies(snapshot: Snapshot) -> None:
    forks(snapshot)
    while not Path(os.environ["PLOTS_FOLDER"], "left").exists():
        os.sched_yield()
    os._exit(0)


def forks_and_comes_back_twice(snapshot: Snapshot) -> list[TextPanel]:
    os.fork()
    return plain(snapshot)


def leaves(snapshot: Snapshot) -> None:
    os._exit(0)


def aborts(snapshot: Snapshot) -> None:
    os.abort()


def raises_what_is_no_exception(snapshot: Snapshot) -> None:
    raise KeyboardInterrupt


def writes_everywhere(snapshot: Snapshot) -> list[TextPanel]:
    for descriptor in range(1, 200):
        with contextlib.suppress(OSError):
            os.set_blocking(descriptor, False)
            os.write(descriptor, b'junk\n{"status": "drawn"}\n')
    return plain(snapshot)


def closes_low(snapshot: Snapshot) -> list[TextPanel]:
    os.closerange(0, 100)
    return plain(snapshot)


def closes_all(snapshot: Snapshot) -> list[TextPanel]:
    os.closerange(0, 4096)
    return plain(snapshot)


def changes_everything(snapshot: Snapshot) -> list[TextPanel]:
    """Whatever a process has one of."""
    os.chdir("/")
    os.umask(0o777)
    os.environ["PLOTS_CHANGED"] = "1"
    warnings.simplefilter("error")
    sys.stdout.close()
    sys.stdin.close()
    sys.stderr = None
    sys.setrecursionlimit(150)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(7))
    signal.setitimer(signal.ITIMER_REAL, 60.0)
    matplotlib.rcParams["savefig.dpi"] = 3
    matplotlib.rcParams["font.size"] = 40
    random.seed(snapshot.iteration)
    np.random.seed(snapshot.iteration)  # noqa: NPY002
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    threading.Thread(target=threading.Event().wait).start()
    return plain(snapshot)


def tells_its_memory(snapshot: Snapshot) -> list[TextPanel]:
    _note("memory", resource.getrlimit(resource.RLIMIT_AS)[0])
    return plain(snapshot)


def tells_what_it_finds(snapshot: Snapshot) -> list[TextPanel]:
    """What the figure before may have changed, but for the time of day."""
    os.umask(mask := os.umask(0))
    print("a word")
    warnings.warn("a warning is no error", stacklevel=1)
    found = [
        os.getcwd(),
        mask,
        sorted(os.environ),
        sys.getrecursionlimit(),
        locale.setlocale(locale.LC_ALL),
        signal.getsignal(signal.SIGTERM),
        signal.getsignal(signal.SIGALRM),
        signal.getitimer(signal.ITIMER_REAL),
        matplotlib.rcParams["font.size"],
        sys.stdin.read(),
    ]
    _note(f"found-{snapshot.sequence}", [os.getpid(), *found])
    return plain(snapshot)


fit = plain
