"""Waiting for what another thread or process writes to the disk."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

logging.getLogger("watchdog").addHandler(logging.NullHandler())  # it says so when files change while it is stopped


@contextlib.contextmanager
def changes(folder: Path) -> Iterator[threading.Event]:
    """An event that is set when a file below the folder was made, written or renamed; for whoever waits to clear."""
    from watchdog.events import (
        FileCreatedEvent,
        FileModifiedEvent,
        FileMovedEvent,
        FileSystemEvent,
        FileSystemEventHandler,
    )
    from watchdog.observers import Observer

    changed = threading.Event()

    class Hint(FileSystemEventHandler):
        def dispatch(self, event: FileSystemEvent) -> None:  # noqa: ARG002  whatever it was, look again
            changed.set()

    observer = Observer()
    made_or_written = [FileCreatedEvent, FileModifiedEvent, FileMovedEvent]  # not opened: whoever waits does that
    observer.schedule(Hint(), str(folder), recursive=True, event_filter=made_or_written)
    observer.start()
    try:
        yield changed
    finally:
        observer.stop()
        observer.join()
