"""What the pages cost: processor time of whoever draws, files and bytes, and the page over very many runs.

    python benchmarks/pages.py [--quick] [--json FILE]

Aims: drawing many finished runs takes at most 1.05 times the seconds, and 1.1 times the processor time, that it takes
without pages; a run's page is at most 13 files and 2.3 MB, however long it runs; the page over 10,000 runs is written a
second time at 2 ms of processor time a run, and one of them that changes costs at most 20 ms. The limit of the first
writing is the thumbnails: 10 ms for a figure of 2240x1343 pixels are to decode it.

`without` and `with` are runs in pairs, one after the other, with AUTOVIZ_PAGE=0 and without it; seconds are those until
the last figure, processor time is that of the renderer and of the process that draws.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from table import parse, report

from autoviz_render.spool.publisher import Publisher
from autoviz_render.views.model.follow import look
from autoviz_render.views.page.site import write_site
from autoviz_render.views.page.site_writer import SiteWriter

COMMAND = [sys.executable, "-P", "-m", "autoviz_render.cli"]
SIDE = 400  # pixels of an image


def publish(publisher: Publisher, number: int) -> None:
    rng = np.random.default_rng(number)
    arrays = {f"image {each}": rng.normal(size=(SIDE, SIDE)).cumsum(0) for each in range(8)}
    scalars = {f"number {each}": float(rng.normal()) for each in range(8)}
    publisher.publish(arrays, iteration=number, log_likelihood=-1.0 / (number + 1), scalars=scalars)
    publisher.flush()


def runs_of(folder: Path, count: int) -> Path:
    """So many finished runs that are alike."""
    model = folder / "model"
    with Publisher(model) as publisher:
        publish(publisher, 0)
    for number in range(count):
        shutil.copytree(model, folder / "runs" / f"{number:05d}")
    return folder / "runs"


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds, and seconds of processor time of the children, that something takes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def watch(folder: Path, page: str) -> subprocess.Popen[bytes]:
    command = [*COMMAND, "--watch", "--until-finished", "--quiet", str(folder)]
    return subprocess.Popen(command, env=os.environ | {"AUTOVIZ_PAGE": page}, stdout=subprocess.DEVNULL)


def many_finished(count: int, rounds: int) -> dict[str, Any]:
    """Many runs that are over, drawn once each."""
    told: dict[str, list[tuple[float, float]]] = {"0": [], "1": []}
    for page in ["0", "1"] * rounds:
        with tempfile.TemporaryDirectory() as folder:
            runs = runs_of(Path(folder), count)
            began = time.time()
            _, busy = spent(watch(runs, page).wait)
            drawn = max(figure.stat().st_mtime for figure in runs.glob("*/image/fit.png"))
            told[page].append((drawn - began, busy))  # the pages that are still to come hold up no figure
            written = len(list(runs.glob("*/image/index_files/run.js")))
    return _compared(f"{count} finished runs", told) | {"pages by then": written}


def one_that_goes_on(seconds: float, rounds: int) -> dict[str, Any]:
    """A run that publishes four times a second."""
    told: dict[str, list[tuple[float, float]]] = {"0": [], "1": []}
    for page in ["0", "1"] * rounds:
        with tempfile.TemporaryDirectory() as folder, Publisher(Path(folder) / "run") as publisher:
            watcher = watch(Path(folder), page)

            def work(publisher: Publisher = publisher, watcher: subprocess.Popen[bytes] = watcher) -> None:
                began = time.monotonic()
                for number in range(int(4 * seconds)):
                    publish(publisher, number)
                    time.sleep(max(0.0, began + number / 4 - time.monotonic()))
                publisher.close()
                watcher.wait()

            told[page].append(spent(work))
            size = _size(Path(folder) / "run" / "image", {"fit.png"})
    return _compared(f"a run of {seconds:.0f} s", told) | {"files": size[0], "MB": size[1] / 1e6}


def _compared(name: str, told: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    (seconds, busy), (with_seconds, with_busy) = (
        [statistics.median(each[index] for each in told[page]) for index in (0, 1)] for page in ("0", "1")
    )
    about = {"s without": seconds, "s with": with_seconds, "ratio": with_seconds / seconds}
    return {"what": name} | about | {"CPU without": busy, "CPU with": with_busy, "CPU ratio": with_busy / busy}


def _size(folder: Path, besides: set[str]) -> tuple[int, int]:
    files = [file for file in folder.rglob("*") if file.is_file() and file.name not in besides]
    return len(files), sum(file.stat().st_size for file in files)


def over_many(count: int) -> dict[str, Any]:
    """The page over very many runs: written first, again, and for one that changes."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        with Publisher(model) as publisher:
            publish(publisher, 0)
        subprocess.run([*COMMAND, "--quiet", str(model)], check=True, stdout=subprocess.DEVNULL)
        runs = Path(folder) / "runs"
        for number in range(count):
            shutil.copytree(model, runs / f"{number:05d}", copy_function=os.link)
        spools = sorted(runs.glob("*/spool"))
        first, again = (_busy(lambda: write_site(look(runs, spools), runs)) for _ in range(2))
        files, size = _size(runs / "index_files", set())
        feed = look(runs, spools)
        writer = SiteWriter(runs, "runs")
        for view in feed.overview.runs:
            writer.set(view)
            writer.set_thumb(view, None)
        writer.write(feed.overview, None, most_changed=0)
        view = feed.overview.runs[count // 2]
        changes = []
        for number in range(20):
            changed = type(view)(**vars(view) | {"iteration": number})
            changes.append(_busy(lambda changed=changed: (writer.set(changed), writer.write(feed.overview, None))))
    about = {"first, CPU ms a run": 1e3 * first / count, "again, CPU ms a run": 1e3 * again / count}
    about |= {"a change, CPU ms": 1e3 * statistics.median(changes)}
    return {"runs": count} | about | {"files": files, "MB": size / 1e6}


def _busy(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    settings = parse(__doc__)
    rounds = 1 if settings.quick else 3
    counts = [100] if settings.quick else [100, 1000]
    report([many_finished(count, rounds) for count in counts], "drawing runs that are over", settings.json)
    report([one_that_goes_on(10 if settings.quick else 60, rounds)], "a run that goes on", settings.json)
    report([over_many(count) for count in ([1000] if settings.quick else [1000, 10_000])], "--html", settings.json)


if __name__ == "__main__":
    main()
