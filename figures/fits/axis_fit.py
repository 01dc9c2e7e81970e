"""A fit to data along one axis in numbers: what the line figure shows, and what it leaves out, in sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autoviz_render.figures.fits.residuals import far_out
from autoviz_render.figures.numbers import whole
from autoviz_render.figures.reading import Faults, find, mask_of, needed, optional, ratio, require
from autoviz_render.figures.series import as_numbers, is_dates
from autoviz_render.spool.arrays import Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

_BAND = ("model_lower", "model_upper", "model_error")


@dataclass(frozen=True, eq=False)
class LineFit:
    """A fit along one axis in numbers: array[point] each, in the order of x.

    Attributes:
        x: In the unit that the snapshot has; seconds since 1970 if they are dates.
        data, model: In the unit of the data.
        noise_map: The standard deviation of the noise, or array[2, point], how far it reaches down and up; NaN where it
            is not positive and finite. None if it is not known.
        x_error: Or array[2, point], to the left and to the right; None if there is none.
        band: array[2, point], what the model may be at least and at most; None if it is not known.
        components: The parts of the model, by name.
        mask: True where masked, or where x is not finite.
        residuals: data - model, over the noise if it is known; NaN where masked or where the noise is not positive.
        dates: Whether x are dates.
        faults: What is wrong with arrays that are there, a sentence each.
    """

    x: Floats
    data: Floats
    noise_map: Floats | None
    x_error: Floats | None
    model: Floats
    band: Floats | None
    components: Mapping[str, Floats]
    mask: Mask
    residuals: Floats
    dates: bool = False
    faults: tuple[str, ...] = ()

    @property
    def used(self) -> Floats:
        """The residuals that are finite: array[used]."""
        return self.residuals[np.isfinite(self.residuals)]

    @property
    def chi_squared(self) -> float:
        """The sum of their squares: chi squared, if the noise is known."""
        return float(self.used @ self.used)

    @cached_property
    def is_far(self) -> Mask:
        """The residuals so much larger than the others that these would not be seen: array[point]."""
        return far_out(self.residuals, 0.0 if self.noise_map is None else 1.0)

    @property
    def shown(self) -> Mask:
        """The points whose data are shown: not masked, and finite: array[point]."""
        return ~self.mask & np.isfinite(self.data)

    @property
    def left_out(self) -> list[str]:
        """What has no part in the residuals, and how much of it, by cause."""
        lost: Mask = ~np.isfinite(self.residuals)
        causes: dict[str, Mask] = {"masked": self.mask & np.isfinite(self.x), "without x": ~np.isfinite(self.x)}
        causes["of data that are not finite"] = ~np.isfinite(self.data)
        if self.noise_map is not None:
            causes["without positive, finite noise"] = ~np.isfinite(two_sided(self.noise_map).sum(axis=0))
        causes["of a model that is not finite"] = ~np.isfinite(self.model)
        found = []
        for cause, where in causes.items():
            if count := int((lost & where).sum()):
                found.append(f"{whole(count)} {cause}")
            lost = lost & ~where
        return found


@np.errstate(all="ignore")  # what overflows or is not finite is shown as such
def line_fit(snapshot: Snapshot) -> LineFit:
    """The numbers of the figure. An array that has not the shape of the data is a fault, and has no part in them.

    Raises:
        MissingArraysError: A required array is not there.
        ValueError: The data are no array[point] of real numbers.
    """
    require(snapshot, "line", ("data", "model"))
    (data,) = needed(snapshot, "line", ("data",), 1)
    faults: Faults = []
    size = data.shape
    model = optional(snapshot, "model", size, faults)
    model = np.full(size, np.nan) if model is None else model
    dates = _dates(snapshot, size, faults)
    x = optional(snapshot, "x", size, faults) if dates is None else dates
    x = np.arange(data.size, dtype=np.float64) if x is None else x
    try:
        mask = mask_of(snapshot, size)
    except ValueError as error:
        faults.append(f"{error}: no point is masked")
        mask = np.zeros(size, dtype=np.bool_)
    mask = mask | ~np.isfinite(x)
    noise_map, x_error = (_error(snapshot, name, size, faults) for name in ("noise_map", "x_error"))
    noise_map = None if noise_map is None else np.where((noise_map > 0) & np.isfinite(noise_map), noise_map, np.nan)
    residuals = data - model
    if noise_map is not None:  # what lies above the model reaches down to it
        down, up = two_sided(noise_map)
        residuals = ratio(residuals, np.where(residuals > 0, down, up))
    residuals = np.where(np.isfinite(residuals) & ~mask, residuals, np.nan)
    band, components = _band(snapshot, model, faults), _components(snapshot, size)
    order = np.argsort(x, kind="stable")
    return LineFit(
        x=x[order],
        data=data[order],
        noise_map=None if noise_map is None else noise_map[..., order],
        x_error=None if x_error is None else x_error[..., order],
        model=model[order],
        band=None if band is None else band[:, order],
        components={name: values[order] for name, values in components.items()},
        mask=mask[order],
        residuals=residuals[order],
        dates=dates is not None,
        faults=tuple(faults),
    )


def _dates(snapshot: Snapshot, size: tuple[int, ...], faults: Faults) -> Floats | None:
    """Seconds since 1970; None if x are no dates."""
    x = find(snapshot, "x")
    if x is not None and is_dates(x) and x.shape == size:  # a spool holds none, a snapshot in a notebook may
        return as_numbers(x)
    return optional(snapshot, "dates", size, faults)


def two_sided(error: Floats) -> Floats:
    """An array[point] or array[2, point] as array[2, point]."""
    return np.broadcast_to(error, (2, error.shape[-1]))


def _error(snapshot: Snapshot, name: str, size: tuple[int, ...], faults: Faults) -> Floats | None:
    """An array[point] or array[2, point]."""
    found = find(snapshot, name)
    return optional(snapshot, name, (2, *size) if found is not None and found.ndim == 2 else size, faults)


def _band(snapshot: Snapshot, model: Floats, faults: Faults) -> Floats | None:
    """array[2, point] of the model's lower and upper edge; None if there is none."""
    lower, upper = (optional(snapshot, name, model.shape, faults) for name in _BAND[:2])
    if lower is not None and upper is not None:
        return np.stack([lower, upper])
    error = optional(snapshot, "model_error", model.shape, faults)
    return None if error is None else np.stack([model - error, model + error])


def _components(snapshot: Snapshot, shape: tuple[int, ...]) -> dict[str, Floats]:
    """The arrays `model_NAME` of the data's shape, by NAME, 2 before 10. One on a finer grid of its own is no fault."""
    names = [name for name in {*snapshot.arrays, *snapshot.static} if name.startswith("model_")]
    names.sort(
        key=lambda name: [
            (part.isdecimal(), len(part) if part.isdecimal() else 0, part) for part in re.split(r"([0-9]+)", name)
        ]
    )
    found = ((name.removeprefix("model_"), np.asarray(find(snapshot, name))) for name in names if name not in _BAND)
    return {
        name: array.astype(np.float64) for name, array in found if array.shape == shape and array.dtype.kind in "iuf"
    }
