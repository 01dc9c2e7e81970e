"""How long the 12-panel imaging figure takes, next to Matplotlib's ways and to the limit.

A real fit (15,380 unmasked pixels, a 25x25 source), from bad to good; each way draws the same panels. "over the limit"
and "faster" are medians of pairwise ratios in one run.
"""

from __future__ import annotations

import itertools
import sys
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from figure.fit import snapshots
from figure.ways import Limit, by_objects, by_pyplot
from table import interleaved, milliseconds, parse, ratio, report

from autoviz_render.figures.builtin.imaging import imaging
from autoviz_render.renderer.plot import png
from autoviz_render.renderer.plot.drawing import KeptFigure

SIZES = {"3584x2685": 200.0, "1792x1343": 100.0}


def main() -> None:
    settings = parse(__doc__)
    fit = snapshots()
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
