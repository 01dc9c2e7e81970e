"""Rendering again: the figures of any snapshots, after the run or beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoviz_render.renderer.drawing import Format
from autoviz_render.renderer.figures import Recipe
from autoviz_render.renderer.render import LIVE_DPI, Rendered, SnapshotRenderer, find_recipes
from autoviz_render.spool.errors import NoSpoolError, SpoolError
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool

Which = Literal["newest", "best", "all"] | int


@dataclass(frozen=True)
class ReplaySettings:
    """What to draw again, and how.

    which: "newest", "best" (highest log likelihood), "all", or the sequence number of one quick update.
    abandoned: with "all", those too of what a resumed run did over; one that is asked for by number is drawn anyhow.
    recipes: figures by name; None draws the ones that the spool names. formats, dpi: see `SnapshotRenderer`.
    """

    which: Which = "newest"
    abandoned: bool = False
    recipes: Mapping[str, Recipe] | None = None
    formats: Sequence[Format] = ("png",)
    dpi: int = LIVE_DPI


def replay(
    spool: Spool, settings: ReplaySettings, out: Path | None, on_error: Callable[[str], None]
) -> Iterator[Rendered]:
    """Draw the chosen snapshots of a spool one by one, in the order of publishing.

    out: the folder; None is the run's `image/`, and `image/frames/` for all of them. The newest is drawn as
        `fit.png`, any other with its own name in the file's: `fit-e0000-000000000012.png`.
    on_error: told of each snapshot that could not be read; it is moved to `bad/`, and where the newest was
        asked for, the one before it is drawn.
    Raises NoSpoolError where there is no spool; SpoolError, FigureError and OSError as their names say.
    """
    info = spool.info()
    renderer = SnapshotRenderer(settings.recipes or find_recipes(info.figures), settings.formats, settings.dpi)
    folder = out or (spool.paths.images / "frames" if settings.which == "all" else spool.paths.images)
    for ref, snapshot in _chosen(spool, settings, on_error):
        suffix = "" if settings.which == "newest" else f"-{ref.path.stem}"
        yield renderer.render(snapshot, folder, suffix)


def _chosen(
    spool: Spool, settings: ReplaySettings, on_error: Callable[[str], None]
) -> Iterator[tuple[SnapshotRef, Snapshot]]:
    which = settings.which
    if which == "newest":
        for ref in reversed(spool.snapshots()):
            if (snapshot := _read(spool, ref, on_error)) is not None:
                yield ref, snapshot
                return
        return
    if which == "all":
        refs = spool.snapshots(abandoned=settings.abandoned)
    elif which == "best":
        refs = [best] if (best := spool.best()) is not None else []
    else:
        refs = [ref for ref in spool.snapshots(abandoned=True) if ref.sequence == which]
        if not refs:
            raise NoSpoolError(spool.paths.snapshots, f"holds no step {which}; {_range(spool)}")
    for ref in refs:
        if (snapshot := _read(spool, ref, on_error)) is not None:
            yield ref, snapshot


def _read(spool: Spool, ref: SnapshotRef, on_error: Callable[[str], None]) -> Snapshot | None:
    try:
        return spool.read(ref)
    except FileNotFoundError:
        return None  # retention removed it between the listing and the open: not a fault
    except SpoolError as error:
        on_error(spool.explain(ref, error))
    except OSError as error:
        on_error(f"{ref.path}: cannot be read: {error.strerror}")
    return None


def _range(spool: Spool) -> str:
    refs = spool.snapshots()
    return f"there are {len(refs)}, from {refs[0].sequence} to {refs[-1].sequence}" if refs else "there are none"
