"""What is on disk: snapshots that appear whole or not at all, and the spool that holds them.

A *run directory* is any directory the user names. Its `spool/` holds what one sampler published:

    spool.json    who publishes, which figures, every start of the run, its end (`info`, `epochs`)
    writer.lock   held by the one process that writes                           (`lock`, `owner`)
    tmp/          being written; never read                                     (`atomic`)
    snapshots/    one immutable HDF5 file a quick update, named by its order    (`layout`, `encode`, `decode`, `seal`)
    static/       the arrays that never change, named by their digest           (`statics`)
    scalars.jsonl one line a quick update, also of snapshots that are gone      (`scalars`, `thinning`)
    bad/          why a file could not be read; the file itself stays           (`store`)

`Publisher` is the sampler's hand: it never waits and never raises; its thread has a `SpoolWriter`, which does both.
What is written is what readers take (`names`, `fitting`), within bounds (`retention`), on a full disk too (`room`).
What is left open is closed when the process ends (`at_exit`).
`Spool` is the reader's eye: a directory listing is the truth, and nothing is ordered by modification
time. `docs/format.md` specifies every byte. This package imports NumPy and h5py, nothing else.
"""

from __future__ import annotations

import importlib

_NAMES = {
    "errors": "LaterVersionError NoSpoolError SpoolError UnreadableError",
    "publisher": "Publisher",
    "retention": "Retention",
    "snapshot": "Snapshot SnapshotRef",
    "store": "Spool",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = list(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
