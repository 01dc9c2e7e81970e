"""SIGINT and SIGTERM while a search runs: noted, so that the search can stop at a point from which it can go on."""

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

    Only the main thread can have signals: in another one nothing is noted, and nothing changes.

    Attributes:
        received: The signal; None before one.
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
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        self.__exit__()
