"""The promise towards the sampler, in one place: what goes wrong is said once a cause, and never raised."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any


class Attempts:
    """Calls that report what they raise instead of raising it.

    log: where a cause is reported, as a warning; with its traceback, unless the operating system is the cause.
    where: what the warning begins with: the run or its spool.
    Interrupts pass: they are the user's.
    """

    def __init__(self, log: logging.Logger, where: object) -> None:
        self._log = log
        self._where = where
        self._said: set[tuple[object, ...]] = set()

    def __call__(self, what: str, call: Callable[..., object], *arguments: Any) -> bool:
        """Call with the arguments; whether all went well. what: names the call in the warning."""
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001  the promise: nothing is ever raised into the sampler
            self.warn(what, error)
            return False
        return True

    def warn(self, what: str, error: Exception) -> None:
        """Report an error, unless one of the same call and kind was reported before."""
        cause = (what, type(error), getattr(error, "errno", None))
        if cause not in self._said:
            self._said.add(cause)
            trace = None if isinstance(error, OSError) else error
            message = "%s: %s failed: %s. The run goes on; this is said once."
            with contextlib.suppress(Exception):  # a handler of the user's: reporting a fault must not be one
                self._log.warning(message, self._where, what, error, exc_info=trace)
