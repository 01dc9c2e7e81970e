"""Images, meshes and points of two snapshots: A, B, and B less A, with one set of colours and one view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autoviz_render.figures.comparison.limits import size_of, with_common_colours, with_one_view
from autoviz_render.figures.comparison.resampling import PixelGrid, common_grid, grid_of, on_grid, overlap
from autoviz_render.figures.numbers import whole
from autoviz_render.figures.panels import (
    ColouredPanel,
    Curve,
    ImagePanel,
    MeshPanel,
    Panel,
    ScatterPanel,
    TextPanel,
    is_same,
)
from autoviz_render.spool.arrays import Floats, Mask

LESS = "B − A"
_ROUNDED = 1e-9
"""Of the size of the values: what is smaller is what floats lose, and no colour shows it."""


@dataclass(frozen=True, eq=False)
class Changed:
    """What changed between two panels.

    Attributes:
        panel: With the values of B less those of A; its title says so, and how they were brought together.
        is_identical: Whether all values are equal, and in the same places.
    """

    panel: ColouredPanel
    is_identical: bool = field(default=False, kw_only=True)


def compared(one: ColouredPanel, other: ColouredPanel) -> tuple[list[Panel], bool]:
    """A, B and their difference; and whether they are identical."""
    first, second = replace(one, title=f"A: {one.title}"), replace(other, title=f"B: {other.title}")
    try:
        if _is_picture(one) or _is_picture(other):
            first, second = with_one_view([first, second])
        else:
            first, second = with_one_view(with_common_colours([first, second]))
        changed = _changed(first, second)
    except (ValueError, TypeError) as error:
        return [first, second, TextPanel(LESS, f"No difference: {error}.")], False
    return [first, second, replace(changed.panel, view=first.view)], changed.is_identical


def _changed(one: Any, other: Any) -> Changed:
    """The difference of two panels with one view and one set of colours.

    Raises:
        ValueError: There is none; the message says why.
    """
    if isinstance(one, ScatterPanel) or isinstance(other, ScatterPanel):
        return _of_points(one, other)
    if isinstance(one, ImagePanel) and isinstance(other, ImagePanel):
        return _of_images(one, other)
    if isinstance(one, MeshPanel) and isinstance(other, MeshPanel) and is_same(one.mesh, other.mesh):
        first, second = one.coloured_values(), other.coloured_values()
        if first.shape == second.shape:
            return _as_panel(one, other, first, second)
    grid = common_grid(one.view, other.view) if _is_placed(one) and _is_placed(other) else None
    if grid is None:
        raise ValueError("an image that counts pixels has no place on a mesh")
    return _on(grid, one, other, "both resampled")


def _is_placed(panel: ColouredPanel) -> bool:
    """Whether it is known where a panel's values are, in the units of its axes."""
    return not isinstance(panel, ImagePanel) or panel.extent is not None


def _is_picture(panel: ColouredPanel) -> bool:
    return isinstance(panel, ImagePanel) and panel.is_picture


def _of_points(one: Any, other: Any) -> Changed:
    if type(one) is not type(other):
        raise ValueError("one of them shows points, the other a surface")
    places = [[np.asarray(each, np.float64) for each in (panel.x, panel.y)] for panel in (one, other)]
    sizes = [each[0].size for each in places]
    if sizes[0] != sizes[1]:
        raise ValueError(f"A has {whole(sizes[0])} points, and B {whole(sizes[1])}")
    if not is_same(*places):
        raise ValueError("their points are in different places")
    first, second = (np.asarray(panel.values, np.float64) for panel in (one, other))
    return _as_panel(one, other, first, second)


def _of_images(one: ImagePanel, other: ImagePanel) -> Changed:
    grids = grid_of(one), grid_of(other)
    if _is_picture(one) or _is_picture(other):
        return _of_pictures(one, other)
    if _is_placed(one) != _is_placed(other):
        raise ValueError("only one of them says where its pixels are")
    if grids[0].is_like(grids[1]):
        (first, mask), (second, other_mask) = one.checked(), other.checked()
        return _of_values(one, other, (first, _full(mask, first)), (second, _full(other_mask, second)))
    shapes = " and ".join(f"{grid.rows} × {grid.columns}" for grid in grids)
    if not _is_placed(one):
        raise ValueError(f"the images have {shapes} pixels, and do not say where these are")
    if not overlap(grids[0].extent, grids[1].extent):
        raise ValueError("their extents do not overlap")
    finer = 0 if grids[0].pixel <= grids[1].pixel else 1
    return _on(grids[finer], one, other, f"{'BA'[finer]} interpolated")


def _of_pictures(one: ImagePanel, other: ImagePanel) -> Changed:
    """The mean difference of the colours."""
    if not (_is_picture(one) and _is_picture(other)) or np.shape(one.values) != np.shape(other.values):
        raise ValueError("pictures in colours of their own are of different kinds, or sizes")
    (first, mask), (second, other_mask) = one.checked(), other.checked()
    means = (values[..., :3].mean(axis=-1) for values in (first, second))
    found = [(mean, _full(each, mean)) for mean, each in zip(means, (mask, other_mask), strict=True)]
    changed = _of_values(one, other, found[0], found[1], note="mean colour")
    is_identical = changed.is_identical and np.array_equal(first, second, equal_nan=True)
    return replace(changed, is_identical=is_identical)


def _full(mask: Mask | None, values: Floats) -> Mask:
    return np.zeros(values.shape[:2], np.bool_) if mask is None else mask


def _on(grid: PixelGrid, one: ColouredPanel, other: ColouredPanel, note: str) -> Changed:
    """The difference of two panels on one grid. An image that has the grid is as it is."""
    found = [on_grid(panel, grid) for panel in (one, other)]
    base = ImagePanel("", found[0][0], extent=grid.extent, **_surroundings(one))
    return replace(_of_values(base, other, found[0], found[1], note=note), is_identical=False)


def _of_values(
    one: ImagePanel, other: ColouredPanel, first: tuple[Floats, Mask], second: tuple[Floats, Mask], note: str = ""
) -> Changed:
    """Of images of one shape: values and masks."""
    (values, mask), (others, other_mask) = first, second
    differ = int(np.count_nonzero(mask != other_mask))
    notes = [note, f"masks differ in {whole(differ)} pixels" if differ else ""]
    either = mask | other_mask
    is_equal = np.array_equal(values[~either], others[~either], equal_nan=True)
    panel = replace(one, mask=either if either.any() else None)
    return _as_panel(panel, other, values, others, is_identical=is_equal and not differ, notes=notes)


def _as_panel(
    one: Any,
    other: ColouredPanel,
    values: Floats,
    others: Floats,
    *,
    is_identical: bool | None = None,
    notes: Sequence[str] = (),
) -> Changed:
    """A panel of the differences of values, which have the places of the first panel's.

    Of values with logarithmic colours these are differences of logarithms: the large ones would hide all others.
    """
    if is_identical is None:
        is_identical = np.array_equal(values, others, equal_nan=True)
    is_log = one.scale == "log"
    with np.errstate(all="ignore"):  # what is infinite, or has no logarithm, is shown as such
        difference = np.log10(others / values) if is_log else others - values
    mask = getattr(one, "mask", None)
    limit = _limit(difference if mask is None else difference[~mask], 1.0 if is_log else _size(values, others))
    told = [*notes, "identical" if is_identical else ""]
    settings: dict[str, Any] = {"scale": "symmetric", "colours": "RdBu_r", "low": -limit, "high": limit}
    settings |= {"curves": _curves(one, other), "guides": (), "annotations": (), "unit": "dex" if is_log else one.unit}
    title = ", ".join(["log₁₀ B / A" if is_log else LESS, *filter(None, told)])
    return Changed(replace(one, title=title, values=difference, **settings), is_identical=is_identical)


def _size(values: Floats, others: Floats) -> float:
    return max(size_of(values), size_of(others))


def _limit(difference: Floats, scale: float) -> float:
    """The largest difference that colours show; if there is none, as large as the values are."""
    largest = size_of(difference)
    return (largest if largest > _ROUNDED * scale else scale) or 1.0


def _surroundings(panel: ColouredPanel) -> dict[str, Any]:
    """What a panel of any kind says of its axes."""
    names = ("view", "x_label", "y_label", "tick_unit", "unit", "equal", "curves", "scale")
    return {name: getattr(panel, name) for name in names}


def _curves(one: ColouredPanel, other: ColouredPanel) -> Sequence[Curve]:
    """The curves of both: those of A dashed if they are others."""
    if is_same(list(one.curves), list(other.curves)):
        return [replace(curve, label="") for curve in one.curves]
    sides = [("A", "--", one.curves), ("B", "-", other.curves)]
    shown: list[Curve] = []
    for name, style, curves in sides:
        drawn = [curve for curve in curves if np.isfinite(np.asarray(curve.x, np.float64)).any()]
        shown += [
            replace(curve, label="" if number else name, style=curve.style and style)
            for number, curve in enumerate(drawn)
        ]
    return shown
