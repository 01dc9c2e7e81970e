# The public names for type checkers and editors; `__init__.py` imports them when they are used.

from autoviz_render.spool.errors import (
    LaterVersionError,
    NoSamplesError,
    NoSpoolError,
    SpoolError,
    UnreadableError,
)
from autoviz_render.spool.interchange.samples import Samples
from autoviz_render.spool.publisher import Publisher
from autoviz_render.spool.retention import Retention
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool

__all__ = [
    "LaterVersionError",
    "NoSamplesError",
    "NoSpoolError",
    "Publisher",
    "Retention",
    "Samples",
    "Snapshot",
    "SnapshotRef",
    "Spool",
    "SpoolError",
    "UnreadableError",
]
