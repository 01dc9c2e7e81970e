"""Which snapshots of a run are drawn, after the run or beside it, and to which files."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Literal

from autoviz_render.renderer.heartbeat import read_heartbeat
from autoviz_render.renderer.settings import FigureSpec, RenderSettings, SettingsError
from autoviz_render.renderer.work.jobs import Job, path_of, refuse_links
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.guard import WarnOnce, wrong
from autoviz_render.spool.snapshot import SnapshotRef
from autoviz_render.spool.store import Spool

log = logging.getLogger("autoviz_render.renderer")

Which = Literal["newest", "best", "all"] | int


@dataclass(frozen=True)
class Selection:
    """Some of a run's snapshots.

    Attributes:
        which: "newest", "best" (the highest log likelihood), "all", or the sequence number of one quick update.
        since: With "all", only what was published from then on, in seconds since 1970 (UTC).
        abandoned: With "all", also what a resumed run did again. One that is asked for by number is drawn anyway.

    Raises:
        SettingsError: There is no such choice.
    """

    which: Which = "newest"
    since: float | None = None
    abandoned: bool = False

    def __post_init__(self) -> None:
        if self.which not in ("newest", "best", "all") and not isinstance(self.which, Integral):
            raise SettingsError(wrong("which", self.which, "choose newest, best, all, or the number of a quick update"))

    def of(self, spool: Spool) -> list[SnapshotRef]:
        """The snapshots that are chosen, in the order of publishing; the newest before those that stand in for it.

        Raises:
            NoSpoolError: The run has no snapshot of that number.
            SpoolError: The spool cannot be read.
        """
        if self.which == "newest":
            return spool.snapshots()[::-1]
        if self.which == "best":
            return [best] if (best := spool.best()) is not None else []
        if self.which == "all":
            return self._since(spool, spool.snapshots(abandoned=self.abandoned))
        refs = [ref for ref in spool.snapshots(abandoned=True) if ref.sequence == self.which]
        if not refs:
            raise NoSpoolError(spool.paths.snapshots, f"holds no step {self.which}; {_range(spool)}")
        return refs

    def _since(self, spool: Spool, refs: list[SnapshotRef]) -> list[SnapshotRef]:
        if self.since is None:
            return refs
        times = {line.key: line.time for line in spool.scalars(abandoned=True)}
        return [ref for ref in refs if times.get(ref.key, self.since) >= self.since]


def jobs(
    spool: Spool,
    selection: Selection,
    settings: RenderSettings,
    out: Path | None,
    is_ours: Callable[[SnapshotRef], bool] = lambda _: True,
) -> Iterator[list[Job]]:
    """The jobs of each chosen snapshot, in the order of publishing.

    After the newest come those of the snapshots before it, in case it cannot be read.

    Args:
        spool: The run.
        selection: Which of its snapshots.
        settings: What is drawn of each, and how.
        out: The folder for the figures; None is the run's `image/`, and `image/frames/` for all snapshots. The run's
            own first figure is `fit.png`, every other one is called as it is. A snapshot that is not the newest has its
            own name in the file's: `fit-e0000-000000000012.png`.
        is_ours: Whether this process is to draw a snapshot: another one may have its part.

    Raises:
        NoSpoolError: There is no spool, or not the snapshot that was asked for.
        LinkError: The run's own folder for figures is a link.
        SpoolError: The spool cannot be read.
    """
    figures = settings.named(spool.info().figures)
    warn = WarnOnce(log)
    folder = out or (spool.paths.images / "frames" if selection.which == "all" else spool.paths.images)
    refuse_links(spool.paths, folder)
    if out is None and selection.which == "newest":
        _warn_of_live(spool, [figure for figure, _ in figures], settings)
    for ref in filter(is_ours, selection.of(spool)):
        suffix = "" if selection.which == "newest" else f"-{ref.path.stem}"
        some = []
        for figure, stem in figures:
            path, told = path_of(folder, figure, stem, settings, suffix)
            if told:
                warn("%s", told)
            some.append(Job(spool.paths.directory, figure, path, ref.path.name, settings=settings))
        yield some


def _warn_of_live(spool: Spool, figures: Sequence[FigureSpec], settings: RenderSettings) -> None:
    """Say that a live figure will take the place of the one that is drawn now, if that is another picture."""
    looks_alike = replace(settings, figures=None, formats=("png",)) == RenderSettings()
    if looks_alike or "png" not in settings.formats or not set(figures) & {*map(FigureSpec, spool.info().figures)}:
        return
    beat = read_heartbeat(spool.paths.heartbeat)
    if beat is not None and beat.is_fresh():
        told = f"process {beat.pid} on {beat.host} draws this run live and will replace what you draw now"
        log.warning("%s: %s; --out DIR keeps it", spool.paths.images, told)


def why_nothing(spool: Spool, selection: Selection) -> str:
    """Why there is nothing to draw of a run, as the end of a sentence that starts with its spool. Raises SpoolError."""
    info, refs, kept = spool.info(), spool.snapshots(abandoned=True), spool.snapshots()
    if not refs:
        if not info.is_over():
            return "holds no snapshot yet"
        ended = "died" if info.state == "running" else info.state
        lines = len(spool.scalars(abandoned=True))
        numbers = f" but the numbers of {lines:,} quick updates: they had no arrays" if lines else ""
        return f"holds no snapshot{numbers}, and the run is over ({ended})"
    if selection.which == "all" and selection.since is not None and (kept or selection.abandoned):
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(selection.since))
        return f"holds no snapshot since {since}; {_range(spool)}"
    if not kept:
        return f"holds {len(refs):,} snapshots, all of what a resumed run did again: draw them by --all --abandoned"
    return "holds no snapshot any more: they were removed meanwhile"


def _range(spool: Spool) -> str:
    refs = spool.snapshots()
    return f"there are {len(refs)}, from {refs[0].sequence} to {refs[-1].sequence}" if refs else "there are none"
