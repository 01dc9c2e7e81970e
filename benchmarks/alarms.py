"""Alarms: how many are false on good fits, how many spoiled fits they miss, and what they cost a frame.

The limit: on 200 good fits at most one false alarm, every spoiled fit is named with its panel, and 2 ms for a live
frame of twelve panels. Fits are simulated: lenses of 20 to 300 pixels a side with any brightness, mask and PSF,
spectra, visibilities, lensed points, others. A spoiled fit that no statistics could tell from a good one, as it raises
chi squared by less than 100, and leaves no array bare, is counted by itself.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from simulated import lenses, others, spoiled
from table import parse, report

from autoviz_render.figures import find_figure
from autoviz_render.figures.panels import Panel
from autoviz_render.renderer.alarms.panels import panel_alarms, panel_digests
from autoviz_render.renderer.alarms.rules import Rules, read_rules
from autoviz_render.spool.snapshot import Snapshot

FAINT = 100.0
"""What a spoiled fit must add to chi squared, to be one."""

OTHERS = {
    "spectrum": (others.spectrum, spoiled.LINE),
    "visibilities": (others.visibilities, spoiled.VISIBILITIES),
    "quasar": (others.quasar, spoiled.POINTS),
    "plate": (others.plate, {}),
    "posterior": (others.posterior, {}),
}


def panels_of(fit: Snapshot) -> list[Panel]:
    drawn: Any = find_figure(fit.figures[0])(fit)
    return list(chain.from_iterable(each if isinstance(each, list) else [each] for each in drawn))


def good_fits(count: int) -> Iterator[tuple[str, Snapshot]]:
    """Of every kind; two of three are lenses."""
    kinds = list(OTHERS)
    for number in range(count):
        rng = np.random.default_rng([1, number])
        if number % 3:
            yield "lens", lenses.fit_of(lenses.any_lens(rng), rng, number)
        else:
            kind = kinds[number // 3 % len(kinds)]
            yield kind, OTHERS[kind][0](rng, number)


def spoiled_fits(rounds: int) -> Iterator[tuple[str, Snapshot, Snapshot | None]]:
    """Each way to spoil a fit, so many times, with what was wrong and the good fit that it was."""
    for number in range(rounds):
        for index, (name, spoil) in enumerate(spoiled.IMAGE.items()):
            rng = np.random.default_rng([2, number, index])
            fit = lenses.fit_of(lenses.any_lens(rng), rng, number)
            yield f"lens, {name}", spoil(fit, rng), fit
        rng = np.random.default_rng([3, number])
        lens = lenses.any_lens(rng)
        for name, make in spoiled.lens_spoils(lens, rng).items():
            yield f"lens, {name}", make(), None
        for kind, (make_fit, spoils) in OTHERS.items():
            for index, (name, spoil) in enumerate(spoils.items()):
                rng = np.random.default_rng([4, number, index])
                fit = make_fit(rng, number)
                yield f"{kind}, {name}", spoil(fit, rng), fit


def added(fit: Snapshot, good: Snapshot | None) -> float:
    """By how much chi squared is off what it should be, because a fit was spoiled."""
    name = next((each for each in ("model_image", "model", "model_data") if each in fit.arrays), None)
    if name is None:
        return np.inf
    chi_squared, count = _chi_squared(fit, name)
    before = count if good is None else _chi_squared(good, name)[0]
    return abs(chi_squared - before)


def _chi_squared(fit: Snapshot, name: str) -> tuple[float, int]:
    noise = np.abs(np.real(fit.static["noise_map"]))
    left = np.abs(fit.static["data"] - fit.arrays[name]) / noise
    used = ~fit.static.get("mask", np.zeros(left.shape, dtype=bool))
    if np.isfinite(left[used]).all():
        return float(np.sum(left[used] ** 2)), int(used.sum())
    return np.inf, int(used.sum())


def try_good(count: int, *, to: Path | None) -> None:
    rules = Rules()
    fits, alarms = Counter[str](), Counter[str]()
    for kind, fit in good_fits(count):
        found = panel_alarms(panels_of(fit), fit, fit.figures[0], rules)
        fits[kind] += 1
        alarms[kind] += bool(found)
        for alarm in found:
            print(f"  false: {fit.run} {np.shape(fit.static.get('data', 0))}: {alarm.panel}: {alarm.message}")
    rows = [{"kind": kind, "good fits": fits[kind], "with a false alarm": alarms[kind]} for kind in fits]
    rows.append({"kind": "all", "good fits": fits.total(), "with a false alarm": alarms.total()})
    report(rows, "Good fits", to)


def try_spoiled(rounds: int, *, to: Path | None) -> None:
    rules = Rules()
    fits, named, faint = Counter[str](), Counter[str](), Counter[str]()
    for kind, fit, good in spoiled_fits(rounds):
        found = panel_alarms(panels_of(fit), fit, fit.figures[0], rules)
        is_bare = any(alarm.rule not in ("structured", "chi_squared") for alarm in found)
        if not found and added(fit, good) < FAINT and not is_bare:
            faint[kind] += 1
            continue
        fits[kind] += 1
        named[kind] += bool(found) and all(alarm.panel for alarm in found)
        if not found:
            size = np.shape(fit.static.get("data", 0))
            print(f"  missed: {kind} {fit.run} {size}: chi squared off by {added(fit, good):.0f}")
    rows = [{"spoiled": kind, "fits": fits[kind], "named": named[kind], "too faint": faint[kind]} for kind in fits]
    rows.append({"spoiled": "all", "fits": fits.total(), "named": named.total(), "too faint": faint.total()})
    report(rows, "Spoiled fits", to)


def costs(*, quick: bool, to: Path | None) -> None:
    rows = []
    for pixels in (74, 160, 300):
        rng = np.random.default_rng(5)
        fit = lenses.fit_of(lenses.any_lens(rng, pixels), rng)
        panels = panels_of(fit)
        ways = {
            "recipe": lambda fit=fit: panels_of(fit),
            "alarms": lambda fit=fit, panels=panels: panel_alarms(panels, fit, "imaging", Rules()),
            "digests": lambda fit=fit, panels=panels: panel_digests(panels, fit),
            "rules": lambda: read_rules(Path.cwd()),
        }
        row: dict[str, Any] = {"pixels": f"{pixels}x{pixels}"}
        rows.append(row | {f"{name}, ms": _processor_ms(way, 10 if quick else 60) for name, way in ways.items()})
    report(rows, "A live frame of twelve panels, processor time", to)


def _processor_ms(way: Callable[[], object], rounds: int) -> float:
    """The median of the processor time that it takes, which another process does not change by much."""
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        way()
        spent.append(time.process_time() - started)
    return 1e3 * float(np.median(spent))


def main() -> None:
    settings = parse(__doc__)
    costs(quick=settings.quick, to=settings.json)
    started = time.process_time()
    try_good(60 if settings.quick else 300, to=settings.json)
    try_spoiled(2 if settings.quick else 8, to=settings.json)
    print(f"\n{time.process_time() - started:.0f} s of processor time")


if __name__ == "__main__":
    main()
