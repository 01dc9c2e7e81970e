"""A figure that is kept, as some settings say how it is drawn."""

from __future__ import annotations

from autoviz_render.figures.registry import Recipe
from autoviz_render.renderer.fixed_limits import with_limits_of
from autoviz_render.renderer.plot.drawing import KeptFigure
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.renderer.settings import Limits, RenderSettings
from autoviz_render.spool.errors import NoSpoolError
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.store import Spool


def kept_figure(
    recipe: Recipe,
    name: str,
    how: RenderSettings,
    like: Snapshot | None = None,
    *,
    limits: int | str | None = None,
    warns: bool = False,
) -> KeptFigure:
    """A figure that is drawn as the settings say; its files say the same.

    Args:
        recipe: What it shows.
        name: Its name.
        how: How it is drawn; `figures`, `formats` and `limits` have no part in it.
        like: The snapshot that its limits are taken from; None: each has its own.
        limits: What the files say of that; None is the number of its quick update.
        warns: As for `KeptFigure`.
    """
    recipe, told = how.coloured(recipe), how.record()
    if like is not None:
        recipe, told = with_limits_of(recipe, like), told | {"limits": like.sequence if limits is None else limits}
    theme = THEMES[how.theme]
    return KeptFigure(recipe, dpi=how.dpi, theme=theme, page=how.page, name=name, settings=told, warns=warns)


def limiting_snapshot(spool: Spool, limits: Limits) -> Snapshot:
    """The snapshot of a run that limits are taken from.

    Args:
        spool: Of the run.
        limits: "run", which is the newest, or the number of a quick update.

    Raises:
        NoSpoolError: It is not kept.
        SpoolError, OSError: It cannot be read.
    """
    if limits == "run":
        return spool.read_newest()
    refs = [ref for ref in spool.snapshots(abandoned=True) if ref.sequence == limits]
    if not refs:
        raise NoSpoolError(spool.paths.directory, f"does not keep step {limits}, which the limits are of")
    return spool.read(refs[-1])
