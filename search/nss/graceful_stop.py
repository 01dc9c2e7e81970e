"""SIGINT and SIGTERM while a search runs: noted, so that it can stop where it can go on from."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

EXIT_INTERRUPTED = 75  # EX_TEMPFAIL of sysexits.h: "the user is invited to retry"


class Interrupted(SystemExit):
    """The search was asked to stop, and did, in a state that it can be resumed from; ends the program with 75."""

    def __init__(self) -> None:
        super().__init__(EXIT_INTERRUPTED)


class GracefulStop:
    """Notes the first signal that asks to stop; a second one acts as it would without us. A context manager.

    Signals can be had in the main thread alone: elsewhere nothing is noted, and nothing changes.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> GracefulStop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.received = signal.Signals(number)
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
