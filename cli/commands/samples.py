"""`--samples`: the posterior for programs that read samples."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.commands.exports import Files, export
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.interchange.csv_table import csv_bytes
from autoviz_render.spool.interchange.getdist_files import SIGNED, getdist_bytes
from autoviz_render.spool.interchange.published import samples_of
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.system.safe_read import open_plain

_STEM = "samples"
_HEAD = 1 << 20  # bytes: the lines of names and of labels


def write_samples(options: Options) -> int:
    """Write the samples of each chosen snapshot; the exit code.

    Raises:
        PathError, NoSpoolError, OSError, OutputClosedError: As `export` raises them.
    """
    return export(options, _files, is_ours)


def _files(snapshot: Snapshot, ref: SnapshotRef) -> Files:
    samples = samples_of(snapshot, ref.path)
    files = {".csv": csv_bytes(samples), **getdist_bytes(samples)}
    return {f"{_STEM}{suffix}": data for suffix, data in files.items()}


def is_ours(path: Path) -> bool:
    """Whether a file is not there, or is as we write it.

    A line that names us would keep readers from a table. So it is known by its shape, which is that of anesthetic's
    own; and GetDist's lists of names by the table beside them, which says who wrote it.
    """
    if not os.path.lexists(path):
        return True
    if path.suffix in (".paramnames", ".ranges"):
        return os.path.lexists(path.with_suffix(".txt")) and is_ours(path.with_suffix(".txt"))
    with contextlib.suppress(OSError, SpoolError), open_plain(path, 1 << 62) as file:
        first, _, rest = file.read(_HEAD).partition(b"\n")
        return first == SIGNED.encode() if path.suffix == ".txt" else first[:1] == b"," and rest[:7] == b"labels,"
    return False
