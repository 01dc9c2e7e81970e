"""What the command says: exit codes, files on standard output, errors in one line.

Whatever is printed may have been named by a stranger, so everything leaves through `tell` or the log, both of which
escape it for where it goes.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.text import printable

log = logging.getLogger("autoviz_render.cli")

DONE, INCOMPLETE, USAGE, NOTHING = 0, 1, 2, 3


class OutputClosedError(Exception):
    """Nobody reads standard output any more, or it cannot be written: no fault of the run at hand."""


def print_files(files: Iterable[Path], settings: argparse.Namespace) -> None:
    """Name the files that were made, on standard output. Raises OutputClosedError.

    A path is escaped if a person reads it at a terminal; another program gets it as it is.
    """
    for path in files:
        if settings.json:
            print_json({"file": str(path)})
        else:
            tell(printable(str(path)) if sys.stdout.isatty() else str(path))


def print_json(value: dict[str, Any]) -> None:
    """Print a value as JSON, in one line of ASCII. Raises OutputClosedError."""
    tell(json.dumps(value, allow_nan=False))


def tell(line: str) -> None:
    """Print a line on standard output. Raises OutputClosedError."""
    try:
        print(line, flush=True)
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # the latter on Windows
            log.error("standard output cannot be written: %s", error.strerror)
        raise OutputClosedError from error


def close_output() -> None:
    """See that the end of the program does not try to write what nobody reads."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def say(error: Exception) -> str:
    """Log an error in one line, and return it."""
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, SpoolError) and error.filename:
        message = f"{error.filename}: {error.strerror}"
    log.error("%s", message, exc_info=error)
    return message
