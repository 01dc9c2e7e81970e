"""A frame that comes to harm: it kills its process, never ends, or takes memory (and keeps it) up to a limit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autoviz_render.spool.snapshot import Snapshot

FRAME_OF_HARM = 3
FOLDER, FAULT = "TRANSPORT_FOLDER", "TRANSPORT_FAULT"
LIMIT_BYTES = 400_000_000  # of memory beyond what the process has already


class Recipe:
    """The imaging figure, whose third frame of all comes to harm where a fault is named."""

    def __init__(self, folder: Path, fault: str) -> None:
        self.folder, self.fault, self.frames, self.number = folder, fault, 0, -1

    def __call__(self, snapshot: Snapshot) -> Any:
        from autoviz_render.figures.builtin.imaging import imaging

        self.frames, self.number = self.frames + 1, snapshot.iteration
        mark = _mark(self.folder)
        if self.fault and self.frames == FRAME_OF_HARM and not mark.exists():
            draft = mark.with_suffix(".new")
            draft.write_text(str(time.time()))
            draft.rename(mark)  # the search may look at any moment
            FAULTS[self.fault]()
        return imaging(snapshot)


def harmed(snapshot: Snapshot) -> Any:
    """The same as a figure by name, for the package's own processes: what it is told is in the environment."""
    if not _recipes:
        _recipes.append(Recipe(Path(os.environ[FOLDER]), os.environ[FAULT]))
    (_recipes[0].folder / "number").write_text(str(snapshot.iteration))
    return _recipes[0](snapshot)


def harmed_at(folder: Path) -> float | None:
    """Seconds since 1970 of the harm; None before it."""
    mark = _mark(folder)
    return float(mark.read_text()) if mark.exists() else None


def _mark(folder: Path) -> Path:
    return folder / "harm"


def _kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _loop_for_ever() -> None:
    while True:
        pass


def _take_all_memory() -> None:
    import resource

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + LIMIT_BYTES, resource.RLIM_INFINITY))
    while True:
        _leak.append(np.ones(1_000_000))


_recipes: list[Recipe] = []
_leak: list[np.ndarray] = []
FAULTS: dict[str, Callable[[], object]] = {
    "killed": _kill_itself,
    "never ends": _loop_for_ever,
    "out of memory": _take_all_memory,
}
