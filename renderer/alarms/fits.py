"""The residuals of a figure, in units of the noise: of its panels, or of the data and the model of its snapshot."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from autoviz_render.figures.panels import ImagePanel, LinesPanel, Panel, ScatterPanel, Series
from autoviz_render.renderer.alarms.statistics import (
    cell_structure,
    changes,
    image_structure,
    likeness,
    line_structure,
    planes,
)
from autoviz_render.renderer.alarms.values import short_title
from autoviz_render.spool.arrays import Array, Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

_MOST_VISIBILITIES = 200_000
"""More tell no more of a fit that is bad: every second, third, ... is looked at."""

_MODEL = re.compile(r"^(?P<group>.*/)?(?:model_(?P<one>.+)|(?P<other>.+)_model|(?P<alone>model))$")

_PARTS = ("lens_light", "source_image", "plane_1/source_image", "plane_2/source_image")
"""Of a model image."""

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
        model: array[point]: what the data should be where there are some; empty if a panel of its own shows it.
        noise: Of the shape of the values; None if it is not known.
        templates: What a model that is a little wrong leaves, of that shape, in the unit of the noise.
    """

    panel: str
    values: Floats
    used: Mask
    kind: Kind
    cells: Array | None = None
    is_normalised: bool = True
    stride: int = 1
    model: Array = field(default_factory=lambda: np.empty(0))
    noise: Floats | None = None
    templates: Callable[[], Iterable[Floats]] = tuple

    def found(self) -> Floats:
        """array[point]: those that are used."""
        return self.values[self.used]

    def structure(self) -> float:
        """How unlikely they are if they are noise alone, in standard deviations, whatever its size."""
        order = self._order()
        return (
            order if self.noise is None else max(order, likeness(self.values, self.used, self.noise, self.templates()))
        )

    def _order(self) -> float:
        """That those which are near to each other are alike."""
        if self.kind == "image":
            return image_structure(self.values, self.used)
        if self.kind == "line":
            return line_structure(self.found())
        if self.kind == "cells" and self.cells is not None:
            cells, parts = self.cells, zip(self.values, self.used, strict=True)
            return max(cell_structure(part[used], cells[used]) for part, used in parts)
        return 0.0


@dataclass(frozen=True, eq=False)
class Pair:
    """Data and their model, of one shape, with what belongs to them, each if it is there.

    Attributes:
        name: Of the model.
        base: Of the data.
        data, model: Arrays of one shape.
        noise_map, mask, x, uv_wavelengths: As the figures `line`, `imaging` and `interferometer` have them.
        parts: Of the model.
    """

    name: str
    base: str
    data: Array
    model: Array
    noise_map: Array | None
    mask: Array | None
    x: Array | None
    uv_wavelengths: Array | None
    parts: tuple[Array, ...] = ()

    @property
    def noise(self) -> Floats | None:
        """The standard deviation of the noise, of the shape of the data; None if it is not known."""
        noise, shape = self.noise_map, self.data.shape
        if noise is None or noise.dtype.kind not in "iuf" or noise.shape not in (shape, (2, *shape)):
            return None
        sides = np.asarray(noise, np.float64)
        size = sides if sides.shape == shape else np.where(self.data > self.model, sides[0], sides[1])
        return np.where(np.isfinite(size) & (size > 0), size, np.nan)

    def templates(self) -> Iterator[Floats]:
        """What is left if the model, or a part of it, is too bright, has moved, or is blurred; and of a background."""
        model, *parts = map(_finite, (self.model, *self.parts))
        return chain(changes(np.asarray(model, np.float64)), parts, planes(model.shape))


@np.errstate(all="ignore")
def residuals_of(panels: Sequence[Panel], snapshot: Snapshot) -> list[Residuals]:
    """All there are, each once."""
    pairs = list(pairs_of(snapshot))
    images = [_with_templates(each, pairs) for each in _of_images(panels)]
    known = {each.values.shape for each in images}
    of_pairs = [found for pair in pairs if pair.data.shape not in known and (found := _of_pair(panels, pair))]
    has_lines = any(each.kind in ("line", "cells") for each in of_pairs)
    return [*images, *of_pairs, *_of_points(panels, with_strips=not has_lines)]


def _with_templates(residuals: Residuals, pairs: Sequence[Pair]) -> Residuals:
    for pair in pairs:
        if pair.model.shape == residuals.values.shape and (noise := pair.noise) is not None:
            return replace(residuals, noise=noise, templates=pair.templates)
    return residuals


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
        mask = np.zeros(values.shape, np.bool_) if panel.mask is None else np.asarray(panel.mask, dtype=np.bool_)
        if mask.shape != values.shape:
            continue
        used = np.isfinite(values) & ~mask
        yield Residuals(title, values.astype(np.float64, copy=False), used, "image")


def pairs_of(snapshot: Snapshot) -> Iterator[Pair]:
    """The arrays that are data and their model by their names, as the figure `auto` pairs them."""
    named = {name: np.asarray(each) for name, each in {**snapshot.static, **snapshot.arrays}.items()}
    for name, model in named.items():
        match = _MODEL.match(name)
        if match is None or model.dtype.kind not in "fc":
            continue
        group, base = match["group"] or "", match["one"] or match["other"] or ""
        data = next((named[each] for each in _data_names(group, base) if each in named and each != name), None)
        if data is None or data.shape != model.shape or data.dtype.kind not in "iufc" or model.size < 2:
            continue
        others = {kind: _other(named, group, base, kind) for kind in ("noise_map", "mask", "x", "uv_wavelengths")}
        parts = [named.get(f"{group}{part}") for part in _PARTS]
        fitting = tuple(each for each in parts if each is not None and each.shape == model.shape)
        yield Pair(name, f"{group}{base}", data, model, parts=fitting, **others)


def _of_pair(panels: Sequence[Panel], pair: Pair) -> Residuals | None:
    """The residuals of a pair; None if they lie in no order that is known."""
    title = _panel_of(panels, (pair.name, pair.base))
    kinds = {pair.data.dtype.kind, pair.model.dtype.kind}
    if "c" in kinds:
        return _of_visibilities(pair, title) if pair.model.ndim == 1 else None
    is_places = pair.model.ndim == 2 and pair.model.shape[1] < 4
    return None if is_places or pair.model.ndim > 2 else _of_numbers(pair, title)


def _data_names(group: str, base: str) -> list[str]:
    names = ["data"] if base in ("", "image", "data") else [base, f"{base}_data", f"data_{base}"]
    return [f"{group}{each}" for each in names] + names


def _other(named: dict[str, Array], group: str, base: str, kind: str) -> Array | None:
    names = (f"{group}{base}_{kind}", f"{group}{kind}_{base}", f"{group}{kind}", kind)
    return next((named[each] for each in names if each in named), None)


def _of_numbers(pair: Pair, title: str) -> Residuals:
    left = np.asarray(pair.data, np.float64) - np.asarray(pair.model, np.float64)
    wanted, noise, mask = np.isfinite(pair.data), pair.noise, pair.mask
    if noise is not None:
        wanted &= np.isfinite(noise)
        left = left / noise
    if mask is not None and mask.shape == left.shape and mask.dtype.kind in "biuf":
        wanted &= mask == 0
    used = wanted & np.isfinite(left)
    if noise is None and used.any():
        left = left / (math.sqrt(float(np.mean(left[used] ** 2))) or 1.0)
    if left.ndim == 2:
        return Residuals(title, left, used, "image", None, noise is not None, noise=noise, templates=pair.templates)
    x = pair.x
    order = np.argsort(x, kind="stable") if x is not None and x.shape == left.shape else np.arange(left.size)
    ordered = replace(pair, model=pair.model[order], parts=())
    return Residuals(
        title,
        left[order],
        used[order],
        "line",
        is_normalised=noise is not None,
        model=pair.model[wanted],
        noise=None if noise is None else noise[order],
        templates=ordered.templates,
    )


def _of_visibilities(pair: Pair, title: str) -> Residuals:
    stride = max(pair.data.size // _MOST_VISIBILITIES, 1)
    data, model = pair.data[::stride], np.asarray(pair.model[::stride], np.complex128)
    left, of_model, uv = _parts(data - model), _parts(model), pair.uv_wavelengths
    noise = None
    if pair.noise_map is not None and pair.noise_map.shape == pair.data.shape:
        some = pair.noise_map[::stride]
        noise = np.stack([some.real, some.imag if some.dtype.kind == "c" else some]).astype(np.float64)
        noise[~(np.isfinite(noise) & (noise > 0))] = np.nan
        left = left / noise
    used = np.isfinite(left)
    cells = None
    if uv is not None and uv.shape == (pair.data.size, 2) and uv.dtype.kind in "iuf":
        cells = _cells(np.asarray(uv[::stride], np.float64))
        used &= cells >= 0
    return Residuals(
        title,
        left,
        used,
        "cells",
        cells,
        is_normalised=noise is not None,
        stride=stride,
        model=model[np.isfinite(data)],
        noise=noise,
        templates=lambda: [np.nan_to_num(of_model, posinf=0.0, neginf=0.0)],
    )


def _parts(values: Array) -> Floats:
    """The real and the imaginary part: array[2, visibility]."""
    return np.stack([values.real, values.imag]).astype(np.float64)


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
        found: list[ArrayLike] = []
        if isinstance(panel, ScatterPanel) and "(σ)" in panel.x_label and "(σ)" in panel.y_label:
            found = [panel.x, panel.y]
        elif with_strips and isinstance(panel, LinesPanel) and "(σ)" in panel.residual_label:
            found = [each.y for each in panel.residuals if _is_of_points(each)]
        arrays = [np.asarray(each) for each in found]
        if arrays and all(each.dtype.kind in "iuf" for each in arrays):
            values = np.concatenate([each.astype(np.float64).ravel() for each in arrays])
            yield Residuals(short_title(panel.title), values, np.isfinite(values), "points")


def _is_of_points(series: Series) -> bool:
    """Whether a series in a strip is a residual for each point; means have error bars."""
    return series.style == "" and series.marker in ("o", ".") and series.error is None


def _panel_of(panels: Sequence[Panel], names: tuple[str, ...]) -> str:
    """The title of the panel that shows the residuals of a model: that of its data, if there is no other."""
    titles = [short_title(panel.title) for panel in panels]
    of_residuals = [title for title in titles if re.search(r"residual|−", title, re.IGNORECASE)]
    of_residuals += [short_title(panel.title) for panel in panels if isinstance(panel, LinesPanel) and panel.residuals]
    named, of_name = ([each for each in some if any(name in each for name in names)] for some in (of_residuals, titles))
    return next(iter([*named, *of_residuals, *of_name, *titles]), "")


def _finite(values: Array) -> Array:
    """Values with zeros in the place of those that are not finite."""
    if values.size and math.isfinite(values.min()) and math.isfinite(values.max()):
        return values
    return np.nan_to_num(values, posinf=0.0, neginf=0.0)
