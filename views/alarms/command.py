"""A command of the user's that is run for each new alarm; whatever it does, the drawing goes on.

It is what a person typed, split once; nothing of a spool is part of it. The facts are in its environment, where no
shell looks at them: in one printable line each, of a bounded length, and none but a number begins with a dash.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence

from autoviz_render.renderer.work.child_process import how_it_ended
from autoviz_render.spool.guard import WarnOnce
from autoviz_render.spool.text import printable
from autoviz_render.views.alarms.teller import AlarmNews

log = logging.getLogger("autoviz_render.views")

PREFIX = "AUTOVIZ_ALARM_"
LONGEST_RUN = 60.0
"""Seconds that a command may take."""

_MOST_WAITING = 100
_LAST_MOMENTS = 5.0  # seconds for those that wait at the end
_LONGEST = 1000  # characters of a value
_SHOWN = 300  # characters of what a command that failed wrote


class AlarmCommand:
    """Runs one command after the other in a thread of its own.

    Args:
        command: The program and its arguments.
        longest: Seconds that one may take.
        last_moments: Seconds for those that still wait when it is closed.
    """

    def __init__(
        self, command: Sequence[str], *, longest: float = LONGEST_RUN, last_moments: float = _LAST_MOMENTS
    ) -> None:
        self._command, self._longest, self._last_moments = list(command), longest, last_moments
        self._waiting: queue.Queue[dict[str, str] | None] = queue.Queue(_MOST_WAITING)
        self._warn = WarnOnce(log)
        self._deadline: float | None = None
        self._thread = threading.Thread(target=self._run, name="autoviz-render on-alarm", daemon=True)

    def start(self) -> None:
        """Begin to run them."""
        self._thread.start()

    def close(self) -> None:
        """Run those that wait, for a moment at most; what runs then is ended."""
        self._deadline = time.monotonic() + self._last_moments
        with contextlib.suppress(queue.Full):  # the deadline ends it, too
            self._waiting.put_nowait(None)
        if self._thread.is_alive():
            self._thread.join(self._last_moments + 1.0)

    def __call__(self, news: AlarmNews) -> None:
        """Run it for an alarm that was raised since the watch began; returns at once."""
        if news.is_over or not news.is_new:
            return
        try:
            self._waiting.put_nowait(facts_of(news))
        except queue.Full:
            self._warn("--on-alarm: more alarms than the command keeps up with; it is not run for some")

    def _run(self) -> None:
        while (facts := self._waiting.get()) is not None:
            if self._left() <= 0:
                return
            try:
                self._run_one(facts)
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) and error.strerror else error
                self._warn(f"--on-alarm: {printable(self._command[0], 200)} cannot be run: {why}")

    def _left(self) -> float:
        """Seconds that the next one may take."""
        return self._longest if self._deadline is None else min(self._longest, self._deadline - time.monotonic())

    def _run_one(self, facts: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with tempfile.TemporaryFile() as told:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
                env=kept | facts,
                start_new_session=True,
            )
            code = self._ended(process)
            told.seek(0)
            words = printable(told.read(4 * _SHOWN).decode(errors="replace").strip(), _SHOWN)
        if code:
            said = f" ({words})" if words else ""
            self._warn(f"--on-alarm: {printable(self._command[0], 200)} ended {how_it_ended(code)}{said}")

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for its end, and end it if it takes too long; its exit code, 0 if it was ended."""
        began = time.monotonic()
        while time.monotonic() - began < self._longest and self._left() > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(max(0.01, min(0.2, self._left())))
        self._warn(f"--on-alarm: {printable(self._command[0], 200)} takes too long and is ended")
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        return 0


def facts_of(news: AlarmNews) -> dict[str, str]:
    """An alarm as environment variables; a number that is not known is empty."""
    alarm, run = news.alarm, news.run
    texts = {
        "RULE": alarm.rule,
        "MESSAGE": alarm.sentence,
        "FIGURE": alarm.figure,
        "PANEL": alarm.panel,
        "RUN": run.key if run.key != "." else run.run,
        "NAME": run.run,
        "STATE": run.state,
    }
    numbers = {"VALUE": alarm.value, "THRESHOLD": alarm.threshold, "STEP": alarm.step, "SINCE": alarm.since}
    facts = {name: _safe(text) for name, text in texts.items()}
    facts |= {name: "" if value is None else f"{value:.17g}" for name, value in numbers.items()}
    facts["SPOOL"] = str(run.spool.absolute())
    return {PREFIX + name: value for name, value in facts.items()}


def _safe(text: str) -> str:
    """A stranger's text in one printable line that no program takes for an option."""
    told = printable(text, _LONGEST).encode(errors="replace").decode()
    return f" {told}" if told.startswith("-") else told
