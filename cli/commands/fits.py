"""`--fits`: arrays and panels for programs that read FITS."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from autoviz_render.cli.arguments.options import Options
from autoviz_render.cli.commands.exports import Files, export
from autoviz_render.renderer.fits.file import fits_of_arrays, fits_of_figure
from autoviz_render.renderer.plot.formats import SOFTWARE
from autoviz_render.renderer.settings import FIRST_STEM
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.system.safe_read import open_plain

_HEAD = 2880  # bytes: the first block of a header
_SIMPLE = b"SIMPLE  ="


def write_fits(options: Options) -> int:
    """Write a file of each chosen snapshot: its arrays, or what the figures show that were asked for; the exit code.

    Raises:
        PathError, NoSpoolError, OSError, OutputClosedError, MissingPackageError: As `export` raises them.
        FigureError, SettingsError: As `Options.render_settings` raises them.
    """
    settings = options.render_settings()
    is_of_figures = settings.figures is not None or settings.panel is not None

    def files(snapshot: Snapshot, ref: SnapshotRef) -> Files:
        if not is_of_figures:
            return {f"{FIRST_STEM}.fits": fits_of_arrays(snapshot, ref.path)}
        named = settings.named(snapshot.figures or ("auto",))
        if settings.panel is None:  # `fit.fits` has the arrays
            named = [(figure, settings.stem(figure)) for figure, _ in named]
        return {f"{stem}.fits": fits_of_figure(snapshot, figure, settings, ref.path) for figure, stem in named}

    return export(options, files, is_ours)


def is_ours(path: Path) -> bool:
    """Whether a file is not there, or says that we wrote it."""
    if not os.path.lexists(path):
        return True
    with contextlib.suppress(OSError, SpoolError), open_plain(path, 1 << 62) as file:
        head = file.read(_HEAD)
        return head.startswith(_SIMPLE) and f"= '{SOFTWARE} ".encode() in head
    return False
