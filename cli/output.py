"""What the command says: exit codes, files on standard output, errors in one line.

Whatever is printed may have been named by a stranger, so everything leaves through `tell` or the log, both of which
escape it for where it goes.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autoviz_render.renderer.work.jobs import error_line
from autoviz_render.spool.errors import AutovizError
from autoviz_render.spool.text import OneLine, printable

log = logging.getLogger("autoviz_render.cli")

DONE, INCOMPLETE, USAGE, NOTHING = 0, 1, 2, 3
NO_PREVIEW = "--preview: standard output is no terminal that can show a figure"


class OutputClosedError(AutovizError, RuntimeError):
    """Nobody reads standard output any more, or it cannot be written: no fault of the run at hand, so no OSError."""


def log_to_stderr(*, quiet: bool, debug: bool) -> None:
    """Have the package's log written to standard error, a line each; with tracebacks if `debug` is set."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(message)s") if debug else OneLine("autoviz-render: %(message)s", tracebacks=False))
    package = logging.getLogger("autoviz_render")
    package.handlers[:] = [handler]
    package.setLevel(logging.DEBUG if debug else logging.ERROR if quiet else logging.INFO)


def print_files(files: Iterable[Path], *, as_json: bool, **facts: Any) -> None:
    """Name the files that were made, on standard output.

    As JSON, an object each, with other facts if there are any.

    A path is escaped if a person reads it at a terminal; another program gets it as it is.

    Raises:
        OutputClosedError: Nobody reads them.
    """
    for path in files:
        if as_json:
            print_json({"file": str(path)} | facts)
        else:
            tell(printable(str(path)) if sys.stdout.isatty() else str(path))


def print_json(value: dict[str, Any]) -> None:
    """Print a value as JSON, in one line of ASCII. Raises OutputClosedError."""
    tell(json.dumps(value, allow_nan=False))


def tell(line: str) -> None:
    """Print a line on standard output. Raises OutputClosedError."""
    try:
        sys.stdout.write(f"{line}\n")  # at once: another thread may print, too
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # the latter on Windows
            log.error("standard output cannot be written: %s", error.strerror)
        raise OutputClosedError from error


def close_output() -> None:
    """See that the end of the program does not try to write what nobody reads."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def report(error: Exception, code: int) -> int:
    """Log an error in one line; the exit code."""
    log.error("%s", error_line(error), exc_info=error)
    return code
