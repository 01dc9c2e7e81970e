"""The residuals of a figure, in units of the noise: of its panels, or of the data and the model of its snapshot."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from autoviz_render.figures.panels import ImagePanel, LinesPanel, Panel, ScatterPanel, Series
from autoviz_render.renderer.alarms.statistics import cell_structure, image_structure, line_structure
from autoviz_render.renderer.alarms.values import short_title
from autoviz_render.spool.arrays import Array, Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

_MOST_VISIBILITIES = 200_000
"""More tell no more of a fit that is bad: every second, third, ... is looked at."""

_MODEL = re.compile(r"^(?P<group>.*/)?(?:model_(?P<one>.+)|(?P<other>.+)_model|(?P<alone>model))$")

Kind = Literal["image", "line", "cells", "points"]


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a fit leaves, over the noise.

    Attributes:
        panel: The title of the panel that shows it.
        values: array[y, x], array[point] in the order of x, or array[part, visibility].
        used: Of the same shape, whether there is a value that is to be looked at; all others may be anything.
        kind: How they lie to each other.
        cells: array[visibility], the cell of the uv plane of each; None if they are in none.
        is_normalised: Whether they are in units of a noise that was given.
        stride: Of how many visibilities one is looked at.
        model: array[point], or of any shape: what the data should be where there are some that are used; empty if a
            panel of its own shows it.
    """

    panel: str
    values: Floats
    used: Mask
    kind: Kind
    cells: Array | None = None
    is_normalised: bool = True
    stride: int = 1
    model: Array = field(default_factory=lambda: np.empty(0))

    def found(self) -> Floats:
        """array[point]: those that are used."""
        return self.values[self.used]

    def structure(self) -> float:
        """How unlikely they are if they are noise alone, in standard deviations, whatever its size."""
        if self.kind == "image":
            return image_structure(self.values, self.used)
        if self.kind == "line":
            return line_structure(self.found())
        if self.kind == "cells" and self.cells is not None:
            return max(
                cell_structure(part[used], self.cells[used]) for part, used in zip(self.values, self.used, strict=True)
            )
        return 0.0


@np.errstate(all="ignore")
def residuals_of(panels: Sequence[Panel], snapshot: Snapshot) -> list[Residuals]:
    """All there are, each once."""
    images = list(_of_images(panels))
    of_pairs = list(_of_pairs(panels, snapshot, {each.values.shape for each in images}))
    has_lines = any(each.kind in ("line", "cells") for each in of_pairs)
    return [*images, *of_pairs, *_of_points(panels, with_strips=not has_lines)]


def _of_images(panels: Sequence[Panel]) -> Iterator[Residuals]:
    """Of panels in units of the noise, centred on zero."""
    seen = set()
    for panel in panels:
        if not isinstance(panel, ImagePanel) or panel.scale != "symmetric" or panel.is_picture:
            continue
        title = short_title(panel.title)
        is_normalised = panel.unit == "σ" and "signal" not in title.lower()
        if id(panel.values) in seen or not (is_normalised or re.search(r"normali[sz]ed", title, re.IGNORECASE)):
            continue
        seen.add(id(panel.values))
        values = np.asarray(panel.values)
        if values.ndim != 2 or values.dtype.kind != "f":
            continue
        used = np.isfinite(values)
        if panel.mask is not None:
            used &= ~np.asarray(panel.mask, dtype=np.bool_)
        yield Residuals(title, values.astype(np.float64, copy=False), used, "image")


def _of_pairs(panels: Sequence[Panel], snapshot: Snapshot, known: Collection[tuple[int, ...]]) -> Iterator[Residuals]:
    """Of the arrays that are data and their model by their names, as the figure `auto` pairs them.

    Args:
        known: The shapes of the residuals that a panel shows as they are.
    """
    named = {name: np.asarray(each) for name, each in {**snapshot.static, **snapshot.arrays}.items()}
    for name, model in named.items():
        match = _MODEL.match(name)
        if match is None or model.dtype.kind not in "fc" or model.shape in known:
            continue
        group, base = match["group"] or "", match["one"] or match["other"] or ""
        data = next((named[each] for each in _data_names(group, base) if each in named and each != name), None)
        if data is None or data.shape != model.shape or data.dtype.kind not in "iufc" or model.size < 2:
            continue
        others = {kind: _other(named, group, base, kind) for kind in ("noise_map", "mask", "x", "uv_wavelengths")}
        title = _panel_of(panels, (name, f"{group}{base}"))
        if model.dtype.kind == "c" and model.ndim == 1:
            yield _of_visibilities(data, model, others["noise_map"], others["uv_wavelengths"], title)
        elif model.ndim in (1, 2) and data.dtype.kind != "c" and model.dtype.kind != "c":
            if model.ndim == 2 and model.shape[1] < 4:
                continue  # places, in an order of their own
            yield _of_numbers(data, model, others, title)


def _data_names(group: str, base: str) -> list[str]:
    names = ["data"] if base in ("", "image", "data") else [base, f"{base}_data", f"data_{base}"]
    return [f"{group}{each}" for each in names] + names


def _other(named: dict[str, Array], group: str, base: str, kind: str) -> Array | None:
    names = (f"{group}{base}_{kind}", f"{group}{kind}_{base}", f"{group}{kind}", kind)
    return next((named[each] for each in names if each in named), None)


def _of_numbers(data: Array, model: Array, others: dict[str, Array | None], title: str) -> Residuals:
    left = np.asarray(data, np.float64) - np.asarray(model, np.float64)
    noise, mask, x = others["noise_map"], others["mask"], others["x"]
    wanted = np.isfinite(data)
    is_normalised = noise is not None and noise.dtype.kind in "iuf" and noise.shape in (left.shape, (2, *left.shape))
    if is_normalised and noise is not None:
        sides = np.asarray(noise, np.float64)
        size = sides if sides.shape == left.shape else np.where(left > 0, sides[0], sides[1])
        wanted &= np.isfinite(size) & (size > 0)
        left = left / size
    if mask is not None and mask.shape == left.shape and mask.dtype.kind in "biuf":
        wanted &= mask == 0
    used = wanted & np.isfinite(left)
    if not is_normalised and used.any():
        left = left / (math.sqrt(float(np.mean(left[used] ** 2))) or 1.0)
    if left.ndim == 1 and x is not None and x.shape == left.shape:
        order = np.argsort(x, kind="stable")
        left, used = left[order], used[order]
    shown = model[wanted] if model.ndim == 1 else np.empty(0)
    kind: Kind = "image" if left.ndim == 2 else "line"
    return Residuals(title, left, used, kind, is_normalised=is_normalised, model=shown)


def _of_visibilities(data: Array, model: Array, noise: Array | None, uv: Array | None, title: str) -> Residuals:
    stride = max(data.size // _MOST_VISIBILITIES, 1)
    left = (data[::stride] - model[::stride]).astype(np.complex128)
    parts = np.stack([left.real, left.imag])
    is_normalised = noise is not None and noise.shape == data.shape
    if is_normalised and noise is not None:
        some = noise[::stride]
        sizes = np.stack([some.real, some.imag if some.dtype.kind == "c" else some]).astype(np.float64)
        parts = parts / np.where((sizes > 0) & np.isfinite(sizes), sizes, np.nan)
    used = np.isfinite(parts)
    cells = None
    if uv is not None and uv.shape == (data.size, 2) and uv.dtype.kind in "iuf":
        cells = _cells(np.asarray(uv[::stride], np.float64))
        used &= cells >= 0
    shown = model[::stride][np.isfinite(data[::stride])]
    return Residuals(title, parts, used, "cells", cells, is_normalised=is_normalised, stride=stride, model=shown)


def _cells(uv: Floats) -> Array:
    """The cell of each visibility, in a grid with some eight in each; -1 for those that have no place."""
    placed: Mask = np.asarray(np.isfinite(uv).all(axis=1))
    half = float(np.abs(uv[placed]).max(initial=0.0)) or 1.0
    side = int(np.clip(math.sqrt(len(uv) / 8), 4, 64))
    steps = np.clip(((np.where(placed[:, None], uv, 0.0) / half + 1) / 2 * side).astype(np.intp), 0, side - 1)
    return np.where(placed, steps[:, 0] * side + steps[:, 1], -1)


def _of_points(panels: Sequence[Panel], *, with_strips: bool) -> Iterator[Residuals]:
    """Of points in a plane of residuals, and of the strips below lines, if these are known from nowhere else."""
    for panel in panels:
        found: list[Floats] = []
        if isinstance(panel, ScatterPanel) and "(σ)" in panel.x_label and "(σ)" in panel.y_label:
            found = [np.asarray(each, np.float64).ravel() for each in (panel.x, panel.y)]
        elif with_strips and isinstance(panel, LinesPanel) and "(σ)" in panel.residual_label:
            found = [np.asarray(each.y, np.float64).ravel() for each in panel.residuals if _is_of_points(each)]
        if found:
            values = np.concatenate(found)
            yield Residuals(short_title(panel.title), values, np.isfinite(values), "points")


def _is_of_points(series: Series) -> bool:
    """Whether a series in a strip is a residual for each point; means have error bars."""
    return series.style == "" and series.marker in ("o", ".") and series.error is None


def _panel_of(panels: Sequence[Panel], names: tuple[str, ...]) -> str:
    """The title of the panel that shows the residuals of a model: that of its data, if there is no other."""
    titles = [short_title(panel.title) for panel in panels]
    choices = [title for title in titles if re.search(r"residual|−", title, re.IGNORECASE)]
    choices += [short_title(panel.title) for panel in panels if isinstance(panel, LinesPanel) and panel.residuals]
    choices += [title for title in titles if any(name and name in title for name in names)]
    of_name = [title for title in choices if any(name and name in title for name in names)]
    return next(iter([*of_name, *choices, *titles]), "")
