"""The figure of what changed: one panel of the run's first figure at several moments, with the same limits for all.

It reads no arrays of its own. It follows one panel of the first other figure that the run names ("auto" if there is
none) through the snapshots that are kept: at most `MOST`, evenly over the iterations, the first one and this one always
among them. Each is titled by its iteration and its log likelihood; axes and colours are those of the newest.

`--panel` says which panel is followed. Without it that is the source, else the model, else what changed most.

A snapshot shows only what is before it: drawn again later it looks as it did, as long as the snapshots are kept that it
showed. Retention removes some of a long run; then those beside them are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from autoviz_render.figures.comparison.limits import held_to, own_limits, own_view
from autoviz_render.figures.comparison.titles import named_panel, same_panels
from autoviz_render.figures.numbers import nats, whole
from autoviz_render.figures.panels import ColouredPanel, ImagePanel, LinesPanel, Panel, PanelsOf, TextPanel, full_extent
from autoviz_render.figures.registry import Recipe, find_figure
from autoviz_render.figures.shared_axes import with_shared_axes
from autoviz_render.spool.errors import SpoolError
from autoviz_render.spool.snapshot import Snapshot
from autoviz_render.spool.text import in_one_line

MOST = 16
"""Moments: four rows of four."""

_MOST_PIXELS = 512
"""On a side of an image: a small panel shows no more, and all of them are held at once."""


def history(snapshot: Snapshot, *, panel: str | int | None = None) -> list[Panel]:
    """At most `MOST` panels.

    Args:
        panel: The title or the number of the panel that is followed; None for the one that changes.

    Raises:
        PageError: There is no such panel.
        FigureError: There is no such figure as the run names.
        SpoolError: The snapshots cannot be listed.
    """
    recipe = find_figure(followed_figure(snapshot))
    newest = _panels(recipe, snapshot)
    earlier = [moment for read in chosen(snapshot) if (moment := _moment(recipe, read)) is not None]
    if panel is None:
        followed = changing(next((moment.panels for moment in earlier if not moment.fault), newest), newest)
    else:
        followed = named_panel(panel, newest)
    now = _titled(_small(followed), snapshot)
    shown = [*(_held(_at(moment, followed), now) for moment in earlier), _held(now, now)]
    return PanelsOf(followed.title, map(_without_legend, shown))


def followed_figure(snapshot: Snapshot) -> str:
    """The name of the figure of which a panel is followed: the run's first one that is not this one."""
    return next((name for name in snapshot.figures if name != "history"), "auto")


def chosen(snapshot: Snapshot) -> list[Callable[[], Snapshot]]:
    """What reads the earlier snapshots that are shown: evenly over the iterations, the first of all among them."""
    iterations = np.array(snapshot.earlier.iterations, np.float64)
    numbers = range(iterations.size)
    if iterations.size >= MOST:
        moments = np.linspace(iterations[0], max(float(snapshot.iteration), iterations[-1]), MOST)[:-1]
        numbers = sorted({int(np.abs(iterations - moment).argmin()) for moment in moments})  # type: ignore[assignment]
    return [lambda number=number: snapshot.earlier[number] for number in numbers]  # type: ignore[misc]


def changing(first: Sequence[Panel], newest: Sequence[Panel]) -> Panel:
    """The panel to follow if nobody says: the source, else the model, else the one that changed most.

    Args:
        first: Of the first snapshot.
        newest: Of the newest one, not empty.
    """
    for kind in (ColouredPanel, LinesPanel):
        some = [panel for panel in newest if isinstance(panel, kind)]
        for is_meant in (lambda title: title.startswith("source"), lambda title: "model" in title):
            if (found := next((panel for panel in some if is_meant(panel.title.casefold())), None)) is not None:
                return found
        if some:
            before = {other: first[one] for one, other in same_panels(first, newest)}
            return max(some, key=lambda panel: _change(before.get(newest.index(panel)), panel))
    return newest[0] if newest else TextPanel("Nothing to follow", "The figure has no panels.")


@np.errstate(all="ignore")  # what overflows has changed
def _change(one: Panel | None, other: Panel) -> float:
    """How much a panel changed, as a share of the range of its values; infinite if its shape did, 0 if unknown."""
    if one is None:
        return 0.0
    try:
        values = [_values(panel) for panel in (one, other)]
    except (ValueError, TypeError):
        return 0.0  # a panel that cannot be drawn
    if values[0].shape != values[1].shape:
        return np.inf
    finite = np.isfinite(values[0] + values[1])
    size = np.ptp(values[1][finite]) if finite.any() else 0.0
    return float(np.abs(values[1] - values[0])[finite].mean() / size) if size > 0 else 0.0


def _values(panel: Panel) -> Any:
    if isinstance(panel, ColouredPanel):
        return panel.coloured_values()
    series = panel.series if isinstance(panel, LinesPanel) else ()
    return np.concatenate([np.empty(0), *(np.asarray(each.y, np.float64).ravel() for each in series)])


@dataclass(frozen=True, eq=False)
class _Moment:
    """An earlier snapshot.

    snapshot: None if it cannot be read. panels: what the figure shows of it, with few pixels. fault: why nothing is.
    """

    snapshot: Snapshot | None
    panels: Sequence[Panel] = ()
    fault: str = ""


def _moment(recipe: Recipe, read: Callable[[], Snapshot]) -> _Moment | None:
    """None if retention removed it meanwhile."""
    try:
        snapshot = read()
    except FileNotFoundError:
        return None
    except (SpoolError, OSError) as error:
        return _Moment(None, fault=in_one_line(error, kind=False))
    try:
        return _Moment(_bare(snapshot), [_small(panel) for panel in _panels(recipe, snapshot)])
    except Exception as error:  # noqa: BLE001 - a figure's code; the other moments are shown
        return _Moment(_bare(snapshot), fault=in_one_line(error))


def _bare(snapshot: Snapshot) -> Snapshot:
    """Its numbers, without what takes memory."""
    return Snapshot({}, iteration=snapshot.iteration, log_likelihood=snapshot.log_likelihood, counts=snapshot.counts)


def _panels(recipe: Recipe, snapshot: Snapshot) -> list[Panel]:
    """The panels of a figure, and those that stand within them."""
    items: list[Any] = list(recipe(snapshot))
    panels = list(chain.from_iterable([item] if isinstance(item, Panel) else item for item in items))
    insets = chain.from_iterable(getattr(panel, "insets", ()) for panel in panels)
    return [panel.at(snapshot) for panel in (*with_shared_axes(panels), *insets)]


def _at(moment: _Moment, followed: Panel) -> Panel:
    """The panel that is followed, at a moment."""
    pairs = same_panels([followed], moment.panels)
    if moment.snapshot is None:
        return TextPanel("Not readable", moment.fault)
    panel = moment.panels[pairs[0][1]] if pairs else TextPanel("", moment.fault or f"{followed.title}: not there yet")
    return _titled(panel, moment.snapshot)


def _titled(panel: Panel, snapshot: Snapshot) -> Panel:
    told = f", log L {nats(snapshot.log_likelihood)}" if np.isfinite(snapshot.log_likelihood) else ""
    return replace(panel, title=f"{whole(snapshot.iteration)}{told}", span=(1, 1))


def _held(panel: Panel, like: Panel) -> Panel:
    """With the axes and colours of the newest; as it is if one of them cannot be drawn, which will show the error."""
    try:
        return held_to(panel, like)
    except (ValueError, TypeError, IndexError):
        return panel


def _without_legend(panel: Panel) -> Panel:
    """Legends would hide what a small image shows; the figure that is followed has them."""
    if not isinstance(panel, ColouredPanel):
        return panel
    return replace(panel, curves=[replace(curve, label="") for curve in panel.curves])


def _small(panel: Panel) -> Panel:
    """The panel with arrays of its own, and an image with as many pixels as a small panel shows of its view."""
    if isinstance(panel, ImagePanel):
        panel = _fewer_pixels(panel)
    detached: Panel = _detached(panel)
    return detached


def _fewer_pixels(panel: ImagePanel) -> ImagePanel:
    """An image of at most so many pixels: every second, third, ... of those in its view, from the middle of each."""
    shape = np.shape(panel.values)
    if len(shape) < 2 or max(shape[:2]) <= _MOST_PIXELS or isinstance(panel.values, list):
        return panel
    x0, x1, y0, y1 = full_extent(panel.values, panel.extent)
    step = -(-max(shape[:2]) // _MOST_PIXELS)
    rows, columns = (max(1, length // step) for length in shape[:2])
    kept = tuple(
        slice(min(step // 2, length - 1), count * step, step)
        for length, count in zip(shape, (rows, columns), strict=False)
    )
    reach = (min(1.0, count * step / length) for length, count in zip(shape, (rows, columns), strict=False))
    up, right = reach
    extent = (x0, x0 + right * (x1 - x0), y0, y0 + up * (y1 - y0))
    mask = None if panel.mask is None else np.asarray(panel.mask)[kept]
    limits = None if panel.is_picture else own_limits(panel)
    low, high = (panel.low, panel.high) if limits is None else limits
    view = panel.view or own_view(panel)
    return replace(
        panel, values=np.asarray(panel.values)[kept], mask=mask, extent=extent, view=view, low=low, high=high
    )


def _detached(value: Any) -> Any:
    """The same, with copies of arrays that are parts of others: those would keep a whole snapshot in memory."""
    if isinstance(value, np.ndarray):
        return value if value.base is None else value.copy()
    if isinstance(value, list | tuple):
        return type(value)([_detached(each) for each in value]) if not hasattr(value, "_fields") else value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _detached(getattr(value, each.name)) for each in _shown(value)})
    return value


def _shown(value: Any) -> Iterator[Any]:
    return (each for each in fields(value) if each.init)
