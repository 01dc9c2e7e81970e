"""A figure's file drawn again, from what it says of itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoviz_render.figures.registry import FigureError, figure_names
from autoviz_render.renderer.batch.runs import find_runs
from autoviz_render.renderer.plot.formats import FORMATS
from autoviz_render.renderer.provenance import COMPARED, Provenance, read_provenance
from autoviz_render.renderer.settings import FigureSpec, RenderSettings, SettingsError
from autoviz_render.renderer.work.judge import Judge
from autoviz_render.renderer.work.kept_figure import kept_figure, limiting_snapshot
from autoviz_render.spool.errors import AutovizError, NoSpoolError, SpoolError, UnreadableError
from autoviz_render.spool.snapshot import Snapshot, SnapshotRef
from autoviz_render.spool.store import Spool
from autoviz_render.spool.text import cut, printable

_LEVELS = 4  # folders above a figure in which its run is looked for: image/frames/ of a run's own, and one more


class ProvenanceError(AutovizError, ValueError):
    """What a figure's file says of itself is not enough to draw it again. The message is one line with the remedy."""


@dataclass(frozen=True)
class Redone:
    """A figure that was drawn again.

    Attributes:
        content: The bytes of the file.
        is_same: Whether the file has these bytes.
        why: Why not, as far as that is known, in a few words.
        errors: A line for each panel that shows its error instead.
    """

    content: bytes
    is_same: bool
    why: str = ""
    errors: tuple[str, ...] = ()


def redo(file: Path, place: Path | None = None, figure: str | FigureSpec | None = None) -> Redone:
    """Draw a figure's file again, in the same way, from the same snapshot.

    Args:
        file: A PNG, PDF, SVG or WebP that this package wrote.
        place: Where the run is: its directory, or one above it. None looks beside the file.
        figure: Draws it, if it was drawn by a function, which is not imported as a file says so.

    Raises:
        UnreadableError: The file does not say where it comes from.
        NoSpoolError: The run is not there, or does not keep the snapshot any more.
        ProvenanceError: The snapshot is another one, or the file was drawn by what is not here.
        FigureError, SettingsError, PathError, OSError: As elsewhere.
    """
    told = read_provenance(file)
    kind: Any = file.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise UnreadableError(file, f"has none of the suffixes {', '.join(FORMATS)}")
    settings, spec = _settings(told, kind, file), figure or _figure(told, file)
    spool, snapshot = _snapshot(told, file, place)
    recipe = (FigureSpec(spec) if isinstance(spec, str) else spec).recipe()
    like = limiting_snapshot(spool, settings.limits) if isinstance(settings.limits, int) else None
    kept = kept_figure(recipe, told.figure, settings, like)
    drawing = kept.draw(snapshot, Judge(spool.paths.run_dir, told.figure))
    content, before = drawing.encode(kind), file.read_bytes()
    return Redone(content, content == before, _why(told), drawing.errors)


def _settings(told: Provenance, kind: Any, file: Path) -> RenderSettings:
    if COMPARED in told.settings:
        other = printable(cut(str(told.settings[COMPARED]), 200))
        raise ProvenanceError(f"{file}: compares step {told.step} with {other}: draw it again by --compare")
    known = {each.name for each in fields(RenderSettings)} - {"figures", "formats"}
    if unknown := sorted(set(map(str, told.settings)) - known):
        made = f"it was made by version {printable(told.version)}"
        raise ProvenanceError(
            f"{file}: was drawn with {printable(', '.join(unknown))}, which is not known here; {made}"
        )
    try:
        return RenderSettings(formats=(kind,), **told.settings)
    except (SettingsError, TypeError) as error:
        raise ProvenanceError(f"{file}: says that it was drawn in a way that is not possible: {error}") from error


def _figure(told: Provenance, file: Path) -> FigureSpec:
    """The figure by its name: what a file says is never imported as code."""
    try:
        (spec := FigureSpec(told.figure)).find()
    except FigureError as error:
        if told.figure in figure_names():
            raise
        name = printable(cut(told.figure, 100))
        hint = "give the function by --figure module:function, or install the package that brings the figure"
        raise ProvenanceError(
            f"{file}: was drawn by {name!r}, which is no figure that is installed here; {hint}"
        ) from error
    return spec


def _snapshot(told: Provenance, file: Path, place: Path | None) -> tuple[Spool, Snapshot]:
    """The snapshot that a figure shows, and its spool.

    Raises:
        NoSpoolError, ProvenanceError, SpoolError, OSError: There is none.
    """
    if not told.snapshot:
        raise ProvenanceError(
            f"{file}: was drawn of arrays that were not in a spool, and can only be drawn by who has them"
        )
    run = printable(cut(told.run, 100))
    faults: list[Exception] = []
    for spool in _spools(file, place):
        try:
            ref = _ref(spool, told)
            snapshot = None if ref is None else spool.read(ref)
        except FileNotFoundError:
            snapshot = None  # retention removed it meanwhile
        except (SpoolError, OSError) as error:
            faults.append(error)
            continue
        if snapshot is not None and snapshot.digest == told.snapshot:
            return spool, snapshot
        faults.append(_fault(spool, told, snapshot))
    if not faults:
        where = "is not beside it" if place is None else f"is not at {place}"
        raise NoSpoolError(file, f"shows step {told.step} of run {run!r}, which {where}: name the run's directory, too")
    raise faults[0] if len(faults) == 1 else _none_of(len(faults), told, file, run)


def _none_of(count: int, told: Provenance, file: Path, run: str) -> Exception:
    return NoSpoolError(file, f"shows step {told.step} of run {run!r}, and none of {count:,} runs has that snapshot")


def _ref(spool: Spool, told: Provenance) -> SnapshotRef | None:
    refs = spool.snapshots(abandoned=True)
    return next((ref for ref in refs if ref.key == (told.epoch, told.step)), None)


def _fault(spool: Spool, told: Provenance, snapshot: Snapshot | None) -> Exception:
    place = spool.paths.directory
    if snapshot is not None:
        digests = f"its digest is {snapshot.digest[:12]}..., and the figure's {printable(told.snapshot[:12])}..."
        return ProvenanceError(f"{place}: has another step {told.step} than the figure shows: {digests}")
    kept = [ref.sequence for ref in spool.snapshots(abandoned=True)]
    near = sorted(kept, key=lambda step: abs(step - told.step))[:2]
    others = f"; near it are kept: {', '.join(map(str, sorted(near)))}" if near else ""
    return NoSpoolError(place, f"does not keep step {told.step} of epoch {told.epoch} any more{others}")


def _spools(file: Path, place: Path | None) -> Iterator[Spool]:
    """The spools in which the snapshot may be: those beside a figure, or at the place that was named."""
    if place is not None:
        yield from (run.spool for run in find_runs([place])[0])
        return
    for folder in Path(os.path.abspath(file)).parents[:_LEVELS]:
        for name in sorted(os.listdir(folder)):
            if name.startswith("spool") and os.path.isfile(folder / name / "spool.json"):
                yield Spool(folder / name)


def _why(told: Provenance) -> str:
    """What is different here, as far as that is known."""
    here = version("autoviz-render")
    if told.version != here:
        return f"version {printable(told.version)} of autoviz-render drew it, and here is {here}"
    return "Matplotlib, its fonts or the compression have another version here, or the file was changed"
