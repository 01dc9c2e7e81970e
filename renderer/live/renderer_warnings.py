"""What a person is told of a renderer that fails: the fault, why, where to read on, and how to draw the run after all.

The disk of the run may hang. Whoever asks it something here waits for some seconds at most.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import IO, TypeVar

from autoviz_render.renderer.heartbeat import Heartbeat, read_heartbeat, write_heartbeat
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.paths import SpoolPaths
from autoviz_render.spool.system.safe_read import open_plain
from autoviz_render.spool.text import printable

log = logging.getLogger("autoviz_render.renderer")

_DISK_ANSWERS_WITHIN = 5.0  # seconds
_LOG_END = 4096  # bytes of a log's end, in which its last line is looked for

T = TypeVar("T")


def from_disk(read: Callable[[], T], otherwise: T) -> T:
    """What a function reads from the run's disk; `otherwise` if the disk fails or does not answer."""
    answer = [otherwise]

    def ask() -> None:
        with contextlib.suppress(OSError, SpoolError):
            answer[0] = read()

    thread = threading.Thread(target=ask, name="autoviz-render asks the disk", daemon=True)
    thread.start()
    thread.join(_DISK_ANSWERS_WITHIN)
    return answer[0]


class RendererWarnings:
    """Warns of what is wrong with the renderer of a run.

    Args:
        paths: Of the run's spool.

    Attributes:
        paths: The same, which may change until the spool is open.
    """

    def __init__(self, paths: SpoolPaths) -> None:
        self.paths = paths
        self._output: IO[bytes] | None = None
        self._has_reported = False

    def new_output(self) -> IO[bytes] | None:
        """A file for what the next child writes before it knows its spool; None if there is no room for one.

        It is not in the directory of the run, whose disk may hang.
        """
        if self._output is not None:
            self._output.close()
        try:
            self._output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  read when the child has ended
            weakref.finalize(self, self._output.close)
        except OSError:
            self._output = None
        return self._output

    def warn(self, fault: str, *, is_whole: bool = False) -> str:
        """Warn of a fault.

        Args:
            fault: What the renderer does, or did.
            is_whole: Whether that says why. If not, the last words of the child are added.

        Returns:
            The fault, and why.
        """
        last = "" if is_whole else from_disk(self._last_words, "")
        told = printable(f"the renderer {fault}: {last}" if last else f"the renderer {fault}")  # a stranger's, in part
        log.warning(
            "%s. %sTo draw the run: autoviz-render %s",
            told,
            f"See {self.paths.log}. " if from_disk(self.paths.log.exists, False) else "",
            self.paths.run_dir,
        )
        return told

    def report(self, error: str | None) -> None:
        """Warn, once, of what the renderer could not draw: it goes on with the rest."""
        if error is not None and not self._has_reported:
            self._has_reported = True
            self.warn(f"reports: {error}", is_whole=True)

    def leave_note(self, told: str) -> None:
        """Say in `renderer.json` why there are no figures, unless another renderer is at work."""

        def write() -> None:
            beat = read_heartbeat(self.paths.heartbeat) or Heartbeat()
            if not beat.is_fresh():
                write_heartbeat(self.paths.heartbeat, replace(beat, activity="stopped", last_error=told), 0.0)

        from_disk(write, None)

    def _last_words(self) -> str:
        """The last line that a child wrote: to its output, if it died at once, or to the run's log."""
        if self._output is not None and (line := _last_line(self._output)):
            return line
        with open_plain(self.paths.log, 1 << 62) as file:
            return _last_line(file)


def _last_line(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_END))
    lines = file.read(_LOG_END).decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
