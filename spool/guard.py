"""The promise towards the sampler, in one place: what goes wrong is said once a cause, and never raised."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import in_one_line, place_of

_NAMES_A_KIND = 5
_LONGEST = 100


def shown(value: object) -> str:
    """A value for a message: one short line, also of what cannot be printed; of an array its shape."""
    try:
        if hasattr(value, "dtype") and isinstance(shape := getattr(value, "shape", None), tuple):
            return f"an array of shape {shape}"
        if callable(value) and hasattr(value, "__qualname__"):
            return str(value.__qualname__).rpartition("<locals>.")[2]
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001  the user's own `__repr__`
        return f"<a {type(value).__name__} that cannot be printed>"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def wrong(argument: str, value: object, expected: str) -> str:
    """The message about an argument that can never work: its name, what came, and what was expected."""
    return f"{argument} is {shown(value)} ({type(value).__name__}); {expected}"


class Guard:
    """Reports what is raised within it instead of raising it: `with guard("publishing"): ...`

    Interrupts pass: they are the user's.

    Args:
        log: Where a cause is reported, as a warning of one line; its traceback follows at the level DEBUG, unless the
            operating system or an argument is the cause.
        where: What the warning begins with: the run or its spool.
    """

    def __init__(self, log: logging.Logger, where: object) -> None:
        self._log = log
        self._where = where
        self._said: dict[tuple[object, ...], set[str]] = {}

    def __call__(self, what: str, *, of: object = None) -> Guarded:
        """Guards a block.

        Args:
            what: Names the block in the warning.
            of: The user's name of what the block is about, if it has one.
        """
        return Guarded(self, what, of)

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
        told = _told(error)
        stop = "" if told.endswith(("?", "!", ".")) else "."
        self._warn("%s: %s failed: %s%s The run goes on; this is said once.", f"{what}{name}", told, stop)
        if not isinstance(error, (OSError, AutovizError)):
            with contextlib.suppress(Exception):
                self._log.debug("%s: %s failed", self._where, what, exc_info=error)

    def _warn(self, message: str, *arguments: object) -> None:
        with contextlib.suppress(Exception):  # a handler of the user's: reporting a fault must not be one
            self._log.warning(message, self._where, *arguments)


class Guarded:
    """One block under a guard; `failed` says afterwards whether something was raised in it."""

    __slots__ = ("_guard", "_of", "_what", "failed")

    def __init__(self, guard: Guard, what: str, of: object) -> None:
        self._guard, self._what, self._of = guard, what, of
        self.failed = False

    def __enter__(self) -> Guarded:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self.failed = True
        self._guard.warn(self._what, error, of=self._of)
        return True


class WarnOnce:
    """Logs each message as a warning once, whatever its arguments."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: set[str] = set()

    def __call__(self, message: str, *arguments: object) -> None:
        if message not in self._said:
            self._said.add(message)
            self._log.warning(message, *arguments)


MakesBlocks = Callable[..., contextlib.AbstractContextManager[object]]
"""A `Guard`, or `unguarded`."""


def unguarded(what: str, *, of: object = None) -> contextlib.AbstractContextManager[object]:
    """In place of a guard if the caller wants the error: the block may raise."""
    del what, of
    return contextlib.nullcontext()


def _told(error: Exception) -> str:
    """The words of an error of ours, or of the system's; of another its kind too, and where it was raised."""
    is_ours = isinstance(error, (OSError, AutovizError))
    try:
        str(error)
    except Exception:  # noqa: BLE001  the user's own `__str__`, or that of a key in a KeyError
        return f"{type(error).__name__}, which cannot be printed"
    told, place = in_one_line(error, kind=not is_ours), "" if is_ours else place_of(error)
    return f"{told} ({place})" if place else told
