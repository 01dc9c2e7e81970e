"""Alarms of a panel's own values: all zero, all the same, not finite, many at exactly the largest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from autoviz_render.figures.panels import ColouredPanel, ImagePanel, MeshPanel, Panel, ScatterPanel
from autoviz_render.renderer.alarms.alarm import Alarm
from autoviz_render.renderer.alarms.rules import Rules
from autoviz_render.spool.arrays import Array, Floats, Mask
from autoviz_render.spool.snapshot import Snapshot

_MAY_BE_EVEN = re.compile(
    r"(?<![a-z])(noise|mask|weight|coverage|exposure|psf|error|uncertaint|sigma|std|background|sky|flat|response|beam)",
    re.IGNORECASE,
)
"""In the titles of what may well be the same everywhere, at a bound, or without a value: it is not what a fit found."""

_DATA = re.compile(r"(?<![a-z])(data|image|observ|measur|flux|count)", re.IGNORECASE)
"""In the titles of static arrays that hold what was measured: others (an offset, a bound) may be anything."""

_FITTED = re.compile(r"source|model|reconstruct|residual|chi", re.IGNORECASE)
"""In the titles of what no fit does without; the light of a lens, say, may be no part of a model."""

_EVERYWHERE = re.compile(r"model|residual|chi", re.IGNORECASE)
"""In the titles of what has a value wherever the data have one; a source may have cells that nothing is known of."""

_ALIKE = 1e-10
"""Values that differ by less than this part of their size are the same but for rounding."""

_CATEGORIES = 10
"""An array of fewer different values names kinds, or counts a few."""

_STEEP = 5
"""By how many times more pixels must be at the largest value than at those just below."""

_BAD_PIXELS = 3
"""Without a value in data that have a mask: more should have been masked."""

_LEAST = 4
"""Values that can be constant: one alone always is."""


class Summary(NamedTuple):
    """What is told of an array in one pass.

    size: How many values should be there. lost: How many of them are not finite. low, high: Of those that are.
    """

    size: int
    lost: int
    low: float
    high: float


@dataclass
class ValueRules:
    """Looks at the values of the panels of one figure; what panels share is looked at once.

    Attributes:
        snapshot: What the panels show.
        figure: The figure's name.
        rules: See `Rules`.
    """

    snapshot: Snapshot
    figure: str
    rules: Rules

    def __post_init__(self) -> None:
        self._kept: dict[int, tuple[Array, Array]] = {}

    def alarms(self, panels: list[Panel]) -> Iterator[Alarm]:
        """Those of all panels with colours, each array once."""
        seen: set[tuple[int, int]] = set()
        titles: list[str] = []
        for panel in panels:
            if not isinstance(panel, ColouredPanel):
                continue
            title = short_title(panel.title)
            is_closer = any(title.startswith(f"{other}:") for other in titles)
            titles.append(title)
            try:
                values, key = self._values(panel)
            except (ValueError, TypeError):
                continue  # which the figure says in the panel's place
            if key in seen:
                continue
            seen.add(key)
            alarm = self._judged(panel, title, values, is_closer=is_closer)
            if alarm is not None:
                yield alarm

    def _values(self, panel: ColouredPanel) -> tuple[Array, tuple[int, int]]:
        """The values that should be there, array[value], and what tells them from others."""
        if isinstance(panel, ImagePanel) and not panel.is_picture:
            image, mask = np.asarray(panel.values), panel.mask
            if image.ndim != 2 or image.dtype.kind not in "biuf":
                raise ValueError("no image")
            if mask is not None and np.shape(mask) != image.shape:
                raise ValueError("a mask of another shape")
            kept = None if mask is None else self._indices(np.asarray(mask))
            return (image.ravel() if kept is None else image.ravel().take(kept)), (id(panel.values), id(mask))
        values = np.asarray(panel.values if isinstance(panel, ImagePanel | MeshPanel) else _placed(panel))
        if values.dtype.kind not in "biuf":
            raise ValueError("no numbers")
        return values.ravel(), (id(getattr(panel, "values", panel)), 0)

    def _indices(self, mask: Array) -> Array | None:
        """Of the pixels that are not masked; None if these are all."""
        if id(mask) not in self._kept:
            found = np.flatnonzero(~mask.astype(np.bool_))
            self._kept[id(mask)] = (mask, found)
        found = self._kept[id(mask)][1]
        return None if found.size == mask.size else found

    def _judged(self, panel: ColouredPanel, title: str, values: Array, *, is_closer: bool) -> Alarm | None:
        """The first thing that is wrong with a panel: of zeros nobody needs to be told that they are all the same."""
        if not values.size:
            return self._empty(panel, title)
        if values.dtype.kind == "b":
            return None
        found = summary(values)
        lost = self._lost(panel, title, found) if found.lost else None
        if lost or found.lost == found.size or is_closer or isinstance(panel, ScatterPanel):
            return lost
        if found.low == found.high == 0:
            return self._zero(panel, title)
        if found.high - found.low <= _ALIKE * max(abs(found.low), abs(found.high)):
            return self._constant(panel, title, found)
        return self._saturated(panel, title, values, found)

    def _zero(self, panel: ColouredPanel, title: str) -> Alarm | None:
        if not self.rules.zero.is_for(title) or self._may_be_even(panel, title) or self._is_unused_part(panel, title):
            return None
        return self._alarm("zero", title, "every value is zero")

    def _constant(self, panel: ColouredPanel, title: str, found: Summary) -> Alarm | None:
        if found.size < _LEAST or self._may_be_even(panel, title) or not self.rules.constant.is_for(title):
            return None
        return self._alarm("constant", title, f"every value is {found.high:.6g}", value=found.high)

    def _empty(self, panel: ColouredPanel, title: str) -> Alarm | None:
        is_image = isinstance(panel, ImagePanel | MeshPanel)
        if not is_image or not self.rules.not_finite.is_for(title):
            return None
        return self._alarm("not_finite", title, "no value is left: every pixel is masked", value=1.0)

    def _lost(self, panel: ColouredPanel, title: str, found: Summary) -> Alarm | None:
        """Values that are not finite, and should be."""
        rule = self.rules.not_finite
        if not rule.is_for(title):
            return None
        if found.lost == found.size:
            return self._alarm("not_finite", title, "no value is finite", value=1.0, threshold=rule.share)
        if isinstance(panel, ScatterPanel) or self._may_be_even(panel, title):
            return None
        lost, count = found.lost, found.size
        if isinstance(panel, ImagePanel) and not panel.is_picture:
            expected = self._should_have_values(panel)
            lost = int(np.count_nonzero(expected & ~np.isfinite(np.asarray(panel.values, dtype=np.float64))))
            count = int(np.count_nonzero(expected))
        share, allowed = lost / max(count, 1), rule.of_model if _EVERYWHERE.search(title) else rule.share
        if isinstance(panel, ImagePanel) and panel.mask is not None and _DATA.search(title):
            allowed = min(allowed, _BAD_PIXELS / max(count, 1))  # where the likelihood would be none
        if share <= allowed:
            return None
        message = f"{lost:,} of {count:,} values are not finite"
        return self._alarm("not_finite", title, message, value=share, threshold=allowed)

    def _should_have_values(self, panel: ImagePanel) -> Mask:
        """array[y, x]: not masked, and none of the run's static arrays of this shape lacks a value there.

        Nor where the noise is not positive: so people mark what has no data.
        """
        shape = np.shape(panel.values)
        expected = np.ones(shape, dtype=np.bool_) if panel.mask is None else ~np.asarray(panel.mask, dtype=np.bool_)
        has_mask = panel.mask is not None and bool(np.any(panel.mask))
        own = np.asarray(panel.values)
        for name, array in {**self.snapshot.static, **self.snapshot.arrays}.items():
            if name not in self.snapshot.static and not name.endswith(("data", "noise_map")):
                continue
            each = np.asarray(array)
            if each.shape != shape or each.dtype.kind != "f":
                continue
            if "noise" in name.lower():
                expected &= np.isfinite(each) & (each > 0)
            elif not (has_mask and _is_same(each, own)):
                expected &= np.isfinite(each)
        return expected

    def _saturated(self, panel: ColouredPanel, title: str, values: Array, found: Summary) -> Alarm | None:
        """Many values at the largest one, and few just below: in noise, counts or a smooth model there are none."""
        rule = self.rules.saturated
        at_high = int(np.count_nonzero(values == found.high))
        if at_high < rule.pixels or found.lost or not rule.is_for(title) or self._may_be_even(panel, title):
            return None
        different, counts = np.unique(values, return_counts=True)
        if different.size < _CATEGORIES or at_high < _STEEP * counts[-5:-1].mean():
            return None
        if at_high > 0.5 * values.size:
            return None  # a field with holes in it, not what was cut off
        message = f"{at_high:,} of {values.size:,} values are exactly the largest, {found.high:.6g}"
        return self._alarm("saturated", title, message, value=at_high, threshold=rule.pixels)

    def _may_be_even(self, panel: ColouredPanel, title: str) -> bool:
        """Whether a panel shows what is no result of the fit, nor what was measured."""
        if _MAY_BE_EVEN.search(title) and not _FITTED.search(title):
            return True
        return self._is_static(panel, title) and not _DATA.search(title)

    def _is_static(self, panel: ColouredPanel, title: str) -> bool:
        """Whether a panel shows a static array: itself, or under its name; zeros may be equal to any mask."""
        own = np.asarray(getattr(panel, "values", ()))
        return any(
            own is each
            or np.may_share_memory(own, each)
            or (title.startswith(name) and _is_same(np.asarray(each), own))
            for name, each in self.snapshot.static.items()
        )

    def _is_unused_part(self, panel: ColouredPanel, title: str) -> bool:
        """Whether a part of the model is zero that the model does without: the others are all of it."""
        if _FITTED.search(title):
            return False
        shape = np.shape(getattr(panel, "values", ()))
        model = next((self.snapshot.arrays[name] for name in _MODELS if name in self.snapshot.arrays), None)
        parts = [
            np.asarray(array)
            for name, array in self.snapshot.arrays.items()
            if _PART.search(name) and np.shape(array) == shape and np.any(array)
        ]
        if model is None or np.shape(model) != shape or not parts:
            return False
        return bool(np.allclose(np.sum(parts, axis=0), model, rtol=1e-5, atol=1e-8 * float(np.max(np.abs(model)))))

    def _alarm(
        self, rule: str, title: str, message: str, *, value: float | None = None, threshold: float | None = None
    ) -> Alarm:
        return Alarm(rule, message, self.figure, title, value, threshold)


_MODELS = ("model_image", "model", "model_data")
_PART = re.compile(r"(^|/)(lens_light|source_image|model_(?!image|data|error|lower|upper)\w+)$")


def _placed(panel: ColouredPanel) -> Array:
    """The values of points that have a place."""
    if any(np.asarray(each).dtype.kind == "c" for each in vars(panel).values() if isinstance(each, np.ndarray)):
        raise ValueError("no real numbers")
    return panel.coloured_values()


def summary(values: Array) -> Summary:
    """Of an array of numbers that is not empty."""
    low, high = float(values.min()), float(values.max())
    if np.isfinite(low) and np.isfinite(high):
        return Summary(values.size, 0, low, high)
    finite: Floats = values[np.isfinite(values)]
    if not finite.size:
        return Summary(values.size, values.size, np.nan, np.nan)
    return Summary(values.size, values.size - finite.size, float(finite.min()), float(finite.max()))


def short_title(title: str) -> str:
    """A title without the numbers that some have after a colon: "Chi squared: 1,234.5 in 1,300 pixels"."""
    head, colon, tail = title.partition(":")
    return head if colon and re.search(r"\d", tail) else title


def _is_same(one: Array, other: Array) -> bool:
    if one is other:
        return True
    if one.shape != other.shape or one.dtype.kind not in "biuf" or not one.size:
        return False
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f" and other.dtype.kind == "f"))
