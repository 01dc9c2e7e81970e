"""The promise towards the sampler, in one place: what goes wrong is said once a cause, and never raised."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

_NAMES_A_KIND = 5
_LONGEST = 100


def shown(value: object) -> str:
    """A value for a message: one short line, also of what cannot be printed."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001  the user's own `__repr__`
        return f"<a {type(value).__name__} that cannot be printed>"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def wrong(argument: str, value: object, expected: str) -> str:
    """The message about an argument that can never work: its name, what came, and what was expected."""
    return f"{argument} is {shown(value)} ({type(value).__name__}); {expected}"


class Attempts:
    """Calls that report what they raise instead of raising it.

    log: where a cause is reported, as a warning; with its traceback, unless the operating system is the cause.
    where: what the warning begins with: the run or its spool.
    Interrupts pass: they are the user's.
    """

    def __init__(self, log: logging.Logger, where: object) -> None:
        self._log = log
        self._where = where
        self._said: dict[tuple[object, ...], set[str]] = {}

    def __call__(self, what: str, call: Callable[..., object], *arguments: Any, of: object = None) -> bool:
        """Call with the arguments; whether all went well.

        what: names the call in the warning. of: the user's name of what it is called for, if it has one.
        """
        try:
            call(*arguments)
        except Exception as error:  # noqa: BLE001  the promise: nothing is ever raised into the sampler
            self.warn(what, error, of=of)
            return False
        return True

    def warn(self, what: str, error: Exception, *, of: object = None) -> None:
        """Report an error, unless one of the same call and kind was reported before, of the same name.

        A kind is reported of a few names only: they may be other ones at every quick update.
        """
        names = self._said.setdefault((what, type(error), getattr(error, "errno", None)), set())
        name = "" if of is None else f" {shown(of)}"
        if name in names or len(names) > _NAMES_A_KIND:
            return
        names.add(name)
        if len(names) > _NAMES_A_KIND:
            self._warn("%s: %s failed in the same way for more names, which are not told", what)
            return
        trace = None if isinstance(error, OSError) else error
        told = f"{what}{name}", _told(error)
        self._warn("%s: %s failed: %s. The run goes on; this is said once.", *told, trace=trace)

    def _warn(self, message: str, *arguments: object, trace: Exception | None = None) -> None:
        with contextlib.suppress(Exception):  # a handler of the user's: reporting a fault must not be one
            self._log.warning(message, self._where, *arguments, exc_info=trace)


def _told(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  the user's own `__str__`, or that of a key in a KeyError
        return f"{type(error).__name__}, which cannot be printed"
