"""Text that a stranger wrote, made fit to be printed: on a terminal, in a log, in a line of its own.

A run's name, a host, an error's words may hold escape sequences that clear a screen, newlines that forge a line of a
log, and signs that turn the direction of what follows.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import logging
import os
import re
import traceback
from collections.abc import Callable
from typing import Any

_LIBRARY = re.compile(r"[\\/](site|dist)-packages[\\/]|[\\/][Ll]ib[\\/]python3|^<frozen ")
_LONGEST_LINE = 4000  # characters
_LONGEST_ERROR = 1000  # characters: an error may hold all that it failed at


def printable(text: str, most: int = _LONGEST_LINE) -> str:
    r"""The text in one line, with an escape (`\n`, `\x1b`, `\u202e`) for every character that is not to be seen.

    Args:
        text: Of any characters.
        most: Characters of the text; what is too much is left out of its middle.

    Source: `str.isprintable`, which follows the Unicode character database.
    """
    text = cut(text, most)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def cut(text: str, most: int) -> str:
    """A text of at most so many characters: what is too much is left out of its middle."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    tail = most - 1 - head
    return text[:head] + "…" + text[len(text) - tail :]


def in_one_line(error: BaseException, *, kind: bool = True) -> str:
    """An error's kind, unless it is not asked for, and its words, if it has any, as far as a person reads."""
    try:
        words = " ".join(cut(str(error), 4 * _LONGEST_ERROR).split())
        told = words if words and not kind else f"{type(error).__name__}: {words}" if words else type(error).__name__
        return cut(told, _LONGEST_ERROR)
    except (Exception, SystemExit):  # noqa: BLE001 - a stranger's class
        return cut(type(error).__name__, _LONGEST_ERROR)


def place_of(error: BaseException) -> str:
    """Where a user's code raised an error, as `file:line`; empty if none of the user's was at work.

    That is the innermost line that is in no installed library, or else the first that is not ours.
    """
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    others = [
        (frame.f_code.co_filename, line)
        for frame, line in frames
        if not str(frame.f_globals.get("__name__")).startswith("autoviz_render.")
    ]
    own = [each for each in others if not _LIBRARY.search(each[0])]
    if not others:
        return ""
    file, line = own[-1] if own else others[0]
    return printable(f"{nearby(file)}:{line}", 300)


def named_place(function: object) -> str:
    """A function's name and where it is defined, as `name (file:line)`; the name alone if that is not known."""
    while hasattr(function, "func") or hasattr(function, "__wrapped__"):  # partial, and what decorators leave
        function = getattr(function, "func", None) or function.__wrapped__  # type: ignore[attr-defined]
    if not hasattr(function, "__qualname__"):
        function = type(function).__call__
    name = str(getattr(function, "__qualname__", function)).rpartition("<locals>.")[2]
    code = getattr(function, "__code__", None)
    return printable(f"{name} ({nearby(code.co_filename)}:{code.co_firstlineno})" if code else name, 300)


def nearby(file: str) -> str:
    """A file as seen from the working directory, if it is below that."""
    with contextlib.suppress(OSError, ValueError):
        if not (short := os.path.relpath(file)).startswith(os.pardir):
            return short
    return file


def shown_safely(describe: Callable[[Any], str]) -> Callable[[Any], str]:
    """Makes a `__repr__` that never raises: debuggers, logs and notebooks call it in the middle of something else."""

    @functools.wraps(describe)
    def __repr__(self: object) -> str:  # noqa: N807
        try:
            return describe(self)
        except Exception:  # noqa: BLE001  whatever a user, or a stranger's file, has put in
            return f"<{type(self).__name__} that cannot be shown>"

    return __repr__


class OneLine(logging.Formatter):
    """Writes each record as one printable line.

    Args:
        fmt: As `logging.Formatter` has it.
        tracebacks: Whether the record's traceback follows, if it has one.
    """

    def __init__(self, fmt: str = "%(message)s", *, tracebacks: bool = True) -> None:
        super().__init__(fmt)
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        if not self._tracebacks:
            record = copy.copy(record)
            record.exc_info = record.exc_text = record.stack_info = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is logging's
        return printable(super().formatMessage(record).rstrip())

    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is logging's
        return "\n".join(map(printable, super().formatException(ei).split("\n")))
