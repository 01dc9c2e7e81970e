"""How long the 12-panel imaging figure takes, next to Matplotlib's ways and to the limit.

A real fit (15,380 unmasked pixels, a 25x25 source), from bad to good; each way draws the same panels. "over the limit"
and "faster" are medians of pairwise ratios in one run. The tables of ADR 0003 are those of `--engines`.
"""

from __future__ import annotations

import itertools
import sys
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from figure.fit import snapshots
from figure.kept_axes import kept_axes, replaced, replacing
from figure.lines_of_code import code_lines
from figure.ways import Limit, by_objects, by_pyplot
from matplotlib.ticker import MaxNLocator, ScalarFormatter
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.figures.numbers import round_ticks
from autoviz_render.figures.panels import full_extent
from autoviz_render.renderer.fixed_limits import with_limits_of
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.artists import text_cache
from autoviz_render.renderer.plot.drawing import KeptFigure

CASES = ("views and limits fixed", "views fixed", "views move", "first frame")
SIZES = {"3584x2685": 200.0, "1792x1343": 100.0}


def main() -> None:
    settings = parse(__doc__, {"--engines": "only our own artists beside Matplotlib's Axes, as ADR 0003 has it"})
    fit = snapshots()
    compare_engines(fit, settings.quick, settings.json)
    if settings.engines:
        return
    encoders: dict[str, ModuleType] = {"zlib": zlib}
    if png.deflate is not zlib:
        encoders = {"ISA-L": png.deflate, **encoders}
    for (size, dpi), (name, encoder) in itertools.product(SIZES.items(), encoders.items()):
        png.deflate = encoder
        rounds = 3 if settings.quick else 12
        seconds = interleaved(ways(fit, dpi), rounds)
        rows = [row(way, each, seconds) for way, each in seconds.items()]
        report(rows, f"12 panels, {size} pixels, PNG by {name}", settings.json)
    for size, dpi in SIZES.items():
        seconds = interleaved(parts(fit, dpi, encoders), 8 if settings.quick else 32)
        rows = [{"part": part, "ms": milliseconds(each)} for part, each in seconds.items()]
        report(rows, f"where the steady frame's time goes, {size} pixels", settings.json)


def compare_engines(fit: list[Any], is_quick: bool, to: Path | None) -> None:
    """Our own artists beside Matplotlib's Axes, kept: times, and lines of code."""
    rows = []
    for (size, dpi), case in itertools.product(SIZES.items(), CASES):
        panels = panels_of(fit, case)
        rounds = 5 if is_quick else 24 if case != "first frame" else 10
        seconds = interleaved(engines(fit, panels, dpi, is_first=case == "first frame"), rounds)
        own, axes = seconds["own"], seconds["axes"]
        times = {"own artists, ms": milliseconds(own), "Axes, kept, ms": milliseconds(axes), "ratio": ratio(axes, own)}
        rows.append({"size": size, "case": case, **times})
    report(rows, "own artists beside Matplotlib's Axes, kept: panels to PNG", to)
    lines = [("own", sum(map(code_lines, replaced()))), ("by Axes", sum(map(code_lines, replacing())))]
    report([{"engine": engine, "lines of code": count} for engine, count in lines], "what one takes and the other", to)
    seconds = interleaved({"own": own_ticks, "matplotlib.ticker": library_ticks}, 20 if is_quick else 200)
    ticks = [{"ticks of an axis": way, "µs": 1e3 * milliseconds(each)} for way, each in seconds.items()]
    report(ticks, "positions and numbers of an axis", to)


def own_ticks() -> object:
    return round_ticks(-3.7, 12.4, 5)


def library_ticks() -> object:
    positions = MaxNLocator(5).tick_values(-3.7, 12.4)
    formatter = ScalarFormatter()
    formatter.create_dummy_axis()
    axis: Any = formatter.axis
    axis.set_view_interval(-3.7, 12.4)
    return formatter.format_ticks(positions)


def panels_of(fit: list[Any], case: str) -> list[Any]:
    """The panels of each snapshot; with the colour limits of the last one, or with views that move, in such a case."""
    if case == "views and limits fixed":
        return [with_limits_of(imaging, fit[-1])(snapshot) for snapshot in fit]
    panels = [imaging(snapshot) for snapshot in fit]
    return [moved(each, number) for number, each in enumerate(panels)] if case == "views move" else panels


def engines(fit: list[Any], panels: list[Any], dpi: float, *, is_first: bool) -> Mapping[str, Callable[[], object]]:
    """Each call draws the next snapshot's panels, in a figure that is kept, or in a new one."""

    def engine(drawn_in: Callable[[], AbstractContextManager[None]]) -> Callable[[], object]:
        turn, ready = itertools.cycle(panels), itertools.cycle(fit)
        kept = KeptFigure(lambda _: next(turn), dpi=dpi)

        def draw() -> bytes:
            with drawn_in():
                figure = KeptFigure(lambda _: next(turn), dpi=dpi) if is_first else kept
                if is_first:
                    text_cache._text_pixels.cache_clear()
                return figure.draw(next(ready)).encode("png")

        return draw

    return {"own": engine(nullcontext), "axes": engine(kept_axes)}


def moved(panels: list[Any], number: int) -> list[Any]:
    """The panels with a view that is another for each number, so that other ticks are drawn."""

    def view(panel: Any) -> tuple[float, ...]:
        x0, x1, y0, y1 = panel.view or full_extent(panel.values, panel.extent)
        part = 0.02 + 0.013 * (number % 16)
        return x0 + part * (x1 - x0), x1, y0 + part * (y1 - y0), y1

    return [replace(panel, view=view(panel)) for panel in panels]


def ways(fit: list[Any], dpi: float) -> Mapping[str, Callable[[], object]]:
    """Each call draws the next snapshot."""
    kept = KeptFigure(imaging, dpi=dpi)
    panels = [imaging(snapshot) for snapshot in fit]
    limit = Limit(kept.draw(fit[0]).pixels, panels[0], dpi)
    turns: dict[str, Any] = {}

    def following(way: str, things: list[Any]) -> Any:
        return next(turns.setdefault(way, itertools.cycle(things)))

    return {
        "pyplot, fresh, tight_layout": lambda: by_pyplot(following("pyplot", panels), dpi),
        "objects, fresh, fixed grid": lambda: by_objects(following("objects", panels), dpi),
        "autoviz-render, fresh": lambda: KeptFigure(imaging, dpi=dpi).draw(following("fresh", fit)).encode("png"),
        "autoviz-render, steady": lambda: kept.draw(following("steady", fit)).encode("png"),
        "limit": lambda: limit.draw(following("limit", panels)),
    }


def row(way: str, mine: list[float], seconds: Mapping[str, list[float]]) -> dict[str, Any]:
    return {
        "way": way,
        "ms": milliseconds(mine),
        "times faster than pyplot": ratio(seconds["pyplot, fresh, tight_layout"], mine),
        "over the limit": ratio(mine, seconds["limit"]),
    }


def parts(fit: list[Any], dpi: float, encoders: Mapping[str, ModuleType]) -> Mapping[str, Callable[[], object]]:
    """Of the steady frame."""
    kept = KeptFigure(imaging, dpi=dpi)
    panels = itertools.cycle([imaging(snapshot) for snapshot in fit])
    ready = KeptFigure(lambda _: next(panels), dpi=dpi)
    turn, other = itertools.cycle(fit), itertools.cycle(fit)
    drawn = kept.draw(fit[0])

    def save(encoder: ModuleType) -> bytes:
        png.deflate = encoder
        return drawn.encode("png")

    return {
        "recipe: numbers, contours": lambda: imaging(next(turn)),
        "draw, recipe not counted": lambda: ready.draw(next(other)),
        **{f"encode by {name}": partial(save, encoder) for name, encoder in encoders.items()},
    }


if __name__ == "__main__":
    main()
