"""Rendering again: the figures of any snapshots, after the run or beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoviz_render.renderer.plot.formats import Format
from autoviz_render.renderer.work.jobs import LIVE_DPI, Figure, Job, refuse_links, stems
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool

Which = Literal["newest", "best", "all"] | int


@dataclass(frozen=True)
class ReplaySettings:
    """What to draw again, and how.

    which: "newest", "best" (highest log likelihood), "all", or the sequence number of one quick update.
    since: with "all", only what was published from then on, in seconds since 1970 (UTC).
    abandoned: with "all", those too of what a resumed run did over; one that is asked for by number is drawn anyhow.
    figures: None draws the ones that the spool names. formats, dpi, theme: see `Job`.
    """

    which: Which = "newest"
    since: float | None = None
    abandoned: bool = False
    figures: Sequence[Figure] | None = None
    formats: Sequence[Format] = ("png",)
    dpi: int = LIVE_DPI
    theme: Literal["light", "dark"] = "light"


def jobs(spool: Spool, settings: ReplaySettings, out: Path | None) -> Iterator[list[Job]]:
    """The jobs of each chosen snapshot, in the order of publishing.

    out: the folder; None is the run's `image/`, and `image/frames/` for all of them. The newest is drawn as
        `fit.png`, any other with its own name in the file's: `fit-e0000-000000000012.png`.
    For the newest there are, behind, those of the ones before it, in case it cannot be read.
    Raises NoSpoolError where there is no spool, or not the snapshot that was asked for; LinkError if the run's own
    folder for figures is a link; SpoolError.
    """
    figures = stems(settings.figures or [Figure(name) for name in spool.info().figures])
    folder = out or (spool.paths.images / "frames" if settings.which == "all" else spool.paths.images)
    refuse_links(spool.paths, folder)
    for ref in chosen(spool, settings):
        suffix = "" if settings.which == "newest" else f"-{ref.path.stem}"
        how = (settings.formats, settings.dpi, settings.theme)
        yield [
            Job(spool.paths.directory, ref.path.name, figure, folder / f"{stem}{suffix}", *how)
            for figure, stem in figures
        ]


def chosen(spool: Spool, settings: ReplaySettings) -> list[SnapshotRef]:
    """The snapshots that the settings choose; the newest before those that stand in for it."""
    which = settings.which
    if which == "newest":
        return spool.snapshots()[::-1]
    if which == "best":
        return [best] if (best := spool.best()) is not None else []
    if which == "all":
        refs = spool.snapshots(abandoned=settings.abandoned)
        if settings.since is None:
            return refs
        times = {(line.epoch, line.sequence): line.time for line in spool.scalars(abandoned=True)}
        return [ref for ref in refs if times.get((ref.epoch, ref.sequence), settings.since) >= settings.since]
    refs = [ref for ref in spool.snapshots(abandoned=True) if ref.sequence == which]
    if not refs:
        raise NoSpoolError(spool.paths.snapshots, f"holds no step {which}; {_range(spool)}")
    return refs


def _range(spool: Spool) -> str:
    refs = spool.snapshots()
    return f"there are {len(refs)}, from {refs[0].sequence} to {refs[-1].sequence}" if refs else "there are none"
