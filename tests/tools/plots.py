"""Figures that misbehave, to be named as `plots:NAME`."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import numpy as np

from autoviz_render.renderer.panels import TextPanel

_leak = []


def plain(snapshot):
    return [TextPanel("Plain", f"iteration {snapshot.iteration}")]


def says_which_process(snapshot):
    """Prints, as plug-ins do, and tells who drew it."""
    print("a word on standard output")
    Path(os.environ["PLOTS_FOLDER"], f"{snapshot.iteration}").write_text(str(os.getpid()))
    return plain(snapshot)


def hangs_at_the_second(snapshot):
    if snapshot.sequence == 1:
        signal.pause()
    return plain(snapshot)


def always_hangs(snapshot):
    while True:
        pass


def dies(snapshot):
    os.kill(os.getpid(), signal.SIGKILL)


def leaks(snapshot):
    _leak.append(np.ones(20_000_000))
    return says_which_process(snapshot)


def waits_for_a_file(snapshot):
    """A slow figure, until the test lets it go."""
    gate = Path(os.environ["PLOTS_FOLDER"], "gate")
    while not gate.exists():
        os.sched_yield()
    return plain(snapshot)


def never_lets_go(snapshot):
    Path(os.environ["PLOTS_FOLDER"]).joinpath("begun").touch()
    return re.match(r"(a+)+$", "a" * 60 + "b")


fit = plain
