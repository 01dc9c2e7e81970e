"""What the command says: exit codes, files on standard output, errors in one line."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterable
from pathlib import Path

from autoviz_render.spool.errors import SpoolError

log = logging.getLogger("autoviz_render.cli")

DONE, INCOMPLETE, USAGE, NOTHING = 0, 1, 2, 3


def print_files(files: Iterable[Path], settings: argparse.Namespace) -> None:
    """Name the files that were made, on standard output."""
    for path in files:
        print(json.dumps({"file": str(path)}) if settings.json else path, flush=True)


def say(error: Exception) -> str:
    """Log an error in one line, and return it."""
    message = str(error)
    if isinstance(error, OSError) and not isinstance(error, SpoolError) and error.filename:
        message = f"{error.filename}: {error.strerror}"
    log.error("%s", message, exc_info=error)
    return message
