"""What is on disk: snapshots that appear whole or not at all, and the spool that holds them.

A *run directory* is any directory the user names. Its `spool/` holds what one sampler published:

    spool.json    who publishes, which figures, every start of the run, its end (`info`, `epochs`)
    writer.lock   held by the one process that writes                           (`system.writer_lock`, `write.owner`)
    tmp/          being written; never read                                     (`system.atomic`)
    snapshots/    one immutable HDF5 file a quick update, named by its order    (`paths`, `snapshot`, `format`)
    static/       the arrays that never change, named by their digest           (`write.static_file`)
    packs/        many of both in few files, once the run is over               (`packs`)
    scalars.jsonl one line a quick update, also of snapshots that are gone      (`scalars`, `write.thinning`)
    bad/          why a file could not be read; the file itself stays           (`notes`)

`Publisher` is the sampler's side: it never waits and never raises. Its thread (`write.update_writer`) has a
`SpoolWriter`, which does both, within bounds (`retention`), on a full disk too (`write.disk_space`). `Spool` is the
reader's side: a directory listing is the truth, and nothing is ordered by modification time. Both report what went
wrong in one printable line (`guard`, `text`, `errors`). `weights` has the formulas for the weights of samples that the
search and the figures share. `interchange` is for the programs that people open next: `Spool.samples`. `docs/format.md`
specifies every byte. This package imports NumPy and h5py, nothing else, but for `interchange`, where it is asked to.
"""

from __future__ import annotations

import importlib

_NAMES = {
    "errors": "LaterVersionError NoSamplesError NoSpoolError SpoolError UnreadableError",
    "interchange.samples": "Samples",
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
