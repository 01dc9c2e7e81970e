"""What contact sheets cost: against drawing the same panels alone, and how soon the page over very many runs is there.

    python benchmarks/sheets.py [--quick] [--json FILE]

Limit: a sheet draws the panels, and cannot be faster than that. Aims: a sheet of 2,000 runs x 3 panels takes at most
1.2 times as long as to draw those panels alone, ordered by chi squared or not; the page over them opens in the browser
within a second.

`panels alone` reads each snapshot once, asks its recipe once, and draws the three panels into pixels that nobody
writes, in one process and nothing else: less than that cannot be done. `--panel, three times` is how the same panels
were drawn before there were sheets: three passes, a file each. Both and the sheets are runs in turn; processor time is
that of all processes, without the start of the one that draws, which `one run` tells. `numbers` is the first pass over
all runs, which orders them.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from table import parse, report

from autoviz_render.renderer.batch.render import render
from autoviz_render.renderer.batch.runs import find_runs
from autoviz_render.renderer.plot.theme import THEMES
from autoviz_render.renderer.settings import FigureSpec, RenderSettings
from autoviz_render.renderer.sheet.cells import CellDrawer
from autoviz_render.renderer.sheet.layout import sheet_layout
from autoviz_render.renderer.sheet.order import SheetOrder
from autoviz_render.renderer.sheet.sheets import make_sheets
from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.page.sheet import SheetSite

NAMES = ("source", "residuals", "data")
TITLES = ("Source plane", "Normalised residuals", "Data")
SIDE = 100  # pixels of an image
MODELS = 20  # runs that differ; the others are copies


def publish(run_dir: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-3 : 3 : SIDE * 1j, -3 : 3 : SIDE * 1j]
    ring = np.exp(-((np.hypot(x, y) - 1.2 - 0.02 * seed) ** 2) / 0.05)
    model, noise = ring * (0.8 + 0.01 * seed), np.full((SIDE, SIDE), 0.1)
    static = {"data": ring + rng.normal(scale=0.1, size=ring.shape), "noise_map": noise, "mask": np.hypot(x, y) > 2.8}
    source = np.exp(-(np.hypot(*np.mgrid[-1:1:40j, -1:1:40j]) ** 2) / 0.05)
    arrays = {"model_image": model, "source": source, "source_extent": np.array([-1.0, 1.0, -1.0, 1.0])}
    arrays |= {"lens_light": model * 0.1, "extent": np.array([-3.0, 3.0, -3.0, 3.0])}
    with Publisher(run_dir, figure="imaging", static=static) as publisher:
        scalars = {"log_evidence": float(rng.normal())}
        publisher.publish(arrays, iteration=seed, log_likelihood=-float(seed), scalars=scalars)


def runs_of(folder: Path, count: int) -> Path:
    """So many finished fits."""
    for number in range(min(count, MODELS)):
        publish(folder / f"lens_{number:04d}", number)
    for number in range(MODELS, count):
        shutil.copytree(folder / f"lens_{number % MODELS:04d}", folder / f"lens_{number:04d}")
    return folder


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of processor time of this process and its children, that something takes."""

    def used() -> float:
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before, began = used(), time.monotonic()
    work()
    return time.monotonic() - began, used() - before


def panels_alone(folder: Path) -> None:
    """Read, recipe, three panels in pixels."""
    runs, _ = find_runs([folder])
    drawer = CellDrawer(sheet_layout(len(NAMES), len(runs), 100), THEMES["light"], NAMES)
    for run in runs:
        newest = run.spool.newest()
        assert newest is not None
        drawer.panels((FigureSpec("imaging"),), run.spool.read(newest))


def panel_by_panel(folder: Path, out: Path) -> None:
    for title in TITLES:
        for result in render([folder], settings=RenderSettings(panel=title), out=out / title):
            assert result.status == "drawn", result


def sheet(folder: Path, out: Path, sort: str | None, *, html: bool = False) -> None:
    runs, _ = find_runs([folder])
    keys = [run.spool.paths.run_dir.name for run in runs]
    pages = () if html else ("png",)
    order = SheetOrder(NAMES, out, "benchmark", pages=pages, pdf=False, strips=html, sort=sort)
    site = SheetSite(order)
    for page in make_sheets(runs, keys, order):
        assert not page.faults, page.faults
        site.add(page)
    if html:
        site.write()


def against_panels(count: int, rounds: int, *, with_passes: bool) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        runs, one = runs_of(Path(folder) / "runs", count), runs_of(Path(folder) / "one", 1)
        ways: dict[str, Callable[[], object]] = {
            "panels alone": lambda: panels_alone(runs),
            "sheet, png": lambda: sheet(runs, out, None),
            "sheet, png, by log_evidence": lambda: sheet(runs, out, "log_evidence"),
            "sheet, png, by chi2": lambda: sheet(runs, out, "-chi2"),
            "sheet, html": lambda: sheet(runs, out, None, html=True),
        }
        if with_passes:
            ways["--panel, three times"] = lambda: panel_by_panel(runs, out)
        told: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        starts = []
        panels_alone(one)
        for _ in range(rounds):
            starts.append(spent(lambda: sheet(one, out, None)))
            for name, way in ways.items():
                told[name].append(spent(way))
        start = statistics.median(used for _, used in starts)
        rows = []
        for name, each in told.items():
            passes = {"--panel, three times": 3}.get(name, 0 if name == "panels alone" else 1)
            used = [busy - passes * start for _, busy in each]
            ratios = [mine / alone for mine, (_, alone) in zip(used, told["panels alone"], strict=True)]
            row = {"way": name, "runs": count, "seconds": statistics.median(wall for wall, _ in each)}
            row |= {"processor s": statistics.median(used), "ms a run": 1e3 * statistics.median(used) / count}
            rows.append(row | {"over panels alone": statistics.median(ratios)})
        return rows


def opened(count: int) -> dict[str, Any]:
    """How long the browser takes for a page over so many runs."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        out = Path(folder) / "out"
        sheet(runs_of(Path(folder) / "runs", min(count, 60)), out, None, html=True)
        many(out, count)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        took = []
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto((out / "sheet.html").as_uri())
            page.wait_for_function("() => document.documentElement.dataset.ready === '1'")
            took.append(
                page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(performance.now())))")
            )
            page.close()
        browser.close()
        size = sum(file.stat().st_size for file in (out / "sheet_files").glob("strip-*")) * count / min(count, 60)
        return {"runs": count, "ms until shown": statistics.median(took), "MB of pictures": size / 1e6}


def many(out: Path, count: int) -> None:
    """Have the page show so many runs: the pictures of sixty, again and again, each under a name of its own."""
    from autoviz_render.views.page.scripts import data_script, value_of

    file = out / "sheet_files" / "sheet.js"
    value = value_of(file.read_bytes())
    strips, rows = value["strips"], value["rows"]
    times = -(-count // len(rows))
    value["strips"] = [each for _ in range(times) for each in strips]
    value["rows"] = [[f"{time}/{row[0]}", *row[1:]] for time in range(times) for row in rows]
    file.write_bytes(data_script("sheet", {**value, "runs": count}))


def main() -> None:
    arguments = parse(__doc__, {"--passes": "time --panel, three times, too"})
    count, rounds = (200, 3) if arguments.quick else (2000, 3)
    rows = against_panels(count, rounds, with_passes=arguments.passes)
    report(rows, "A sheet of three panels over the same panels drawn alone (aim: 1.2)", arguments.json)
    if shutil.which("chromium"):
        pages = [opened(each) for each in (60, 2000, 10_000)]
        report(pages, "The page over many runs, in Chromium (aim: 1,000 ms for 2,000)", arguments.json)


if __name__ == "__main__":
    sys.exit(main())
